import type { EventFeed } from '@parley/common/runtime/event-feed';
import type { Trx, UserRow } from '../tables.ts';
import { requireOtherAdmin } from './update-user.ts';
import { userDeletedEvent } from './user-events.ts';

/** Erases the user with all sessions and remembered answers. @throws ParleyError CONFLICT for the last admin */
export async function removeUser(trx: Trx, row: UserRow, { feed, at }: { feed: EventFeed; at: number }): Promise<void> {
  await requireOtherAdmin(trx, row);
  await trx.deleteFrom('users').where('id', '=', row.id).execute();
  await feed.append(trx, userDeletedEvent(row, at));
}
