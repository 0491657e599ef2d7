import { expect, test } from 'vitest';
import { parseNodeMessage } from './node-message.ts';

test('what nodes say is read with the contract', () => {
  const presence = {
    t: 'presence',
    n: 'a1',
    event: 'join',
    user: { id: 'u', name: 'u', guest: false },
    v: 3,
    users: 1,
  };
  expect(parseNodeMessage(JSON.stringify(presence))).toEqual(presence);
  expect(parseNodeMessage('{"t":"beat","n":"a1","rooms":[["lobby",3,1]]}')).toMatchObject({ rooms: [['lobby', 3, 1]] });
  for (const wrong of ['{"t":"bye","n":"a.*"}', '{"t":"bye"}', '{"t":"other","n":"a1"}', 'no JSON'])
    expect(() => parseNodeMessage(wrong)).toThrow();
});
