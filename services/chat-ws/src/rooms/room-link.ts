import type { ChatUser } from '@parley/common/contracts/chat/chat-user';
import type { SeenPush } from '@parley/common/contracts/chat/seen';
import type { TypingPush } from '@parley/common/contracts/chat/typing';
import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { LogPage } from '../log/room-log.ts';
import type { Room } from './room.ts';

/** What is told to who is in a room now, and kept nowhere. */
export type RoomPush = TypingPush | SeenPush;

/** One room's part in what several nodes share. There is none when this node is the only one. */
export interface RoomLink {
  /** Resolves when nothing that others commit from then on can be missed for lack of listening. */
  listening(): Promise<void>;
  /** Resolves when other nodes have said who is in the room, or have had the time to. */
  answered(): Promise<void>;
  /** The room is in use from now on. `read`: its log from a `seq` on. @throws ParleyError NOT_FOUND from `read`, when it is another room */
  attach(room: Room, read: (from: number) => Promise<LogPage>): void;
  /** Entries that are committed, by whichever node, go to the feed in order. */
  take(entries: readonly LogEntry[]): void;
  /** So much is committed, as somebody has heard. */
  expect(head: number): void;
  /** A user has come, or is called otherwise now, or has gone; `users`: how many are in the room by way of this node. */
  came(user: ChatUser, users: number): void;
  left(user: ChatUser, users: number): void;
  /** Tells who is in the room by way of other nodes. */
  passOn(pushes: readonly RoomPush[]): void;
  end(): void;
}

/** Makes a link for a room that is being opened. */
export type LinkRoom = (name: string) => RoomLink;
