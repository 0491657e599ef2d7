import { parentPort, workerData } from 'node:worker_threads';
import { openSqlite } from '@parley/common/runtime/sqlite-thread';
import type { FlatBatch, FlatResults } from './append-wire.ts';
import { prepareAppend } from './sqlite-append.ts';

/** The thread of the log's writer: node:sqlite is synchronous, and a slow disk must hold nobody up but those who post. */
export type AppendThreadData = {
  file: string;
  keyMaxAgeMs: number;
  /** For tests only: how long each commit takes longer than it does. */
  commitDelayMs: number;
};

export type AppendRequest = FlatBatch | 'probe' | 'close';

/** Answers come in the order of the requests. */
export type AppendReply = { results: FlatResults } | { error: { message: string; errcode: number | undefined } };

const port = parentPort;
if (!port) throw new Error('this file is the start of a worker thread');
const { file, keyMaxAgeMs, commitDelayMs } = workerData as AppendThreadData;

const held = new Int32Array(new SharedArrayBuffer(4));
const database = openSqlite(file);
const log = prepareAppend(database, {
  keyMaxAgeMs,
  beforeCommit() {
    if (commitDelayMs > 0) Atomics.wait(held, 0, 0, commitDelayMs);
  },
});

port.on('message', (request: AppendRequest) => {
  if (request === 'close') {
    database.close();
    port.close();
    return;
  }
  port.postMessage(reply(request));
});

function reply(request: FlatBatch | 'probe'): AppendReply {
  try {
    if (request !== 'probe') return { results: log.append(request) };
    log.probe();
    return { results: [] };
  } catch (thrown) {
    const { message, errcode } = thrown as Error & { errcode?: number };
    return { error: { message, errcode } };
  }
}
