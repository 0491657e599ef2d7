import { parseContract } from '@parley/common/contracts/parse-contract';
import {
  type CreatedMessage,
  createMessage,
  createMessageHeaders,
  messagesQuery,
  roomParams,
} from '@parley/common/contracts/room-messages';
import { identityOf } from '@parley/common/runtime/access-tokens';
import { allowMethods } from '@parley/common/runtime/allow-methods';
import { ParleyError, toParleyError } from '@parley/common/runtime/errors';
import { parseBody, parseParams, parseQuery } from '@parley/common/runtime/http-input';
import type { Express, Request } from 'express';
import { checkRestPostRate } from '../limits/session-rates.ts';
import { noteGone } from '../messages/submit.ts';
import { readHistoryAs } from '../rooms/history-page.ts';
import { actingAs, readInTurn } from './readers.ts';
import type { RouteOptions } from './route-options.ts';

/** `GET` and `POST /api/rooms/:room/messages`: a part of the log, and posting without a connection. */
export function mountRoomMessages(app: Express, { chat, readers, users }: RouteOptions): void {
  const path = '/api/rooms/:room/messages';

  app.get(path, readers, async (req, res) => {
    const { room } = parseParams(roomParams, req);
    const query = parseQuery(messagesQuery, req);
    res.json(await readInTurn(chat, req, (actor) => readHistoryAs(actor, chat, { room, ...query })));
  });

  app.post(path, users, async (req, res) => {
    const { room } = parseParams(roomParams, req);
    const content = parseBody(createMessage, req);
    if (Buffer.byteLength(JSON.stringify(content)) > chat.settings.messageBytes)
      throw new ParleyError('TOO_LARGE', 'The message is too large.');
    const key = idempotencyKey(req);
    const user = actingAs(identityOf(req));
    checkRestPostRate(chat, { user: user.id, address: req.ip ?? '' }, performance.now());
    const { epoch } = await chat.rooms.facts(room, user, chat.now());
    const from = { id: user.id, name: user.name };
    const posted = chat.commits.postAndWait({ room, epoch, from, ...content, key, at: chat.now() });
    posted.catch((why) => {
      chat.metrics.posts.count(toParleyError(why).code);
      noteGone(chat, { room, epoch }, why);
    });
    const { seq, at, duplicate } = await posted;
    chat.metrics.posts.count(duplicate ? 'duplicate' : 'posted');
    const created: CreatedMessage = { room, epoch, seq, at: new Date(at).toISOString() };
    res.status(201).json(created);
  });
  allowMethods(app, path, 'GET', 'POST');
}

function idempotencyKey(req: Request): string | undefined {
  return parseContract(createMessageHeaders, req.headers, 'header')['idempotency-key'];
}
