import type { Visibility } from '@parley/common/contracts/room';
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
};

export type StoredRoom = Selectable<RoomRow>;

/** Exactly one of `text` and `data` (JSON) is not null. `at`: ms since 1970. */
export type MessageRow = {
  room_id: number;
  seq: number;
  at: number;
  sender_id: string;
  sender_name: string;
  text: string | null;
  data: string | null;
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

export type ChatTables = EventTables & { rooms: RoomRow; messages: MessageRow; post_keys: PostKeyRow };
