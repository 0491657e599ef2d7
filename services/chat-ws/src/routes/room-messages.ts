import { parseContract } from '@parley/common/contracts/parse-contract';
import {
  type CreatedMessage,
  createMessage,
  createMessageHeaders,
  messagesQuery,
  roomParams,
} from '@parley/common/contracts/room-messages';
import { type Identity, identityOf } from '@parley/common/runtime/access-tokens';
import { allowMethods } from '@parley/common/runtime/allow-methods';
import { ParleyError } from '@parley/common/runtime/errors';
import { parseBody, parseParams, parseQuery } from '@parley/common/runtime/http-input';
import type { Express, Request } from 'express';
import { readHistory } from '../rooms/history-page.ts';
import { mayBeIdentityOf } from './readers.ts';
import type { RouteOptions } from './route-options.ts';
import { UserRates } from './user-rates.ts';

/** Somebody who has not said who it is: may do no more than a guest. */
const anybody = { id: '', guest: true };

/** `GET` and `POST /api/rooms/:room/messages`: a part of the log, and posting without a connection. */
export function mountRoomMessages(app: Express, { chat, readers, users }: RouteOptions): void {
  const path = '/api/rooms/:room/messages';
  const rates = new UserRates(chat.settings.posts, chat.settings.postsWindowMs);

  app.get(path, readers, async (req, res) => {
    const { room } = parseParams(roomParams, req);
    const query = parseQuery(messagesQuery, req);
    const identity = mayBeIdentityOf(req);
    await chat.rooms.facts(room, identity === undefined ? anybody : userOf(identity), chat.now());
    res.json(await readHistory(chat.log, { room, ...query }));
  });

  app.post(path, users, async (req, res) => {
    const { room } = parseParams(roomParams, req);
    const content = parseBody(createMessage, req);
    if (Buffer.byteLength(JSON.stringify(content)) > chat.settings.messageBytes)
      throw new ParleyError('TOO_LARGE', 'The message is too large.');
    const key = idempotencyKey(req);
    const user = userOf(identityOf(req));
    const waitMs = rates.take(user.id, performance.now());
    if (waitMs > 0) throw new ParleyError('RATE_LIMITED', 'You post faster than you may.', { retryAfterMs: waitMs });
    await chat.rooms.facts(room, user, chat.now());
    const from = { id: user.id, name: user.name };
    const { epoch, seq, at } = await chat.commits.postAndWait({ room, from, ...content, key, at: chat.now() });
    const created: CreatedMessage = { room, epoch, seq, at: new Date(at).toISOString() };
    res.status(201).json(created);
  });
  allowMethods(app, path, 'GET', 'POST');
}

function userOf({ id, name }: Identity) {
  return { id, name, guest: false };
}

function idempotencyKey(req: Request): string | undefined {
  return parseContract(createMessageHeaders, req.headers, 'header')['idempotency-key'];
}
