import { createSeededRandom } from '@parley/net/seeded-random';
import { expect, test } from 'vitest';
import { KEPT_ROOM, type PlanOptions, plan } from './plan.ts';

const options: PlanOptions = { actors: 5, rooms: 3, transports: 5, rounds: 4, stepsPerRound: 200 };
const planOf = (seed: number) => [...plan(createSeededRandom(seed), options)];

test('the same seed makes the same plan, another one another', () => {
  expect(planOf(1)).toEqual(planOf(1));
  expect(planOf(1)).not.toEqual(planOf(2));
});

test('in each round a service is stopped and started again before the next one', () => {
  const services = planOf(3).filter((step) => step.do === 'stop' || step.do === 'start');
  expect(services[0]).toEqual({ do: 'stop', service: 'chat-ws', how: 'kill' });
  expect(services).toHaveLength(2 * options.rounds);
  for (const [i, { do: what, service }] of services.entries()) {
    expect(what).toBe(i % 2 === 0 ? 'stop' : 'start');
    if (what === 'start') expect(service).toBe(services[i - 1]?.service);
  }
});

test('one room is never deleted', () => {
  const deleted = [1, 2, 3].flatMap((seed) => planOf(seed).filter((step) => step.do === 'recreate'));
  expect(deleted.length).toBeGreaterThan(0);
  expect(deleted.map(({ room }) => room)).not.toContain(KEPT_ROOM);
});

test('everything that can be done is done', () => {
  const done = new Set([1, 2, 3].flatMap((seed) => planOf(seed).map((step) => step.do)));
  expect([...done].sort()).toEqual(
    'change history join leave move office pause post recreate repeat resume start stop'.split(' '),
  );
});
