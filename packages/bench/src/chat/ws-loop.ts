import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { epoch, sender } from './peer-texts.ts';

/**
 * The peer: what one writes first with `ws`. Every post goes to everybody as soon as it comes; the message is made once, and nothing is
 * kept. It speaks as much of Parley's protocol as the benchmark needs.
 */
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/ws', perMessageDeflate: false });
const joined = new Set<WebSocket>();
let seq = 0;

server.on('connection', (ws) => {
  ws.on('message', (data) => {
    const message = JSON.parse(String(data));
    if (message.type === 'auth') ws.send('{"type":"auth_success"}');
    if (message.type === 'join') {
      joined.add(ws);
      ws.send('{"type":"joined"}');
    }
    if (message.type === 'post') {
      seq += 1;
      const { id: re, room, text } = message;
      const at = new Date().toISOString();
      const bytes = Buffer.from(JSON.stringify({ type: 'message', room, seq, from: sender, text, at }));
      for (const client of joined) if (client.readyState === WebSocket.OPEN) client.send(bytes, { binary: false });
      ws.send(JSON.stringify({ type: 'posted', re, room, epoch, seq, at, duplicate: false }));
    }
  });
  ws.on('close', () => joined.delete(ws));
});

server.on('listening', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ type: 'ready', addresses: [{ label: 'WebSocket', url: `ws://127.0.0.1:${port}/ws` }] });
});
process.on('disconnect', () => process.exit(0));
