import { expect, test, vi } from 'vitest';
import { FrameClient } from './frame-client.ts';
import { LineClient } from './line-client.ts';
import { patience, startGateway, type TestGateway } from './start-gateway.ts';

const range = (count: number) => Array.from({ length: count }, (_none, index) => index + 1);

/** Waits until the gateway has noticed that it has no link. */
async function linksLost({ http }: TestGateway): Promise<void> {
  await vi.waitFor(async () => expect((await fetch(`${http}/readyz`)).status).toBe(503), patience);
}

/** Waits until as many links are up again, over and above those that there have been. */
async function linksAgain({ chat }: TestGateway, count: number): Promise<void> {
  await vi.waitFor(() => {
    if (chat.openLinks.length < count) throw new Error(`${chat.openLinks.length} links`);
  }, patience);
}

test('clients share the links, and each room comes over a link once', async () => {
  const { port, chat } = await startGateway();
  const clients = [];
  for (const name of ['a', 'b', 'c', 'd']) clients.push(await LineClient.in(port, 'lobby', name));
  expect(chat.links.map((link) => link.sessions.size)).toEqual([2, 2]);
  expect(chat.all('watch').map(({ room }) => room)).toEqual(['lobby', 'lobby']);
  expect([...chat.links[0]!.sessions.values()].map(({ address }) => address)).toEqual(['127.0.0.1', '127.0.0.1']);
  chat.post('lobby', 'for all');
  for (const client of clients) expect(await client.line()).toBe('MESSAGE lobby 1 else for all');
  for (const client of clients) client.type('LEAVE');
  await expect.poll(() => chat.all('unwatch').length, patience).toBe(2);
});

test('pipelined posts survive broken links: each is there once, answered once, in order', async () => {
  const gateway = await startGateway();
  const { port, chat } = gateway;
  const lines = await LineClient.in(port, 'lobby', 'lines');
  const frames = await FrameClient.in(port, 'lobby', 'frames');
  const count = 100;
  let posts = 0;
  // Every tenth post is the last that a link carries: it is committed and never answered, or never comes through.
  chat.intercept = (message, link) => {
    if (message.t !== 'in' || (message.m as { type?: string }).type !== 'post') return false;
    posts += 1;
    if (posts % 10 !== 0 || posts > 2 * count) return false;
    if (posts % 20 === 0) {
      const { m } = message;
      const from = link.sessions.get(message.s)!.person!;
      chat.tell(chat.room('lobby'), [chat.room('lobby').append(from, m as { text: string; key: string }).entry]);
    }
    link.break();
    return true;
  };
  lines.type(...range(count).map((n) => `line ${n}`));
  frames.send(...range(count).map((id) => ({ type: 'post', id, room: 'lobby', text: `frame ${id}` }) as const));

  const posted = await lines.saying('POSTED', count);
  const answers = await frames.some('posted', count);
  const { entries } = chat.room('lobby');
  expect(entries.map(({ text }) => text).sort()).toEqual(
    [...range(count).map((n) => `line ${n}`), ...range(count).map((n) => `frame ${n}`)].sort(),
  );
  const seqOf = (text: string) => entries.find((entry) => entry.text === text)?.seq;
  expect(posted).toEqual(range(count).map((n) => `POSTED lobby e1:${seqOf(`line ${n}`)}`));
  expect(answers.map(({ re, seq }) => [re, seq])).toEqual(range(count).map((n) => [n, seqOf(`frame ${n}`)]));
  expect(answers.some(({ duplicate }) => duplicate)).toBe(false);

  // Nobody has missed anything, or seen anything twice.
  const all = range(2 * count);
  expect((await lines.saying('MESSAGE', 2 * count)).map((line) => Number(line.split(' ')[2]))).toEqual(all);
  expect((await frames.some('message', 2 * count)).map(({ seq }) => seq)).toEqual(all);
  expect(chat.links.length).toBeGreaterThan(5);
});

