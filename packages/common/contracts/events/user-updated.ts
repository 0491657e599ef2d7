import type { z } from 'zod';
import { publicUser } from '../user.ts';
import { eventOf } from './event-of.ts';

/** Data: the user after the change, as everybody may see it (no e-mail address). */
export const userUpdated = eventOf('user.updated', publicUser);
export type UserUpdated = z.infer<typeof userUpdated>;
