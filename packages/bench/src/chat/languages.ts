import type { RawClient } from '../raw-client.ts';

/** How a client speaks to the server that is measured: who it is, that it joins the one room, and what it posts there. */
export type Language = {
  introduce(client: RawClient): Promise<void>;
  join(client: RawClient): Promise<void>;
  post(text: string): object | string;
};

export const room = 'crowd';

/** Parley's JSON; the `ws` loop and the limit understand as much of it as they need. */
export const parleyJson: Language = {
  introduce: (client) => client.ask({ type: 'auth', guest: 'client' }),
  join: (client) => client.ask({ type: 'join', room }),
  post: (text) => ({ type: 'post', id: 1, room, text }),
};

/** Socket.IO protocol 5 on Engine.IO 4: `0` open, `40` connect, `42n` an event that is acknowledged by `43n`. */
export const socketIo: Language = {
  async introduce(client) {
    await client.reached(1);
    await client.ask('40');
  },
  join: (client) => client.ask(`420${JSON.stringify(['join', room])}`),
  post: (text) => `421${JSON.stringify(['post', { room, text }])}`,
};
