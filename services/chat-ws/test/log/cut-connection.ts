import { connect as connectTo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * What happens to a COMMIT on its way: lost before the server has it, or only the answer to it; `from the commit on`: that answer, and
 * everything after it.
 */
export type Cut = 'no' | 'before the commit' | 'after the commit' | 'from the commit on';

/** A way to a PostgreSQL server that breaks when the test says so. `url`: of the server, as a client gets it through here. */
export async function openCuttableWay(serverUrl: string): Promise<{ url: string; cut: Cut; commitsCut: number }> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  const way = { url: '', cut: 'no' as Cut, commitsCut: 0 };
  const server = createServer((client) => {
    const upstream = connectTo(Number(target.port), target.hostname);
    const both = [client, upstream];
    const destroy = () => {
      for (const socket of both) socket.destroy();
    };
    for (const socket of both) {
      sockets.add(socket);
      socket.on('error', destroy).on('close', () => {
        sockets.delete(socket);
        destroy();
      });
    }
    if (way.cut === 'from the commit on' && way.commitsCut > 0) destroy();
    client.on('data', (chunk) => {
      if (way.cut === 'no' || !chunk.toString('latin1').toUpperCase().includes('COMMIT\0'))
        return void upstream.write(chunk);
      way.commitsCut += 1;
      if (way.cut === 'before the commit') return destroy();
      // The server answers once it has committed: that answer is what gets lost.
      upstream.removeAllListeners('data').once('data', destroy);
      upstream.write(chunk);
      return undefined;
    });
    upstream.on('data', (chunk) => client.write(chunk));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the way has no port');
  way.url = Object.assign(new URL(serverUrl), { port: `${address.port}` }).href;
  return way;
}
