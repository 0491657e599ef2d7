import { z } from 'zod';
import { eventTypes } from './events/event.ts';
import { listOf } from './list.ts';
import { roomName } from './room-name.ts';
import { isoTime, storableText } from './text.ts';

const webhookLimits = { urlLength: 2048, descriptionLength: 500, events: 32 } as const;

const webhookUrl = z
  .url({ protocol: /^https?$/ })
  .max(webhookLimits.urlLength)
  .refine((url) => !hasCredentials(url), 'must not carry a user name or password');

/** Event types that the endpoint wants; `*` is all of them, also those of later versions. */
const webhookEvents = z
  .array(z.enum([...eventTypes, '*']))
  .min(1)
  .max(webhookLimits.events);

export const webhookId = z.string().regex(/^wh_[0-9a-f]{24}$/, 'must be the id of a webhook');

/** Body of `POST /api/webhooks`. With `room`, only that room's events. */
export const createWebhook = z.object({
  url: webhookUrl,
  events: webhookEvents,
  room: roomName.optional(),
  enabled: z.boolean().default(true),
  description: storableText({ max: webhookLimits.descriptionLength }).optional(),
});
export type CreateWebhook = z.infer<typeof createWebhook>;

/** Body of `PATCH /api/webhooks/:id`; null takes `room` or `description` away. */
export const patchWebhook = z.object({
  url: webhookUrl.optional(),
  events: webhookEvents.optional(),
  room: roomName.nullable().optional(),
  enabled: z.boolean().optional(),
  description: storableText({ max: webhookLimits.descriptionLength }).nullable().optional(),
});
export type PatchWebhook = z.infer<typeof patchWebhook>;

/** `disabledReason`: why Parley disabled it, e.g. `gone` when it answered 410. */
export const webhook = z.object({
  id: webhookId,
  url: z.string(),
  events: webhookEvents,
  room: roomName.optional(),
  enabled: z.boolean(),
  disabledReason: z.string().optional(),
  description: z.string().optional(),
  createdAt: isoTime,
  updatedAt: isoTime,
});
export type Webhook = z.infer<typeof webhook>;

/** Answer of `POST /api/webhooks`: the only time that the secret (`whsec_…`) is shown. */
export const createdWebhook = webhook.extend({ secret: z.string() });
export type CreatedWebhook = z.infer<typeof createdWebhook>;

/** Answer of `POST /api/webhooks/:id/rotate-secret`; the old secret goes on signing, too, until `previousUntil`. */
export const rotatedSecret = z.object({ secret: z.string(), previousUntil: isoTime });
export type RotatedSecret = z.infer<typeof rotatedSecret>;

export const webhookList = listOf(webhook);

function hasCredentials(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.username !== '' || url.password !== '');
}
