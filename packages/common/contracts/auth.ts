import { z } from 'zod';
import { storableText } from './text.ts';
import { createUser, user } from './user.ts';

const longestPassword = 1024;

/** Body of `POST /api/auth/register`. `setupToken`: in production the first admin's one-time token. */
export const register = createUser.omit({ role: true }).extend({ setupToken: z.string().max(512).optional() });
export type Register = z.infer<typeof register>;

/** Body of `POST /api/auth/login` (JSON or form). `username` may be the e-mail address. */
export const login = z.object({
  username: storableText({ min: 1, max: 254 }),
  password: z.string().min(1).max(longestPassword),
});
export type Login = z.infer<typeof login>;

/** Body of `POST /api/auth/refresh` and `/logout`. */
export const refreshTokens = z.object({ refreshToken: z.string().min(1).max(512) });
export type RefreshTokens = z.infer<typeof refreshTokens>;

/** Answer of register, login and refresh. `expiresIn`: seconds that the access token lives, as in OAuth 2. */
export const signedIn = z.object({
  user,
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresIn: z.int().positive(),
});
export type SignedIn = z.infer<typeof signedIn>;