test('posts that are repeated on a new link keep to the rate that chat-ws allows, in order', async () => {
  const { port, chat } = await startGateway();
  Object.assign(chat.limits, { posts: 5, postsWindowMs: 100 });
  const client = await FrameClient.in(port, 'lobby');
  const arrivals: number[] = [];
  let isSilent = true;
  chat.intercept = (message) => {
    if (message.t !== 'in' || (message.m as { type?: string }).type !== 'post') return false;
    arrivals.push(performance.now());
    return isSilent;
  };
  client.send(...range(12).map((id) => ({ type: 'post', id, room: 'lobby', text: `${id}` }) as const));
  await expect.poll(() => arrivals.length, patience).toBe(12);
  isSilent = false;
  arrivals.length = 0;
  chat.breakLinks();
  client.send({ type: 'post', id: 13, room: 'lobby', text: '13' });
  expect((await client.some('posted', 13)).map(({ re }) => re)).toEqual(range(13));
  expect(chat.room('lobby').entries.map(({ text }) => text)).toEqual(range(13).map(String));
  const [, , , , , sixth = 0, , , , , eleventh = 0] = arrivals;
  expect(sixth - arrivals[0]!).toBeGreaterThan(40);
  expect(eleventh - sixth).toBeGreaterThan(40);
});

test('a session goes on over another link without a hole or a double, and the client notices nothing', async () => {
  const gateway = await startGateway();
  const { port, chat } = gateway;
  const client = await LineClient.in(port, 'lobby');
  chat.post('lobby', '1', '2');
  await client.lines(2);
  const [used] = chat.links.filter((link) => link.sessions.size > 0);
  chat.post('lobby', '3');
  used!.break();
  chat.post('lobby', '4');
  expect(await client.lines(2)).toEqual(['MESSAGE lobby 3 else 3', 'MESSAGE lobby 4 else 4']);
  await expect.poll(() => chat.all('open').length, patience).toBe(2);
  expect(chat.all('in').map(({ m }) => m)).toContainEqual(
    expect.objectContaining({ ticket: 'ticket-g_1-guest-ada-1' }),
  );
  expect(await client.ask('/who')).toBe('MEMBER lobby guest-ada-1');
  await linksAgain(gateway, 2);
  expect(client.all.filter((line) => line.startsWith('JOINED'))).toHaveLength(1);
});

test('all links broken, messages meanwhile: everything comes, in order, once chat-ws is back', async () => {
  const { port, chat } = await startGateway();
  const clients = [await LineClient.in(port, 'lobby', 'a'), await LineClient.in(port, 'lobby', 'b')];
  chat.post('lobby', '1');
  await chat.stop();
  chat.post('lobby', ...range(300).map((n) => `${n + 1}`));
  await chat.start();
  for (const client of clients) {
    const seqs = (await client.saying('MESSAGE', 301)).map((line) => Number(line.split(' ')[2]));
    expect(seqs).toEqual(range(301));
  }
});

test('while no link is up, commands wait, then they are UNAVAILABLE; the others go on', async () => {
  const { port, chat, http } = await startGateway({ GATEWAY_WAIT_MS: '60' });
  const client = await LineClient.in(port, 'lobby');
  await chat.stop();
  client.type('lost?', 'HISTORY', '/hello');
  expect((await client.lines(3)).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    'ERROR UNAVAILABLE',
    'ERROR UNAVAILABLE',
    'WORLD',
  ]);
  expect((await fetch(`${http}/readyz`)).status).toBe(503);
  const newcomer = await LineClient.connect(port);
  expect(await newcomer.ask('NAME bob')).toMatch(/^ERROR UNAVAILABLE /);
  await chat.start();
  await expect.poll(() => client.ask('/who'), patience).toMatch(/^(MEMBER|END)/);
  expect(await newcomer.ask('NAME bob')).toMatch(/^AUTH_SUCCESS /);
  expect((await fetch(`${http}/readyz`)).status).toBe(200);
});

test('commands wait for a link that comes in time', async () => {
  const gateway = await startGateway();
  const { port, chat } = gateway;
  const client = await LineClient.in(port, 'lobby');
  await chat.stop();
  await linksLost(gateway);
  const newcomer = await LineClient.connect(port);
  newcomer.type('NAME bob', 'JOIN lobby');
  client.type('patience', '/hello');
  await chat.start();
  expect(await client.lines(2)).toEqual(['POSTED lobby e1:1', 'WORLD']);
  expect((await newcomer.lines(2))[1]).toMatch(/^JOINED lobby /);
});

