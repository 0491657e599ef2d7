import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Closers } from '@parley/common/runtime/closers';
import type { DatabaseKind } from '@parley/common/runtime/database';
import { repeat } from '@parley/common/runtime/repeat';
import type { ServiceTokens } from '@parley/common/runtime/service-tokens';
import { type FeedFollower, followFeed } from '@parley/net/feed-follower';
import { createFeedReader } from '@parley/net/feed-reader';
import type { Chat } from '../chat.ts';
import { forgetChanged } from '../log/changed-users.ts';
import { forgetRevoked } from '../log/revoked-users.ts';
import type { KnownUsers } from './known-users.ts';
import { takeInUsers } from './take-in-users.ts';

export type FollowUsersOptions = {
  kind: DatabaseKind;
  users: KnownUsers;
  /** Where to begin; null: at the oldest event kept. */
  place: string | null;
  /** Where users-api is now. */
  address(): Promise<URL>;
  tokens: ServiceTokens;
  closers: Closers;
};

const source = 'users-api';

/** Events in one page. */
const limit = 500;

/**
 * Follows users-api's events, so that who is deleted is out within seconds. Every node does, from where it is by itself: what is stored
 * is where the next process begins. While users-api is away, nothing is held up.
 */
export function followUsers(
  chat: Chat,
  { kind, users, place, address, tokens, closers }: FollowUsersOptions,
): FeedFollower {
  const { settings, logger, metrics, log } = chat;
  const { usersFeedWaitMs: waitMs, usersFeedTimeoutMs: timeoutMs, usersFeedBackoffMs: backoffMaxMs } = settings;
  const agent = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  closers.push('connections to users-api', () => {
    agent.http.destroy();
    agent.https.destroy();
  });
  const malformed = (events: number) => metrics.malformedUserEvents.inc(events);
  let reached = place;
  const follower = followFeed({
    source,
    read: createFeedReader({ source, address, tokens, agent, limit, waitMs, timeoutMs }),
    place: async () => reached,
    async takeIn(page) {
      await takeInUsers(chat, page, {
        source,
        kind,
        users,
        onMalformed(event) {
          malformed(1);
          logger.error(
            { event: event.id, type: event.type },
            'an event of users-api cannot be read and is passed over',
          );
        },
      });
      reached = page.to;
      return reached;
    },
    log: logger,
    figures: {
      lost: () => metrics.usersFeedLosses.inc(),
      malformed,
      failed: () => metrics.usersFeedErrors.inc(),
    },
    backoffMaxMs,
  });
  closers.push('feed of users-api', follower.close);

  async function forget(): Promise<void> {
    const now = chat.now();
    if (!users.forget(now)) return;
    await log.write(async (trx) => {
      await forgetRevoked(trx, now);
      await forgetChanged(trx, now);
    });
  }
  repeat(forget, { name: 'deleted and changed users', everyMs: settings.retentionEveryMs, log: logger, closers });
  return follower;
}
