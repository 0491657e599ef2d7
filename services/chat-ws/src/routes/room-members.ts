import { membersQuery } from '@parley/common/contracts/room-members';
import { roomParams } from '@parley/common/contracts/room-messages';
import { allowMethods } from '@parley/common/runtime/allow-methods';
import { parseParams, parseQuery, sendPage } from '@parley/common/runtime/http-input';
import type { Express } from 'express';
import { readAs } from '../rooms/read-as.ts';
import { mayModerate } from '../rooms/rights.ts';
import { readInTurn } from './readers.ts';
import { toMember } from './room-view.ts';
import type { RouteOptions } from './route-options.ts';

/** `GET /api/rooms/:room/members`: stored memberships by name. Who is banned is shown to those who may lift it. */
export function mountRoomMembers(app: Express, { chat, users }: RouteOptions): void {
  const path = '/api/rooms/:room/members';
  app.get(path, users, async (req, res) => {
    const { room } = parseParams(roomParams, req);
    const { page, per_page: perPage, role } = parseQuery(membersQuery, req);
    const { items, total } = await readInTurn(chat, req, (actor) =>
      readAs(actor, chat, {
        room,
        read(access) {
          const withBanned = mayModerate(access, actor);
          return chat.log.directory.members(room, { role, withBanned, page, perPage });
        },
      }),
    );
    sendPage(req, res, { items: items.map(toMember), page, perPage, total });
  });
  allowMethods(app, path, 'GET');
}
