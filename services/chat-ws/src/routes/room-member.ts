import type { MemberRole } from '@parley/common/contracts/room';
import { memberParams, putMember } from '@parley/common/contracts/room-members';
import { identityOf } from '@parley/common/runtime/access-tokens';
import { allowMethods } from '@parley/common/runtime/allow-methods';
import { ParleyError } from '@parley/common/runtime/errors';
import { parseBody, parseParams } from '@parley/common/runtime/http-input';
import type { Express, Request } from 'express';
import { checkRestPostRate } from '../limits/session-rates.ts';
import type { MembershipWish } from '../log/room-directory.ts';
import { memberChanged } from '../room-effects.ts';
import { checkMembership, isGuestId } from '../rooms/rights.ts';
import { actingAs } from './readers.ts';
import { toMember } from './room-view.ts';
import type { RouteOptions } from './route-options.ts';

/** `PUT` and `DELETE /api/rooms/:room/members/:userId`; `me` is oneself. */
export function mountRoomMember(app: Express, { chat, users, findUser }: RouteOptions): void {
  const path = '/api/rooms/:room/members/:userId';
  const { directory } = chat.log;
  const { doubts } = chat;

  app.put(path, users, async (req, res) => {
    const { role } = parseBody(putMember, req);
    const { room, userId, wish } = await wished(req, role);
    const user = await named(req, room, userId);
    const { member, before } = await doubts.outcome(room, directory.setMember(room, { ...wish, user }));
    memberChanged(chat, room, { id: userId, role });
    chat.cluster?.changed(room);
    res.status(before === undefined ? 201 : 200).json(member && toMember(member));
  });

  app.delete(path, users, async (req, res) => {
    const { room, userId, wish } = await wished(req, undefined);
    await doubts.outcome(room, directory.setMember(room, { ...wish, user: { id: userId } }));
    memberChanged(chat, room, { id: userId, role: undefined });
    chat.cluster?.changed(room);
    res.status(204).end();
  });
  allowMethods(app, path, 'PUT', 'DELETE');

  /** The decision is made where nothing can change any more. @throws ParleyError RATE_LIMITED, and NOT_FOUND for outsiders of the room */
  async function wished(req: Request, role: MemberRole | undefined) {
    const { room, userId: given } = parseParams(memberParams, req);
    const actor = actingAs(identityOf(req));
    const userId = given === 'me' ? actor.id : given;
    checkRestPostRate(chat, { user: actor.id, address: req.ip ?? '' }, performance.now());
    // Outsiders are told nothing, of users either.
    await chat.rooms.facts(room, actor, chat.now());
    const wish: Omit<MembershipWish, 'user'> = {
      role,
      by: actor,
      limit: chat.settings.membersPerRoom,
      decide: ({ head: { visibility }, actorRole, role: now, owners }) =>
        checkMembership({ visibility, actorRole, user: userId, role: now, to: role, owners }, actor),
    };
    return { room, userId, wish };
  }

  /**
   * Who has no membership yet is known to the room, if it is there, so that it can be banned whatever else is away; else to users-api, which
   * knows no guests. @throws ParleyError NOT_FOUND, UNAVAILABLE
   */
  async function named(req: Request, room: string, id: string) {
    const known = (await directory.member(room, id)) ?? chat.rooms.get(room)?.user(id);
    if (known !== undefined) return known;
    const found = isGuestId(id) ? undefined : await findUser(id, req.headers.authorization ?? '');
    if (found === undefined) throw new ParleyError('NOT_FOUND', 'There is no such user.');
    return found;
  }
}
