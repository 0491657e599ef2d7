import { messagesPage } from '@parley/common/contracts/room-messages';
import got from 'got';
import type { Seen } from './resuming-client.ts';

/** A room's whole log over chat-ws's REST. */
export async function readLog(chatPort: number, room: string): Promise<Seen[]> {
  const url = `http://127.0.0.1:${chatPort}/api/rooms/${room}/messages`;
  const log: Seen[] = [];
  for (;;) {
    const searchParams = { after: log.at(-1)?.seq ?? 0, limit: 100 };
    const { epoch, messages, more } = messagesPage.parse(await got(url, { searchParams }).json());
    log.push(...messages.map(({ seq, text = '' }) => ({ epoch, seq, text })));
    if (!more) return log;
  }
}
