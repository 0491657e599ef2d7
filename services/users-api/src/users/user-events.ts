import { eventIdOf } from '@parley/common/contracts/events/event-id';
import type { UserCreated } from '@parley/common/contracts/events/user-created';
import type { UserDeleted } from '@parley/common/contracts/events/user-deleted';
import type { UserUpdated } from '@parley/common/contracts/events/user-updated';
import type { NewEvent } from '@parley/common/runtime/event-feed';
import type { UserRow } from '../tables.ts';
import { toPublicUser } from './user-view.ts';

export function userCreatedEvent(row: UserRow): NewEvent {
  const data: UserCreated['data'] = toPublicUser(row);
  return { id: eventIdOf('user.created', row.id), type: 'user.created', at: row.created_at, data };
}

export function userUpdatedEvent(row: UserRow): NewEvent {
  const data: UserUpdated['data'] = toPublicUser(row);
  return { id: eventIdOf('user.updated', row.id, row.version), type: 'user.updated', at: row.updated_at, data };
}

export function userDeletedEvent({ id, username }: UserRow, at: number): NewEvent {
  const data: UserDeleted['data'] = { id, username };
  return { id: eventIdOf('user.deleted', id), type: 'user.deleted', at, data };
}