test('only so many commands wait', async () => {
  const gateway = await startGateway({ GATEWAY_MAX_WAITING: '3' });
  const { port, chat } = gateway;
  const client = await FrameClient.in(port, 'lobby');
  await chat.stop();
  await linksLost(gateway);
  client.send(...range(5).map((id) => ({ type: 'post', id, room: 'lobby', text: `${id}` }) as const));
  const other = await FrameClient.connect(port);
  expect(await other.ask({ type: 'auth', guest: 'bob' })).toMatchObject({ type: 'error', code: 'UNAVAILABLE' });
  await chat.start();
  await client.some('posted', 3);
  expect(client.got.filter((got) => 're' in got && typeof got.re === 'number').map((got) => got.type)).toEqual([
    'posted',
    'posted',
    'posted',
    'error',
    'error',
  ]);
});

test('a link that chat-ws does not answer on is given up', async () => {
  const gateway = await startGateway({ GATEWAY_HEARTBEAT_MS: '40', GATEWAY_HEARTBEAT_TIMEOUT_MS: '40' });
  const { port, chat } = gateway;
  const client = await LineClient.in(port, 'lobby');
  const used = chat.links.find((link) => link.sessions.size > 0)!;
  used.freeze();
  client.type('still there?');
  expect((await client.saying('POSTED', 1))[0]).toBe('POSTED lobby e1:1');
  await linksAgain(gateway, 2);
  used.unfreeze();
  expect(chat.room('lobby').entries).toHaveLength(1);
});

test('a command that chat-ws never answers is UNAVAILABLE in the end; a late join is undone', async () => {
  const { port, chat } = await startGateway({ GATEWAY_ANSWER_MS: '50' });
  const client = await LineClient.in(port, 'lobby');
  const held: (() => void)[] = [];
  chat.intercept = (message, link) => {
    if (message.t !== 'in' || !JSON.stringify(message.m).includes('"join"')) return false;
    held.push(() => link.take(message));
    return true;
  };
  expect(await client.ask('JOIN other')).toMatch(/^ERROR UNAVAILABLE /);
  held[0]?.();
  await expect.poll(() => chat.room('other').members.size, patience).toBe(0);
  expect(chat.all('in').at(-1)?.m).toMatchObject({ type: 'leave', room: 'other' });
  expect(await client.ask('/hello')).toBe('WORLD');
});

test('a ticket that is refused ends the client, and only it', async () => {
  const { port, chat } = await startGateway({ GATEWAY_LINKS: '1' });
  const ada = await LineClient.in(port, 'lobby', 'ada');
  const newcomer = await LineClient.connect(port);
  chat.ticketsRefused = true;
  chat.breakLinks();
  expect(await ada.rest()).toMatch(/AUTH_FAILED That is not valid\.\n$/);
  expect(await newcomer.ask('NAME bob')).toMatch(/^AUTH_SUCCESS /);
});

test('a session that is one too many as long as chat-ws counts it twice is resumed later', async () => {
  const { port, chat } = await startGateway({ GATEWAY_LINKS: '1' });
  const client = await LineClient.in(port, 'lobby');
  let refusals = 0;
  chat.intercept = (message, link) => {
    if (message.t === 'open' && refusals === 0) {
      link.send({ t: 'closed', s: message.s, code: 1008, reason: 'too many connections from this address' });
    } else if (message.t === 'in' && (message.m as { type: string }).type === 'auth' && refusals === 1) {
      const { id } = message.m as { id: number };
      link.out(message.s, { type: 'auth_failed', re: id, code: 'LIMIT_REACHED', message: 'Too many.' });
      link.send({ t: 'closed', s: message.s, code: 1008, reason: 'limit reached' });
    } else {
      return false;
    }
    refusals += 1;
    return true;
  };
  client.type('still here');
  await client.saying('POSTED', 1);
  chat.breakLinks();
  chat.post('lobby', 'later');
  expect(await client.saying('MESSAGE', 2)).toContain('MESSAGE lobby 2 else later');
  expect(refusals).toBe(2);
});

