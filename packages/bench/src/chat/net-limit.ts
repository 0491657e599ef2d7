import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { encodeServerFrame, wsOpcodes } from '@parley/common/wire/ws-frame';
import { frameEnd, payloadStart } from '../client-frames.ts';
import { room } from './languages.ts';
import { epoch, sender } from './peer-texts.ts';

/**
 * The limit: what cannot be done better in Node. It looks at a post no further than to see that it is one; when ten have come, each
 * socket is written one buffer that was joined before there was any post. Nothing is kept.
 */
const burstSize = 10;
const text = (message: object) => encodeServerFrame(wsOpcodes.text, JSON.stringify(message));
const at = new Date().toISOString();
const numbers = Array.from({ length: burstSize }, (_, index) => 1_000_000 + index);
const messages = Buffer.concat(
  numbers.map((seq) => text({ type: 'message', room, seq, from: sender, text: 'x'.repeat(128), at })),
);
const answers = Buffer.concat(
  numbers.map((seq) => text({ type: 'posted', re: 1, room, epoch, seq, at, duplicate: false })),
);
const joined = new Set<Duplex>();

function serve(socket: Duplex): void {
  let rest: Buffer = Buffer.alloc(0);
  let posts = 0;

  function take(kind: string): void {
    if (kind === '{"type":"auth"') socket.write(text({ type: 'auth_success' }));
    if (kind === '{"type":"join"') {
      joined.add(socket);
      socket.write(text({ type: 'joined' }));
    }
    if (kind !== '{"type":"post"') return;
    posts += 1;
    if (posts < burstSize) return;
    posts = 0;
    for (const receiver of joined) receiver.write(messages);
    socket.write(answers);
  }

  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = frameEnd(bytes, 0); end !== undefined && end <= bytes.length; end = frameEnd(bytes, start)) {
      const payload = payloadStart(bytes, start)!;
      // The clients' mask is zero.
      take(bytes.toString('latin1', payload, payload + 14));
      start = end;
    }
    rest = bytes.subarray(start);
  });
  socket.on('error', () => {});
  socket.on('close', () => joined.delete(socket));
}

const server = createServer();
server.on('upgrade', ({ headers }, socket) => {
  const accept = createHash('sha1').update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept.digest('base64')}\r\n\r\n`,
  );
  serve(socket);
});
server.listen(0, '127.0.0.1', () => {
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
  process.send?.({ type: 'ready', addresses: [{ label: 'WebSocket', url }] });
});
process.on('disconnect', () => process.exit(0));
