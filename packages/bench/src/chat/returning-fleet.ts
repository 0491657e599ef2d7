import { serveParent } from '../serve-parent.ts';
import { ReturningClient } from './returning-client.ts';

/** `enter`: so many clients come. Answered, as is every later request, by how they are. */
export type ReturningFleet = { enter?: { url: string; count: number } };

export type FleetState = {
  joined: number;
  /** How often the client has joined that has joined least. */
  fewestJoins: number;
  lowestSeq: number;
  faults: number;
  retries: number;
};

const atOnce = 50;
const clients: ReturningClient[] = [];

serveParent(async ({ enter }: ReturningFleet): Promise<FleetState> => {
  for (let left = enter?.count ?? 0; left > 0; left -= atOnce) {
    const some = Array.from({ length: Math.min(atOnce, left) }, () => new ReturningClient(enter!.url));
    await Promise.all(some.map((client) => client.enter()));
    clients.push(...some);
  }
  return {
    joined: clients.filter(({ isJoined }) => isJoined).length,
    fewestJoins: Math.min(...clients.map(({ joins }) => joins)),
    lowestSeq: Math.min(...clients.map(({ positions }) => positions.seq)),
    faults: clients.reduce((sum, { positions }) => sum + positions.faults, 0),
    retries: clients.reduce((sum, { retries }) => sum + retries, 0),
  };
});