test('a room that is left before it could be joined again on a new link is left, and not joined any more', async () => {
  const { port, chat } = await startGateway({ GATEWAY_LINKS: '1' });
  const [leaving, staying] = [await LineClient.in(port, 'lobby', 'ada'), await LineClient.in(port, 'lobby', 'bob')];
  const joins = { ada: 0, bob: 0 };
  chat.intercept = (message, link) => {
    if (message.t !== 'in' || (message.m as { type: string }).type !== 'join') return false;
    joins[link.sessions.get(message.s)?.person?.name.includes('ada') ? 'ada' : 'bob'] += 1;
    const { id } = message.m as { id: number };
    link.out(message.s, { type: 'error', re: id, code: 'UNAVAILABLE', message: 'Not now.' });
    return true;
  };
  chat.room('lobby').members.clear();
  chat.breakLinks();
  await expect.poll(() => joins.ada, patience).toBeGreaterThan(0);
  expect(await leaving.ask('LEAVE')).toBe('LEFT lobby');
  const before = { ...joins };
  await expect.poll(() => joins.bob, patience).toBeGreaterThan(before.bob + 4);
  expect(joins.ada).toBe(before.ada);
  expect(await staying.ask('/hello')).toBe('WORLD');
});

test('what chat-ws says with the answer to the handshake is heard', async () => {
  const { chat } = await startGateway({ GATEWAY_LINKS: '1' });
  chat.firstWords = { t: 'drain', reconnectAfterMs: 0 };
  chat.breakLinks();
  await expect.poll(() => chat.links.length, patience).toBeGreaterThan(1);
  chat.firstWords = undefined;
  await vi.waitFor(() => expect(chat.links[1]?.isOpen).toBe(false), patience);
});

test('a room that may not be entered any more is left', async () => {
  const { port, chat } = await startGateway({ GATEWAY_LINKS: '1' });
  const client = await LineClient.in(port, 'lobby');
  chat.intercept = (message, link) => {
    if (message.t !== 'in' || !JSON.stringify(message.m).includes('"join"')) return false;
    const { id } = message.m as { id: number };
    link.out(message.s, { type: 'error', re: id, code: 'NOT_FOUND', message: 'There is no such room.' });
    return true;
  };
  chat.breakLinks();
  expect(await client.line()).toBe('LEFT lobby There is no such room.');
  expect(await client.ask('hello')).toBe('WORLD');
});

test('chat-ws ends a session: the client is told why and closed, nobody else is touched', async () => {
  const { port, chat } = await startGateway();
  const lines = await LineClient.in(port, 'lobby', 'ada');
  const frames = await FrameClient.in(port, 'lobby', 'bob');
  const other = await LineClient.in(port, 'lobby', 'other');
  const close = (name: string, code: number) => {
    for (const link of chat.openLinks) {
      for (const [s, { person }] of link.sessions) {
        if (person?.name.includes(name)) link.send({ t: 'closed', s, code, reason: 'for the log' });
      }
    }
  };
  close('ada', 4401);
  close('bob', 4429);
  expect(await lines.rest()).toMatch(/ERROR UNAUTHENTICATED [^\n]*\n$/);
  await frames.closed;
  expect(frames.got.at(-1)).toMatchObject({ type: 'error', code: 'RATE_LIMITED' });
  expect(await other.ask('/ping')).toBe('PONG');
});

test('whoever is sent away by chat-ws is answered what has been asked, and asks nothing more', async () => {
  const { port, chat } = await startGateway({ GATEWAY_LINKS: '1', GATEWAY_MAX_UNANSWERED: '3' });
  const client = await FrameClient.in(port, 'lobby');
  const [link] = chat.links;
  chat.intercept = (message) => message.t === 'in';
  client.send(...range(5).map((id) => ({ type: 'post', id, room: 'lobby', text: `${id}` }) as const));
  await expect.poll(() => chat.all('in').length, patience).toBe(5);
  for (const s of link!.sessions.keys()) link!.send({ t: 'closed', s, code: 4401, reason: 'for the log' });
  await client.closed;
  expect(client.all('error').map(({ re, code }) => [re, code])).toEqual(range(3).map((n) => [n, 'UNAUTHENTICATED']));
  expect(chat.all('in')).toHaveLength(5);
});

