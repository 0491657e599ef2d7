import type { AnyEvent } from '@parley/common/contracts/events/any-event';
import { userDeleted } from '@parley/common/contracts/events/user-deleted';
import { userUpdated } from '@parley/common/contracts/events/user-updated';
import type { DatabaseKind } from '@parley/common/runtime/database';
import type { FeedPage } from '@parley/net/feed-follower';
import type { Chat } from '../chat.ts';
import { forgetChangesOf, storeChanged } from '../log/changed-users.ts';
import { storePlace, storeRevoked } from '../log/revoked-users.ts';
import { forgetSeen } from '../log/seen.ts';
import type { Changed, KnownUsers, Revoked } from './known-users.ts';
import { endMemberships, endSessionsOf } from './user-deleted.ts';
import { updateSessionsOf } from './user-updated.ts';

export type TakeInOptions = {
  source: string;
  kind: DatabaseKind;
  users: KnownUsers;
  /** Told of events that are not as the contract has them. */
  onMalformed(event: AnyEvent): void;
};

/**
 * Does what follows from a page of users-api's events: sessions first, as that needs no database; then what is stored, with the place
 * in the feed. May be done again when the second failed.
 */
export async function takeInUsers(chat: Chat, page: FeedPage, options: TakeInOptions): Promise<void> {
  const { source, kind, users } = options;
  const revoked: Revoked[] = [];
  const changed = new Map<string, Changed>();
  const deleted: string[] = [];
  for (const event of page.events) {
    const at = Date.parse(event.at);
    if (event.type === 'user.deleted') {
      const { data } = userDeleted.safeParse(event);
      if (data === undefined) options.onMalformed(event);
      else {
        const remembered = users.revoke(data.data.id, at, chat.now());
        if (remembered !== undefined) revoked.push(remembered);
        deleted.push(data.data.id);
        endSessionsOf(chat, data.data.id);
      }
    } else if (event.type === 'user.updated') {
      const { data } = userUpdated.safeParse(event);
      if (data === undefined) options.onMalformed(event);
      else {
        const latest = { name: data.data.username, role: data.data.role };
        changed.set(data.data.id, users.change(data.data.id, latest, at));
        updateSessionsOf(chat, data.data.id, latest);
      }
    }
  }
  // Before the memberships end, or somebody could be made a member behind that.
  if (revoked.length > 0) await chat.log.write((trx) => storeRevoked(trx, kind, revoked));
  for (const user of deleted) await endMemberships(chat, user);
  // What was being stored when the users went must not be stored after this.
  await chat.seenMarks.stored();
  await chat.log.write(async (trx) => {
    await forgetSeen(trx, deleted);
    await storeChanged(trx, [...changed.values()]);
    await forgetChangesOf(trx, deleted);
    await storePlace(trx, { source, place: page.to });
  });
}
