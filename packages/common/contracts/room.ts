import { z } from 'zod';

/** public: anyone may find and join; private: members only, outsiders are told NOT_FOUND; direct: its two members only. */
export const visibility = z.enum(['public', 'private', 'direct']);
export type Visibility = z.infer<typeof visibility>;

/** What a stored membership lets its user do in the room. */
export const memberRole = z.enum(['owner', 'moderator', 'member', 'banned']);
export type MemberRole = z.infer<typeof memberRole>;
