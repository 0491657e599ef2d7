import { requireUser, type TokenVerifier } from '@parley/common/runtime/access-tokens';
import { mountEventFeed } from '@parley/common/runtime/event-feed-route';
import { createHttpApp, finishHttpApp } from '@parley/common/runtime/http-app';
import type { Check } from '@parley/common/runtime/readiness';
import type { ServiceTokens } from '@parley/common/runtime/service-tokens';
import type { ServiceContext } from '@parley/common/runtime/start-service';
import type { Resolver } from '@parley/net/service-resolver';
import type { Express } from 'express';
import type { Chat } from '../chat.ts';
import { type TlsCheck, tlsGuard } from '../connections/plain-http.ts';
import { createFindUser } from '../find-user.ts';
import type { ChatWsSettings } from '../settings.ts';
import { mountAdminSessions } from './admin-sessions.ts';
import { mountAdminSubscribers } from './admin-subscribers.ts';
import { createReaders } from './readers.ts';
import { mountRoom } from './room.ts';
import { mountRoomMember } from './room-member.ts';
import { mountRoomMembers } from './room-members.ts';
import { mountRoomMessages } from './room-messages.ts';
import { mountRoomSeen } from './room-seen.ts';
import { mountRooms } from './rooms.ts';

export type AppOptions = {
  chat: Chat;
  verifier: TokenVerifier;
  tokens: ServiceTokens;
  usersApi: Resolver;
  /** For `/readyz`. */
  checks: Check[];
  /** Undefined: there is no certificate. */
  checkTls: TlsCheck | undefined;
};

/** Everything that is answered over HTTP. */
export function createApp(
  context: ServiceContext<ChatWsSettings>,
  { chat, verifier, tokens, usersApi, checks, checkTls }: AppOptions,
): Express {
  const { settings, log, metrics } = chat;
  const before = checkTls === undefined ? [] : [tlsGuard(checkTls)];
  const app = createHttpApp({ context, metrics: metrics.registry, tokens, checks, before });
  const routes = {
    chat,
    readers: createReaders(verifier, settings.guests),
    users: requireUser(verifier),
    findUser: createFindUser({ usersApi, timeoutMs: settings.usersApiMs }),
  };
  mountRooms(app, routes);
  mountRoom(app, routes);
  mountRoomMembers(app, routes);
  mountRoomMember(app, routes);
  mountRoomMessages(app, routes);
  mountRoomSeen(app, routes);
  mountAdminSubscribers(app, routes);
  mountAdminSessions(app, routes);
  mountEventFeed(app, { feed: log.feed, tokens, closers: context.closers });
  return finishHttpApp(app, context);
}
