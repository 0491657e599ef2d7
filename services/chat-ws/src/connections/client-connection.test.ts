import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import type { Chat } from '../chat.ts';
import { Sessions } from '../sessions/sessions.ts';
import { Answers } from './answers.ts';
import { ClientConnection } from './client-connection.ts';
import type { ServerWebSocket } from './server-web-socket.ts';

/** As much of a WebSocket as a connection needs that nothing comes over. */
class QuietSocket extends EventEmitter {
  readonly OPEN = WebSocket.OPEN;
  readonly readyState = WebSocket.OPEN;
  readonly protocol = '';
  readonly extensions = '';
  isPaused = false;

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }
}

test('who is to be closed is not read from again when what came before has been worked off', () => {
  const ws = new QuietSocket();
  const chat = {
    settings: { pingMs: 1_000, authMs: 1_000 },
    sessions: new Sessions({ connectionsPerAddress: 1, connectionsPerUser: 1 }),
  } as unknown as Chat;
  const options = { chat, answers: new Answers(), address: '192.0.2.1' };
  const connection = new ClientConnection(ws as unknown as ServerWebSocket, options);
  connection.pause();
  expect(ws.isPaused).toBe(true);
  connection.resume();
  expect(ws.isPaused).toBe(false);
  connection.pause();
  connection.stopReading();
  connection.resume();
  expect(ws.isPaused).toBe(true);
});
