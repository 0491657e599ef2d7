import { setTimeout as delay } from 'node:timers/promises';
import { clientFrame } from '../client-frames.ts';
import { until } from '../clients.ts';
import type { Latencies } from '../latencies.ts';
import type { RawClient } from '../raw-client.ts';
import { parleyJson } from './languages.ts';

const burstSize = 10;
const everyMs = 100;
const burst = Buffer.concat(Array.from({ length: burstSize }, () => clientFrame(parleyJson.post('x'.repeat(128)))));

/** Who posts and who receives, and how much has been posted. */
export type Scene = { sender: RawClient; others: readonly RawClient[]; posted: number };

/**
 * Posts bursts of ten every 100 ms for `ms`, whatever becomes of them, and counts how long each message took to each receiver. A
 * receiver's n-th text message from now on is the n-th post.
 */
export async function postBursts(scene: Scene, ms: number, latencies?: Latencies): Promise<void> {
  const { sender, others } = scene;
  const sentAt: number[] = [];
  const before = others.map(({ count }) => count);
  for (const [index, receiver] of others.entries()) {
    let seen = before[index]!;
    receiver.onCounted = () => {
      const now = performance.now();
      for (; seen < receiver.count; seen++) latencies?.add(now - sentAt[seen - before[index]!]!);
    };
  }
  const begun = performance.now();
  for (let next = begun; next < begun + ms; next += everyMs) {
    await delay(Math.max(0, next - performance.now()));
    sentAt.push(...Array.from({ length: burstSize }, () => performance.now()));
    sender.write(burst);
  }
  scene.posted += sentAt.length;
  await until(
    () => others.every(({ count }, index) => count - before[index]! >= sentAt.length),
    'every message at those who are not slow',
  );
  for (const receiver of others) receiver.onCounted = undefined;
}
