import { DatabaseSync } from 'node:sqlite';
import { feedPage, feedPath } from '@parley/common/contracts/event-feed';
import type { KeyRing } from '@parley/common/runtime/key-ring';
import { createServiceTokens } from '@parley/common/runtime/service-tokens';
import got from 'got';
import { waitFor } from './wait-for.ts';

export type SettlingOptions = {
  port(setting: string): number;
  keys: KeyRing;
  /** The worker's SQLite file. */
  workerFile: string;
};

const FEEDS = { 'users-api': 'USERS_API_PORT', 'chat-ws': 'CHAT_WS_PORT' } as const;

/** Figures that are 0 when nothing is under way, by the port where they are had. */
const QUIET_FIGURES = {
  CHAT_WS_PORT: ['parley_chat_pending_posts', 'parley_chat_lag_max'],
  GATEWAY_HTTP_PORT: ['parley_gateway_waiting_requests', 'parley_gateway_clients_behind'],
} as const;

/** See `Network.settle`. */
export function createSettling({ port, keys, workerFile }: SettlingOptions): (timeoutMs?: number) => Promise<void> {
  const tokens = createServiceTokens(keys, 'dev-env');

  async function loudFigures(setting: keyof typeof QUIET_FIGURES): Promise<string[]> {
    const figures = await got(`http://127.0.0.1:${port(setting)}/metrics`).text();
    return QUIET_FIGURES[setting].filter((name) => !new RegExp(`^${name}(\\{.*\\})? 0$`, 'm').test(figures));
  }

  async function endOf(feed: keyof typeof FEEDS): Promise<string> {
    const headers = { authorization: `Bearer ${await tokens.sign(feed)}` };
    const url = `http://127.0.0.1:${port(FEEDS[feed])}${feedPath}`;
    return feedPage.parse(await got(url, { headers, searchParams: { after: 'now' } }).json()).cursor;
  }

  async function underWay(): Promise<string[]> {
    const loud = [...(await loudFigures('CHAT_WS_PORT')), ...(await loudFigures('GATEWAY_HTTP_PORT'))];
    const ends = { 'users-api': await endOf('users-api'), 'chat-ws': await endOf('chat-ws') };
    return [...loud, ...workToDo(workerFile, ends)];
  }

  return async (timeoutMs = 10_000) => {
    let last: string[] = [];
    const quiet = async () => {
      last = await underWay();
      return last.length === 0;
    };
    try {
      await waitFor('the network to settle', quiet, { timeoutMs });
    } catch (cause) {
      throw new Error(`still under way after ${timeoutMs} ms: ${last.join(', ')}`, { cause });
    }
  };
}

/** Feeds that the worker has not read to their ends, and jobs that are due. */
function workToDo(workerFile: string, ends: Record<string, string>): string[] {
  const database = new DatabaseSync(workerFile, { readOnly: true });
  try {
    const places = new Map(
      database
        .prepare('SELECT source, place FROM feeds')
        .all()
        .map(({ source, place }) => [source, place]),
    );
    const unread = Object.entries(ends).filter(([source, end]) => places.get(source) !== end);
    const due = database
      .prepare(`SELECT event_id FROM jobs WHERE state = 'running' OR (state = 'pending' AND due_at <= ?)`)
      .all(Date.now());
    return [...unread.map(([source]) => `the feed of ${source}`), ...due.map(({ event_id }) => `job for ${event_id}`)];
  } finally {
    database.close();
  }
}
