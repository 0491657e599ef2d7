import { pageQuery } from '@parley/common/contracts/list';
import { roomParams } from '@parley/common/contracts/room-messages';
import { allowMethods } from '@parley/common/runtime/allow-methods';
import { parseParams, parseQuery, sendPage } from '@parley/common/runtime/http-input';
import type { Express } from 'express';
import { readAs } from '../rooms/read-as.ts';
import { readInTurn } from './readers.ts';
import type { RouteOptions } from './route-options.ts';

/** `GET /api/rooms/:room/seen`: how far users have seen the room, in the order of their ids. */
export function mountRoomSeen(app: Express, { chat, readers }: RouteOptions): void {
  const path = '/api/rooms/:room/seen';
  app.get(path, readers, async (req, res) => {
    const { room } = parseParams(roomParams, req);
    const { page, per_page: perPage } = parseQuery(pageQuery, req);
    const { items, total } = await readInTurn(chat, req, (actor) =>
      readAs(actor, chat, { room, read: () => chat.log.seen(room, page, perPage) }),
    );
    const marks = items.map(({ user, seq, at }) => ({ user, seq, at: new Date(at).toISOString() }));
    sendPage(req, res, { items: marks, page, perPage, total });
  });
  allowMethods(app, path, 'GET');
}
