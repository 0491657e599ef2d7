import { z } from 'zod';
import { userId } from '../user.ts';
import { username } from '../username.ts';
import { eventOf } from './event-of.ts';

export const userDeleted = eventOf('user.deleted', z.object({ id: userId, username }));
export type UserDeleted = z.infer<typeof userDeleted>;
