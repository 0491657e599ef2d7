import { pageQuery } from '@parley/common/contracts/list';
import type { RoomResource } from '@parley/common/contracts/room';
import { allowMethods } from '@parley/common/runtime/allow-methods';
import { parseQuery, sendPage } from '@parley/common/runtime/http-input';
import type { Express } from 'express';
import type { RoomHead } from '../log/room-log.ts';
import type { Rooms } from '../rooms/rooms.ts';
import type { RouteOptions } from './route-options.ts';

/** `GET /api/rooms`: the public rooms, by name. */
export function mountRooms(app: Express, { chat, readers }: RouteOptions): void {
  const path = '/api/rooms';
  app.get(path, readers, async (req, res) => {
    const { page, per_page: perPage } = parseQuery(pageQuery, req);
    const { items, total } = await chat.log.rooms(page, perPage);
    sendPage(req, res, { items: items.map((item) => resourceOf(item, chat.rooms)), page, perPage, total });
  });
  allowMethods(app, path, 'GET');
}

function resourceOf({ room: name, visibility, epoch, head, createdAt }: RoomHead, rooms: Rooms): RoomResource {
  const members = rooms.get(name)?.members ?? 0;
  return { name, visibility, epoch, head, members, createdAt: new Date(createdAt).toISOString() };
}
