import { randomInt } from 'node:crypto';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { createSeededRandom } from '@parley/net/seeded-random';
import { expect, onTestFinished, test } from 'vitest';
import type { Processes } from '../../src/processes.ts';
import { register } from '../../src/rest-client.ts';
import { startTestProcesses } from '../start-test-processes.ts';
import { Actor } from './actor.ts';
import { calmDown } from './calm.ts';
import { countsOf, missingIn } from './minima.ts';
import { Notes } from './notes.ts';
import { Office } from './office.ts';
import { KEPT_ROOM, plan } from './plan.ts';
import { prelude } from './prelude.ts';
import { runSettings } from './run-settings.ts';
import { Storm } from './storm.ts';
import { summaryOf } from './summary.ts';
import type { Ports } from './told.ts';
import { transports } from './transports/all-transports.ts';
import { judge } from './verdict.ts';

const NAMES = ['udp-discovery', 'users-api', 'chat-ws', 'tcp-gateway'];
const ROOMS = ['lobby', 'kitchen', 'attic'];
const keptRoom = ROOMS[KEPT_ROOM] as string;
const GUESTS = 3;
const USERS = 4;
const STEPS_PER_ROUND = 250;

/** Limits are not what this is about, nor is it how long a login lasts; what is slow is to fall behind soon. */
const SETTINGS = {
  USERS_ACCESS_TOKEN_MS: '86400000',
  CHAT_WS_TICKET_MS: '86400000',
  CHAT_WS_POSTS: '1000000',
  CHAT_WS_COMMANDS: '1000000',
  CHAT_WS_CONNECTIONS_PER_USER: '10000',
  CHAT_WS_CONNECTIONS_PER_ADDRESS: '10000',
  CHAT_WS_LINE_BYTES: '65536',
  CHAT_WS_BEHIND_BYTES: '16384',
  CHAT_WS_TAIL_BYTES: '400000',
  CHAT_WS_MAX_LOOP_LAG_MS: '60000',
  CHAT_WS_DRAIN_PER_SECOND: '50',
  GATEWAY_MAX_LINE_BYTES: '65536',
  GATEWAY_MAX_FRAME_BYTES: '262144',
  GATEWAY_MAX_UNSENT_BYTES: '16384',
  GATEWAY_TAIL_BYTES: '400000',
  GATEWAY_MAX_CONNECTIONS_PER_IP: '10000',
};

/** Retention that overtakes who is slow. */
const KEPT_ENTRIES = 60;
const SHORT_LOGS = { CHAT_WS_KEEP_ENTRIES: `${KEPT_ENTRIES}`, CHAT_WS_RETENTION_EVERY_MS: '50' };

describeEachDatabase('random clients over random transports, kills and restarts', (databases) => {
  test.each([
    { name: 'logs are kept', env: {}, keptEntries: Number.POSITIVE_INFINITY },
    { name: 'logs are trimmed', env: SHORT_LOGS, keptEntries: KEPT_ENTRIES },
  ])(
    'what was acknowledged is there once, and every reader has read the log: $name',
    async ({ name, env, keptEntries }) => {
      const { seed, rounds } = runSettings(randomInt(2 ** 31));
      const hint = `PARLEY_CHECK_SEED=${seed} PARLEY_CHECK_ROUNDS=${rounds}`;
      process.stdout.write(`checker (${databases.kind}, ${name}): ${hint}\n`);
      const random = createSeededRandom(seed);
      const processes = await startTestProcesses({
        names: NAMES,
        env: { ...SETTINGS, ...env },
        ...(await databases.create()),
      });
      const ports = { chat: processes.port('CHAT_WS_PORT'), gateway: processes.port('GATEWAY_PORT') };
      const notes = new Notes();
      const admin = await register(processes.port('USERS_API_PORT'), 'admin');
      const office = new Office({ notes, chatPort: ports.chat, token: admin.accessToken, user: admin.user.id });
      const actors = await startActors({ processes, ports, notes, random });
      const sizes = { actors: actors.length, rooms: ROOMS.length, transports: transports.length };
      const steps = plan(random, { ...sizes, rounds, stepsPerRound: STEPS_PER_ROUND });
      const [writer, reader] = actors as [Actor, Actor];
      const isTrimmed = Number.isFinite(keptEntries);
      await prelude({ notes, writer, reader, office, room: keptRoom, isTrimmed });
      await new Storm({ processes, notes, actors, office, rooms: ROOMS, transports }).run(steps);
      const story = await calmDown({ notes, actors, office, rooms: ROOMS, keptRoom, ports, keptEntries });
      const counts = countsOf(story, keptRoom);
      process.stdout.write(`${summaryOf(story, counts)}\n`);
      expect(judge(story), hint).toEqual([]);
      expect(missingIn(counts, isTrimmed), hint).toEqual([]);
    },
    runSettings(0).timeoutMs,
  );
});

type ActorsOptions = { processes: Processes; ports: Ports; notes: Notes; random: () => number };

async function startActors({ processes, ports, notes, random }: ActorsOptions): Promise<Actor[]> {
  const logins = await Promise.all(
    Array.from({ length: USERS }, async (_, i) => {
      const { accessToken, user } = await register(processes.port('USERS_API_PORT'), `user${i}`);
      return { token: accessToken, user: user.id };
    }),
  );
  const guests = Array.from({ length: GUESTS }, (_, i) => ({ guest: `g${i}` }));
  return [...logins, ...guests].map((login, i) => {
    const transport = transports[Math.floor(random() * transports.length)] ?? transports[0]!;
    const actor = new Actor({ name: `actor ${i}`, notes, ports, transport, login, rooms: ROOMS });
    onTestFinished(() => actor.close());
    return actor;
  });
}
