import { z } from 'zod';

export const roomName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be 1 to 64 of a-z 0-9 . _ - and begin with a letter or digit');

/** Direct rooms have names that begin so; no other room does. */
export const directPrefix = 'direct-';
