import { z } from 'zod';
import { isoTime, storableText } from './text.ts';
import { requestedUsername, username } from './username.ts';

export const roles = ['admin', 'user'] as const;
export const role = z.enum(roles);
export type Role = z.infer<typeof role>;

const userLimits = { displayNameLength: 100, emailLength: 254, passwordMin: 8, passwordMax: 256 } as const;

export const userId = storableText({ min: 1, max: 64 });
export const displayName = storableText({ min: 1, max: userLimits.displayNameLength });
export const email = z.email().max(userLimits.emailLength);
export const newPassword = storableText({ min: userLimits.passwordMin, max: userLimits.passwordMax });

/** A user as everybody may see it. */
export const publicUser = z.object({
  id: userId,
  username,
  displayName,
  role,
  avatarUrl: z.string().nullable(),
  createdAt: isoTime,
  updatedAt: isoTime,
});
export type PublicUser = z.infer<typeof publicUser>;

/** A user as the user itself and admins see it. */
export const user = publicUser.extend({ email });
export type User = z.infer<typeof user>;

/** Body of `POST /api/users`; `displayName` is the username when absent. */
export const createUser = z.object({
  username: requestedUsername,
  email,
  password: newPassword,
  displayName: displayName.optional(),
  role: role.optional(),
});
export type CreateUser = z.infer<typeof createUser>;

/**
 * Body of `PUT /api/users/:id`: everything that can be set, the password only when it is to change. Who changes the own
 * password gives the current one as well.
 */
export const replaceUser = z.object({
  username: requestedUsername,
  email,
  displayName,
  role: role.optional(),
  password: newPassword.optional(),
  currentPassword: storableText({ min: 1, max: 1024 }).optional(),
});
export type ReplaceUser = z.infer<typeof replaceUser>;

/** Body of `PATCH /api/users/:id`. */
export const patchUser = replaceUser.partial();
export type PatchUser = z.infer<typeof patchUser>;
