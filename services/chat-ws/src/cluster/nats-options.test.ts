import { expect, test } from 'vitest';
import { natsOptions } from './nats-options.ts';

test('credentials are taken out of the addresses', () => {
  expect(natsOptions(['nats://parley:s%40cret%2C@nats:4223', 'nats://other'])).toEqual({
    servers: ['nats:4223', 'other:4222'],
    user: 'parley',
    pass: 's@cret,',
  });
  expect(natsOptions(['nats://a-token@[::1]:1'])).toEqual({ servers: ['[::1]:1'], token: 'a-token' });
  expect(natsOptions(['tls://nats'])).toEqual({ servers: ['nats:4222'], tls: {} });
});
