import type { MemberRole, Visibility } from '@parley/common/contracts/room';
import type { Role } from '@parley/common/contracts/user';
import type { EventTables } from '@parley/common/runtime/event-table';
import type { Generated, Selectable } from 'kysely';

export type RoomRow = {
  id: Generated<number>;
  name: string;
  epoch: string;
  visibility: Visibility;
  /** The last seq given; 0: none yet. */
  head: number;
  /** The first seq that readers get. */
  oldest: number;
  /** The first seq that is still stored: entries leave readers' sight at once, and the disk when their events have gone as well. */
  stored: number;
  created_by: string;
  created_by_name: string;
  created_at: number;
  topic: Generated<string>;
  /** Grows with each change of the room's settings. */
  version: Generated<number>;
  /** How often its membership has changed. */
  changes: Generated<number>;
  /** ms since 1970; from then on the room is there for retention only. Null: it lives. */
  deleted_at: number | null;
};

export type StoredRoom = Selectable<RoomRow>;

/**
 * A message: one of `text` and `data` (JSON) is not null, or both are null when it is deleted. A change has the number of its message in
 * `of_seq`; the latest one of a message has in `text` what that reads, null when it is deleted, and those before it have null. `at`: ms
 * since 1970.
 */
export type MessageRow = {
  room_id: number;
  seq: number;
  at: number;
  sender_id: string;
  sender_name: string;
  text: string | null;
  data: string | null;
  of_seq: number | null;
};

/** What a client's key was used for. `id` grows with time: old rows are found at its low end. */
export type PostKeyRow = {
  id: Generated<number>;
  room_id: number;
  sender_id: string;
  key: string;
  seq: number;
  content_hash: string;
  at: number;
};

/** What a user is in a room, by word of its owners or moderators. */
export type MemberRow = { room_id: number; user_id: string; user_name: string; role: MemberRole; at: number };

/** What a client's `Idempotency-Key` was used for; `answer`: JSON. */
export type RoomKeyRow = { user_id: string; key: string; content_hash: string; answer: string; at: number };
/** How far a user has seen a room, in the life of its log that `epoch` names. */
export type SeenTableRow = {
  room_id: number;
  user_id: string;
  user_name: string;
  epoch: string;
  seq: number;
  at: number;
};

/** A user who has been deleted; `until` (ms since 1970) some token or ticket of it might still be good. */
export type RevokedUserRow = { user_id: string; until: number };

/** What a user has been changed to; `until` as above. */
export type ChangedUserRow = { user_id: string; user_name: string; role: Role; until: number };

/** How far a process of this service has followed another one's events. */
export type FollowedFeedRow = { source: string; place: string };

export type ChatTables = EventTables & {
  rooms: RoomRow;
  messages: MessageRow;
  post_keys: PostKeyRow;
  members: MemberRow;
  room_keys: RoomKeyRow;
  seen: SeenTableRow;
  revoked_users: RevokedUserRow;
  changed_users: ChangedUserRow;
  followed_feeds: FollowedFeedRow;
};
