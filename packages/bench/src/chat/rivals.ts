import type { Closers } from '@parley/common/runtime/closers';
import { type StartedProcess, startProcess } from '../start-process.ts';
import { type Language, parleyJson, socketIo } from './languages.ts';
import { startChat } from './start-chat.ts';

/** A server that Parley is compared with, or Parley itself. */
export type Rival = { name: string; language: Language; start(closers: Closers): Promise<StartedProcess> };

const startPeer = (file: string) => (closers: Closers) =>
  startProcess(closers, { file: new URL(file, import.meta.url), label: 'WebSocket' });

export const rivals = {
  parley: { name: 'Parley', language: parleyJson, start: (closers) => startChat(closers) },
  socketIo: { name: 'Socket.IO', language: socketIo, start: startPeer('socketio-server.ts') },
  wsLoop: { name: 'ws loop', language: parleyJson, start: startPeer('ws-loop.ts') },
  limit: { name: 'limit', language: parleyJson, start: startPeer('net-limit.ts') },
} as const satisfies Record<string, Rival>;
