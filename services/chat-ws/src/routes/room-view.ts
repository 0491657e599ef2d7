import type { RoomResource } from '@parley/common/contracts/room';
import type { MemberResource } from '@parley/common/contracts/room-members';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Request } from 'express';
import type { Member } from '../log/room-directory.ts';
import type { RoomHead } from '../log/room-log.ts';

/** `members`: users in the room now. */
export function toRoom(head: RoomHead, members: number): RoomResource {
  const { room: name, visibility, topic, epoch, head: last, createdAt } = head;
  return { name, visibility, topic, epoch, head: last, members, createdAt: new Date(createdAt).toISOString() };
}

export function toMember({ id, name, role, at }: Member): MemberResource {
  return { id, name, role, since: new Date(at).toISOString() };
}

/** The entity tag of the whole of it; up to the bar, of what a change goes by. */
export function roomTag(head: RoomHead, members: number): string {
  return `"${settingsTag(head)}|${head.head}.${members}"`;
}

/**
 * Goes on when there is no `If-Match`, or one of its tags has the room's settings as they are: messages and people come and go meanwhile,
 * and nobody's change is lost by that. @throws ParleyError PRECONDITION_FAILED
 */
export function requireSettings(req: Request, head: RoomHead): void {
  const wanted = req.headers['if-match'];
  if (wanted === undefined || wanted.trim() === '*') return;
  const tags = wanted.match(/(?:W\/)?"[^"]*"/g) ?? [];
  if (tags.some((tag) => tag.startsWith(`"${settingsTag(head)}|`))) return;
  throw new ParleyError(
    'PRECONDITION_FAILED',
    'It has changed since you read it; read it again and repeat your change.',
  );
}

const settingsTag = ({ epoch, version }: RoomHead) => `${epoch}.${version}`;
