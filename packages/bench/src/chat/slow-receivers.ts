import type { Closers } from '@parley/common/runtime/closers';
import { openClients } from '../clients.ts';
import type { RawClient } from '../raw-client.ts';
import { parleyJson, room } from './languages.ts';
import { Positions } from './positions.ts';

/** A room that only the slow ones have joined. */
export const ballastRoom = 'ballast';

/** Receivers that can be made slow, and that look at each message they get. */
export type SlowReceivers = {
  clients: RawClient[];
  /** From now on each takes so many bytes a second; without a number all there is. */
  read(bytesPerSecond?: number): void;
  /** The least that one of them has of a room; and how often one was not given a message in its order. */
  lowest(room: string): number;
  faults(): number;
};

type Pushed = { type: string; room: string; seq: number; epoch: string; head: number; recovered: boolean };

export async function enterSlowReceivers(closers: Closers, url: string, count: number): Promise<SlowReceivers> {
  const positions: Map<string, Positions>[] = [];
  const clients = await openClients(closers, {
    url,
    count,
    async enter(client, index) {
      const rooms = new Map([room, ballastRoom].map((name) => [name, new Positions()]));
      positions[index] = rooms;
      client.onText = (payload) => take(rooms, payload);
      await parleyJson.introduce(client);
      await parleyJson.join(client);
      await client.ask({ type: 'join', room: ballastRoom });
    },
  });
  const all = () => positions.flatMap((rooms) => [...rooms.values()]);
  return {
    clients,
    read(bytesPerSecond) {
      for (const client of clients) client.readSlowly(bytesPerSecond);
    },
    lowest: (name) => Math.min(...positions.map((rooms) => rooms.get(name)?.seq ?? 0)),
    faults: () => all().reduce((sum, { faults }) => sum + faults, 0),
  };
}

function take(rooms: ReadonlyMap<string, Positions>, payload: Buffer): void {
  const pushed: Pushed = JSON.parse(String(payload));
  const positions = rooms.get(pushed.room);
  if (pushed.type === 'message') positions?.message(pushed.seq);
  else if (pushed.type === 'joined') positions?.joined(pushed.epoch, pushed.head, pushed.recovered);
  else if (pushed.type === 'gap' || pushed.type === 'reset') positions?.lost();
}
