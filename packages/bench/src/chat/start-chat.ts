import type { Closers } from '@parley/common/runtime/closers';
import { openFolder } from '../open-folder.ts';
import { type StartedProcess, startProcess } from '../start-process.ts';

export type StartChat = {
  /** Start file; otherwise the service's own. */
  file?: URL;
  /** Where its data is; otherwise in a folder of its own. */
  dataDir?: string;
  env?: Record<string, string>;
};

const main = new URL('../../../../services/chat-ws/src/main.ts', import.meta.url);

/** chat-ws as it is, on SQLite, with its limits out of the way. */
export async function startChat(
  closers: Closers,
  { file = main, dataDir, env }: StartChat = {},
): Promise<StartedProcess> {
  return startProcess(closers, {
    file,
    label: 'WebSocket',
    env: {
      PARLEY_DATA_DIR: dataDir ?? (await openFolder(closers)),
      PARLEY_LOG_LEVEL: 'error',
      PARLEY_DRAIN_MS: '3000',
      // Nobody listens there.
      DISCOVERY_URL: 'udp://127.0.0.1:9',
      CHAT_WS_PORT: '0',
      CHAT_WS_POSTS: '1000000000',
      CHAT_WS_POSTS_PER_USER: '1000000000',
      CHAT_WS_POSTS_PER_ADDRESS: '1000000000',
      CHAT_WS_COMMANDS: '1000000000',
      CHAT_WS_MAX_LOOP_LAG_MS: '3600000',
      CHAT_WS_CONNECTIONS_PER_ADDRESS: '1000000',
      // What comes besides messages would be counted with them.
      CHAT_WS_TICKET_EVERY_MS: '3600000',
      // The bare loop, too, has nothing to throw away.
      CHAT_WS_KEEP_ENTRIES: '1000000000',
      CHAT_WS_DRAIN_PER_SECOND: '1000000',
      CHAT_WS_DRAIN_GRACE_MS: '0',
      ...env,
    },
  });
}