test('chat-ws drains: sessions go over to a new link, with nothing lost', async () => {
  const gateway = await startGateway({ GATEWAY_LINKS: '1' });
  const { port, chat } = gateway;
  const client = await LineClient.in(port, 'lobby');
  const [old] = chat.links;
  old!.send({ t: 'drain', reconnectAfterMs: 20 });
  client.type('1');
  await vi.waitFor(() => expect(old!.isOpen).toBe(false), patience);
  client.type('2');
  await client.saying('POSTED', 2);
  expect((await client.saying('MESSAGE', 2)).map((line) => line.split(' ').at(-1))).toEqual(['1', '2']);
  expect(chat.links).toHaveLength(2);
});

test('chat-ws drains with a pace: no more sessions than that come back in a second, with nothing lost', async () => {
  const { port, chat } = await startGateway({ GATEWAY_LINKS: '1' });
  const clients = [];
  for (const n of range(4)) clients.push(await LineClient.in(port, 'lobby', `c${n}`));
  const [old] = chat.links;
  const begun = performance.now();
  old!.send({ t: 'drain', reconnectAfterMs: 0, perSecond: 4 });
  await vi.waitFor(() => expect(chat.links[1]?.sessions.size).toBe(4), patience);
  // The first one may come at once, and a twentieth of a second is made up for.
  expect(performance.now() - begun).toBeGreaterThan(3 * 250 - 60);
  chat.post('lobby', 'for all');
  for (const client of clients) expect((await client.saying('MESSAGE', 1))[0]).toBe('MESSAGE lobby 1 else for all');
});

test('a new epoch is told, and the room is given anew; also when it began while no link was up', async () => {
  const { port, chat } = await startGateway();
  chat.post('lobby', '1', '2');
  const client = await LineClient.in(port, 'lobby');
  chat.reset('lobby', 'e2');
  chat.post('lobby', 'first');
  expect(await client.lines(2)).toEqual(['RESET lobby e2:0', 'MESSAGE lobby 1 else first']);
  await chat.stop();
  chat.reset('lobby', 'e3');
  chat.post('lobby', 'again first');
  await chat.start();
  expect(await client.lines(2)).toEqual(['RESET lobby e3:1', 'MESSAGE lobby 1 else again first']);
});

test('presence reaches those in the room, and a ticket frames only', async () => {
  const { port, chat } = await startGateway({ GATEWAY_LINKS: '1' });
  const lines = await LineClient.in(port, 'lobby', 'ada');
  const frames = await FrameClient.in(port, 'lobby', 'bob');
  const [link] = chat.links;
  const user = { id: 'u_9', name: 'zoe', guest: false };
  link!.send({ t: 'push', room: 'lobby', m: { type: 'presence', room: 'lobby', event: 'join', user, members: 3 } });
  for (const s of link!.sessions.keys()) link!.out(s, { type: 'ticket', ticket: 'newer' });
  expect(await lines.line()).toBe('PRESENCE lobby join zoe');
  expect(await frames.some('presence', 1)).toMatchObject([{ user, members: 3 }]);
  await frames.some('ticket', 1);
  expect(await lines.ask('/hello')).toBe('WORLD');
});

test('what cannot be read on a link harms nobody', async () => {
  const { port, chat } = await startGateway({ GATEWAY_LINKS: '1' });
  const client = await LineClient.in(port, 'lobby');
  const [link] = chat.links;
  link!.sendRaw('{"t":"entries","room":"lobby"');
  link!.sendRaw('{"t":"out","s":1,"m":{"type":"posted"}}');
  link!.sendRaw('{"t":"confetti"}');
  chat.post('lobby', 'still here');
  expect(await client.line()).toBe('MESSAGE lobby 1 else still here');
  expect(chat.links).toHaveLength(1);
});

test('a room that cannot be watched at once is watched later', async () => {
  const { port, chat } = await startGateway();
  let refusals = 3;
  chat.intercept = (message, link) => {
    if (message.t !== 'watch' || refusals === 0) return false;
    refusals -= 1;
    link.send({ t: 'failed', room: message.room, code: 'UNAVAILABLE', message: 'Not now.' });
    return true;
  };
  const client = await LineClient.in(port, 'lobby');
  chat.post('lobby', '1', '2');
  expect(await client.lines(2)).toEqual(['MESSAGE lobby 1 else 1', 'MESSAGE lobby 2 else 2']);
});
