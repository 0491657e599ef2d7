import { messagePosted } from '@parley/common/contracts/events/message-posted';
import { type ReceivedWebhook, verifyWebhook } from '@parley/common/wire/webhook-signature';
import type { Seen } from './resuming-client.ts';

export type DeliveryCheck = { logs: Map<string, Seen[]>; deliveries: ReceivedWebhook[]; secret: string };

/**
 * What must hold however often the worker was killed: every message of the logs was delivered at least once, as it is
 * stored; each with one `webhook-id`, however often it came; nothing else was. Gives a sentence for each violation.
 */
export function checkDeliveries({ logs, deliveries, secret }: DeliveryCheck): string[] {
  const wanted = new Map<string, string>();
  for (const [room, log] of logs) {
    for (const { epoch, seq, text } of log) wanted.set(`${room} ${epoch}:${seq}`, text);
  }
  const placeOfId = new Map<string, string>();
  const idOfPlace = new Map<string, string>();
  const wrong = deliveries.flatMap((delivery) => {
    const { id, data } = messagePosted.parse(JSON.parse(String(delivery.body)));
    const place = `${data.room} ${data.epoch}:${data.seq}`;
    const verdict = verifyWebhook(delivery, [secret], { nowMs: Date.now() });
    const samePlace = placeOfId.get(id) ?? place;
    const sameId = idOfPlace.get(place) ?? id;
    placeOfId.set(id, place);
    idOfPlace.set(place, id);
    return [
      verdict !== 'valid' && `${place}: its signature is ${verdict}`,
      delivery.id !== id && `${place}: webhook-id ${delivery.id} carries event ${id}`,
      samePlace !== place && `${id} is ${samePlace} and ${place}`,
      sameId !== id && `${place} came as ${sameId} and as ${id}`,
      wanted.get(place) !== data.text && `${place}: "${data.text}" was delivered, "${wanted.get(place)}" is stored`,
    ].filter((violation) => violation !== false);
  });
  const missing = [...wanted.keys()].filter((place) => !idOfPlace.has(place));
  return [...wrong, ...missing.map((place) => `${place} was not delivered`)];
}
