import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { epoch, sender } from './peer-texts.ts';

/**
 * The peer: Socket.IO as it is best used for this: WebSockets only, nothing compressed, its own rooms and its broadcast, which makes a
 * packet's frame once for all. Nothing is kept.
 */
const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  serveClient: false,
  perMessageDeflate: false,
  httpCompression: false,
});
let seq = 0;

type Post = { room: string; text: string };

io.on('connection', (socket) => {
  socket.on('join', (room: string, joined: () => void) => {
    void socket.join(room);
    joined();
  });
  socket.on('post', ({ room, text }: Post, posted: (place: object) => void) => {
    seq += 1;
    const at = new Date().toISOString();
    io.to(room).emit('message', { room, seq, from: sender, text, at });
    posted({ room, epoch, seq, at, duplicate: false });
  });
});

http.listen(0, '127.0.0.1', () => {
  const { port } = http.address() as AddressInfo;
  const url = `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`;
  process.send?.({ type: 'ready', addresses: [{ label: 'WebSocket', url }] });
});
process.on('disconnect', () => process.exit(0));
