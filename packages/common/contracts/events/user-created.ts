import type { z } from 'zod';
import { publicUser } from '../user.ts';
import { eventOf } from './event-of.ts';

/** Data: the user as everybody may see it (no e-mail address). */
export const userCreated = eventOf('user.created', publicUser);
export type UserCreated = z.infer<typeof userCreated>;
