import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { patience, TestClient } from './client.ts';
import { skipOrFail } from './skip-or-fail.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';
import { startChat } from './start-chat.ts';

test('a loop that is late lets nobody in and is not ready, serves those it has, and recovers by itself', async () => {
  const chat = await startChat({ CHAT_WS_MAX_LOOP_LAG_MS: '50' });
  try {
    const ada = await chat.guestIn('busy');
    const busy = { is: true };
    const working = (async () => {
      while (busy.is) {
        const until = performance.now() + 200;
        while (performance.now() < until);
        for (let turn = 0; turn < 20; turn++) await nextTurn();
      }
    })();
    const ready = () => fetch(`${chat.http}/readyz`);
    await vi.waitFor(
      async () => {
        const res = await ready();
        expect(await res.json()).toMatchObject({ problems: { load: 'the process is overloaded' } });
        expect(res.status).toBe(503);
      },
      { timeout: 60_000, interval: 50 },
    );
    const refused = new TestClient(chat.ws);
    const [, res] = await once(refused.ws, 'unexpected-response');
    refused.ws.terminate();
    expect(res.statusCode).toBe(503);
    expect(Number(res.headers['retry-after'])).toBeGreaterThan(0);
    expect(await ada.ask({ type: 'post', room: 'busy', text: 'still served' })).toMatchObject({ type: 'posted' });
    expect(await chat.metric('parley_chat_limited_total', 'limit="load"')).toBe(1);

    busy.is = false;
    await working;
    await vi.waitFor(async () => expect((await ready()).status).toBe(200), { timeout: 60_000, interval: 50 });
    const later = await chat.guest('later');
    expect(await later.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  } finally {
    await chat.close();
  }
}, 150_000);

test('a database that is held up: CHAT_WS_WAITING_POSTS posts wait for it, more are UNAVAILABLE at once, none is lost', async () => {
  const chat = await startChat({ CHAT_WS_WAITING_POSTS: '2' });
  const other = new DatabaseSync(join(chat.dataDir, 'chat', 'chat.sqlite'));
  try {
    const ada = await chat.guestIn('held');
    const post = (text: string) => ada.ask<'posted' | 'error'>({ type: 'post', room: 'held', text });
    other.exec('BEGIN IMMEDIATE');
    const committing = post('committing');
    // What came before the ping is under way, and waits for the database instead of for its turn.
    await ada.ask({ type: 'ping' });
    const waiting = [post('waits'), post('waits too')];
    expect(await post('one more')).toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: expect.any(Number) });
    expect(ada.all('posted')).toEqual([]);
    other.exec('ROLLBACK');
    expect((await Promise.all([committing, ...waiting])).map((answer) => 'seq' in answer && answer.seq)).toEqual([
      1, 2, 3,
    ]);
    expect(await post('one more')).toMatchObject({ type: 'posted', seq: 4 });
  } finally {
    other.close();
    await chat.close();
  }
});

test('a disk that is full: UNAVAILABLE and not ready, reading goes on, and all is well when there is room again', async ({
  skip,
}) => {
  const disk = (await mountSmallDisk()) ?? skipOrFail(skip, 'only root may mount a file system');
  await fillAndFree(disk);
}, 60_000);

async function fillAndFree(disk: SmallDisk): Promise<void> {
  const chat = await startChat({
    PARLEY_DATA_DIR: disk.folder,
    CHAT_WS_POSTS: '1000000',
    CHAT_WS_RETENTION_EVERY_MS: '10',
  });
  try {
    const ada = await chat.guestIn('full');
    const text = 'x'.repeat(20_000);
    await ada.ask({ type: 'post', room: 'full', text: 'before' });
    await disk.fill();
    const acknowledged = [1];
    const refused = await vi.waitFor(async () => {
      const answer = await ada.ask<'posted' | 'error'>({ type: 'post', room: 'full', text });
      if (answer.type === 'posted') acknowledged.push(answer.seq);
      expect(answer.type).toBe('error');
      return answer;
    }, patience);
    expect(refused).toMatchObject({ code: 'UNAVAILABLE' });
    const problems = async () =>
      ((await (await fetch(`${chat.http}/readyz`)).json()) as { problems?: object }).problems;
    expect(await problems()).toMatchObject({ log: 'the room log cannot be written' });
    const late = await chat.guest('late');
    expect(await late.ask({ type: 'history', room: 'full' })).toMatchObject({ type: 'history' });

    await disk.free();
    await vi.waitFor(async () => expect(await problems()).toBeUndefined(), { ...patience, interval: 100 });
    const next = await ada.ask<'posted'>({ type: 'post', room: 'full', text: 'after' });
    expect(next).toMatchObject({ type: 'posted', seq: acknowledged.length + 1 });
    const reader = await chat.guest('reader');
    await reader.ask({ type: 'join', room: 'full', after: 'start' });
    expect(await reader.seqs('full', next.seq)).toEqual([...acknowledged, next.seq]);
  } finally {
    await chat.close();
    await disk.unmount();
  }
}
