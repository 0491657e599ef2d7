import { z } from 'zod';

const usernamePattern = /^[a-z0-9][a-z0-9_-]{1,31}$/;

/** Usernames that begin so are taken by guests and refused at registration. */
export const guestNamePrefix = 'guest-';

/** Ids of guests begin so; no user's does. */
export const guestIdPrefix = 'g_';

/** A name as stored: lower case, so that it is unique case-insensitively by plain equality. */
export const username = z
  .string()
  .regex(usernamePattern, 'must be 2 to 32 of a-z 0-9 _ - and begin with a letter or digit');

/** A name that somebody asks for: `Ada` is taken as `ada`, guests' names are refused. */
export const requestedUsername = z
  .string()
  .max(64)
  .toLowerCase()
  .pipe(username)
  .refine((name) => !name.startsWith(guestNamePrefix), `must not begin with "${guestNamePrefix}"`);
