import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { patience, range, type TestClient } from '../client.ts';
import { describeCluster } from './nats-server.ts';
import { startNodes, type TestNodes } from './start-nodes.ts';

const rounds = 12;
const perRound = 15;

/** What the room has shown to a reader, in the order in which it came: messages, and changes of them. */
function shown(reader: TestClient): [number, string][] {
  return reader.got.flatMap((got): [number, string][] => {
    if (got.type === 'message') return [[got.seq, got.text ?? '']];
    if (got.type === 'changed') return [[got.seq, `${got.of} ${got.text}`]];
    return [];
  });
}

/** Posts, and changes what it has posted, as fast as answers come; resolves with the `seq`s in the order of its calls. */
async function write(cluster: TestNodes, index: number, isPost: readonly boolean[]): Promise<number[]> {
  const client = await cluster.user(index % cluster.nodes.length, `writer-${index}`);
  const seqs: number[] = [];
  let own = 0;
  for (let round = 0; round < rounds; round++) {
    const asked = range(1, perRound).map((n) => {
      const text = `${index} ${round} ${n}`;
      const does = own === 0 || isPost[(round * perRound + n) % isPost.length];
      return client.ask<'posted'>(
        does ? { type: 'post', room: 'storm', text } : { type: 'edit', room: 'storm', seq: own, text },
      );
    });
    const answers = await Promise.all(asked);
    seqs.push(...answers.map(({ seq }) => seq));
    own ||= seqs[0]!;
  }
  return seqs;
}

describeCluster('a storm over two nodes', (databases) => {
  test('NATS dies and comes back while both post and edit: every reader has all of it, once, in one order', async () => {
    const [isPost = []] = fc.sample(fc.array(fc.boolean(), { minLength: 50, maxLength: 50 }), { numRuns: 1, seed: 3 });
    const cluster = await startNodes(databases, {
      env: { CHAT_WS_CLUSTER_COMPARE_MS: '100', CHAT_WS_BATCH_POSTS: '5', CHAT_WS_CLUSTER_HOLE_MS: '5' },
    });
    try {
      const readers = await Promise.all(cluster.nodes.map((node, n) => node.guestIn('storm', `reader-${n}`)));
      const first = await readers[0]!.first('joined');
      const writing = [0, 1, 2, 3].map((index) => write(cluster, index, isPost));
      const hasSeen = (count: number) =>
        vi.waitFor(() => expect(shown(readers[0]!).length).toBeGreaterThan(count), patience);
      for (const at of [60, 300]) {
        await hasSeen(at);
        await cluster.nats.stop();
        await hasSeen(at + 60);
        // Who comes in the middle of it has the whole of it as well.
        const late = await cluster.nodes[at % 2]!.guest(`late-${at}`);
        await late.ask<'joined'>({ type: 'join', room: 'storm', after: { epoch: first.epoch, seq: 0 } });
        readers.push(late);
        await cluster.nats.start();
      }
      const written = await Promise.all(writing);
      const count = 4 * rounds * perRound;
      expect(written.flat().sort((a, b) => a - b)).toEqual(range(1, count));
      for (const seqs of written) expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
      for (const reader of readers) {
        await vi.waitFor(() => expect(shown(reader).length).toBeGreaterThanOrEqual(count), patience);
        expect(shown(reader).map(([seq]) => seq)).toEqual(range(1, count));
        expect(reader.all('gap')).toEqual([]);
        expect(reader.all('reset')).toEqual([]);
      }
      // The same changes with the same texts: a message that was read late reads as it does by then.
      const changes = readers.map((reader) => reader.all('changed').length);
      expect(new Set(changes).size).toBe(1);
      expect(changes[0]).toBeGreaterThan(0);
      for (const node of cluster.nodes)
        await vi.waitFor(async () => expect(await node.metric('parley_chat_nats_up')).toBe(1), patience);
    } finally {
      await cluster.close();
    }
  });
});
