import { hash } from 'node:crypto';
import { pageQuery } from '@parley/common/contracts/list';
import { parseContract } from '@parley/common/contracts/parse-contract';
import { type CreateRoom, createRoom } from '@parley/common/contracts/room';
import { createMessageHeaders } from '@parley/common/contracts/room-messages';
import { identityOf } from '@parley/common/runtime/access-tokens';
import { allowMethods } from '@parley/common/runtime/allow-methods';
import { ParleyError } from '@parley/common/runtime/errors';
import { parseBody, parseQuery, sendPage } from '@parley/common/runtime/http-input';
import type { Express, Request } from 'express';
import { checkRestPostRate } from '../limits/session-rates.ts';
import type { RoomCreation, Sender } from '../log/room-log.ts';
import { directName } from '../rooms/direct-name.ts';
import { type Actor, mayCreate } from '../rooms/rights.ts';
import { actingAs, readInTurn } from './readers.ts';
import { roomTag, toRoom } from './room-view.ts';
import type { RouteOptions } from './route-options.ts';

/** `GET` and `POST /api/rooms`: the rooms that there are to see, by name, and a new one. */
export function mountRooms(app: Express, { chat, readers, users, findUser }: RouteOptions): void {
  const path = '/api/rooms';
  const { settings, log, rooms } = chat;
  const limits = { total: settings.rooms, perUser: settings.roomsPerUser };

  app.get(path, readers, async (req, res) => {
    const { page, per_page: perPage } = parseQuery(pageQuery, req);
    const { items, total } = await readInTurn(chat, req, ({ id, guest, admin = false }) =>
      log.rooms(page, perPage, guest ? undefined : { id, admin }),
    );
    const shown = items.map((head) => toRoom(head, rooms.usersIn(head.room)));
    sendPage(req, res, { items: shown, page, perPage, total });
  });

  app.post(path, users, async (req, res) => {
    const body = parseBody(createRoom, req);
    const actor = actingAs(identityOf(req));
    const keyed = keyedCreation(req, { user: actor.id, body, maxAgeMs: settings.keepKeysMs });
    checkRestPostRate(chat, { user: actor.id, address: req.ip ?? '' }, performance.now());
    const { name, creation } = await wished(req, actor, body);
    const { head, isNew } = await log.directory.create(name, { ...creation, limits }, keyed);
    const members = isNew ? 0 : rooms.usersIn(name);
    res
      .status(isNew ? 201 : 200)
      .set({ Location: `${path}/${name}`, ETag: roomTag(head, members) })
      .json(toRoom(head, members));
  });
  allowMethods(app, path, 'GET', 'POST');

  async function wished(
    req: Request,
    actor: Actor & Sender,
    body: CreateRoom,
  ): Promise<{ name: string; creation: Omit<RoomCreation, 'limits'> }> {
    const by = { id: actor.id, name: actor.name, guest: false };
    if ('name' in body) {
      const { name, visibility, topic } = body;
      if (!mayCreate(settings.roomCreate, actor))
        throw new ParleyError('FORBIDDEN', 'Rooms are not made by users here.');
      return { name, creation: { by, visibility, topic } };
    }
    if (body.with === actor.id) {
      const details = [{ path: 'with', message: 'must be somebody else' }];
      throw new ParleyError('BAD_MESSAGE', 'The body is not as expected.', { details });
    }
    const peer = await findUser(body.with, req.headers.authorization ?? '');
    if (peer === undefined) throw new ParleyError('NOT_FOUND', 'There is no such user.');
    return { name: directName(actor.id, peer.id), creation: { by, visibility: 'direct', peer } };
  }
}

function keyedCreation(req: Request, { body, ...keyed }: { user: string; body: CreateRoom; maxAgeMs: number }) {
  const key = parseContract(createMessageHeaders, req.headers, 'header')['idempotency-key'];
  return key === undefined
    ? undefined
    : { ...keyed, key, contentHash: hash('sha256', JSON.stringify(body), 'base64url') };
}
