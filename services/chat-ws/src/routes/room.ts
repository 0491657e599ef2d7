import { patchRoom } from '@parley/common/contracts/room';
import { roomParams } from '@parley/common/contracts/room-messages';
import { identityOf } from '@parley/common/runtime/access-tokens';
import { allowMethods } from '@parley/common/runtime/allow-methods';
import { sendTagged } from '@parley/common/runtime/conditional';
import { ParleyError } from '@parley/common/runtime/errors';
import { parseBody, parseParams } from '@parley/common/runtime/http-input';
import type { Express, Request } from 'express';
import { checkRestPostRate } from '../limits/session-rates.ts';
import type { RoomAccess } from '../log/room-log.ts';
import { roomChanged, roomDeleted } from '../room-effects.ts';
import { checkOwn, checkUse, noSuchRoom } from '../rooms/rights.ts';
import { actingAs, readInTurn } from './readers.ts';
import { requireSettings, roomTag, toRoom } from './room-view.ts';
import type { RouteOptions } from './route-options.ts';

/** `GET`, `PATCH` and `DELETE /api/rooms/:room`. */
export function mountRoom(app: Express, { chat, readers, users }: RouteOptions): void {
  const path = '/api/rooms/:room';
  const { log, rooms, doubts } = chat;

  app.get(path, readers, async (req, res) => {
    const { room } = parseParams(roomParams, req);
    const head = await readInTurn(chat, req, async (actor) => {
      const found = await log.access(room, actor.id);
      if (found === undefined) throw noSuchRoom();
      checkUse({ visibility: found.head.visibility, role: found.role }, actor);
      return found.head;
    });
    const members = rooms.usersIn(room);
    sendTagged(req, res, roomTag(head, members), toRoom(head, members));
  });

  app.patch(path, users, async (req, res) => {
    const { room } = parseParams(roomParams, req);
    const settings = parseBody(patchRoom, req);
    const { actor, decide } = owning(req);
    const changing = log.directory.change(room, settings, {
      by: actor,
      decide(access) {
        decide(access);
        if (access.head.visibility === 'direct' && settings.visibility !== undefined)
          throw new ParleyError('CONFLICT', 'A direct room stays one.');
      },
    });
    const head = await doubts.outcome(room, changing);
    roomChanged(chat, head);
    chat.cluster?.changed(room);
    const members = rooms.usersIn(room);
    res.set('ETag', roomTag(head, members)).json(toRoom(head, members));
  });

  app.delete(path, users, async (req, res) => {
    const { room } = parseParams(roomParams, req);
    const { actor, decide } = owning(req);
    // There may be no such room because an earlier request deleted it, whose answer the database could not give, or another node did.
    roomDeleted(chat, await doubts.outcome(room, log.directory.delete(room, { by: actor, decide })));
    chat.cluster?.changed(room);
    res.status(204).end();
  });
  allowMethods(app, path, 'GET', 'PATCH', 'DELETE');

  /** Who asks, and the decision whether it may, made where nothing can change any more. @throws ParleyError RATE_LIMITED */
  function owning(req: Request) {
    const actor = actingAs(identityOf(req));
    checkRestPostRate(chat, { user: actor.id, address: req.ip ?? '' }, performance.now());
    const decide = ({ head, role }: RoomAccess): void => {
      checkOwn({ visibility: head.visibility, role }, actor);
      requireSettings(req, head);
    };
    return { actor, decide };
  }
}
