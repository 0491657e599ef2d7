import { randomBytes } from 'node:crypto';
import type { CreateWebhook, PatchWebhook, Webhook } from '@parley/common/contracts/webhook';
import type { Insertable, Updateable } from 'kysely';
import type { EndpointRow, Tables } from '../database/tables.ts';

/** `seal` encrypts the secret for the endpoint's id. */
export function newEndpoint(
  wanted: CreateWebhook,
  now: number,
  seal: (id: string) => string,
): Insertable<Tables['endpoints']> {
  const id = `wh_${randomBytes(12).toString('hex')}`;
  return {
    id,
    url: wanted.url,
    events: JSON.stringify(wanted.events),
    room: wanted.room ?? null,
    description: wanted.description ?? null,
    enabled: wanted.enabled ? 1 : 0,
    disabled_reason: null,
    secret: seal(id),
    previous_secret: null,
    previous_until: null,
    created_at: now,
    updated_at: now,
  };
}

/** Enabling takes away why it was disabled; a new address is not held back for what the old one asked. */
export function changedColumns({
  url,
  events,
  room,
  enabled,
  description,
}: PatchWebhook): Updateable<Tables['endpoints']> {
  return {
    ...(url !== undefined && { url, hold_until: 0 }),
    ...(events !== undefined && { events: JSON.stringify(events) }),
    ...(room !== undefined && { room }),
    ...(description !== undefined && { description }),
    ...(enabled !== undefined && { enabled: enabled ? 1 : 0, disabled_reason: null }),
  };
}

/** An endpoint as the API shows it: without its secret. */
export function webhookOf(row: EndpointRow): Webhook {
  return {
    id: row.id,
    url: row.url,
    events: JSON.parse(row.events),
    ...(row.room !== null && { room: row.room }),
    enabled: row.enabled === 1,
    ...(row.disabled_reason !== null && { disabledReason: row.disabled_reason }),
    ...(row.description !== null && { description: row.description }),
    createdAt: new Date(row.created_at).toISOString(),
    updatedAt: new Date(row.updated_at).toISOString(),
  };
}

export function etagOf({ version }: EndpointRow): string {
  return `"${version}"`;
}
