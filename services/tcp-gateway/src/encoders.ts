import { pushOf } from '@parley/common/contracts/chat/entry-push';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { Encoder } from '@parley/common/fanout/outlet';
import { encodeFrame } from '@parley/common/wire/frames';
import { formatEntry, formatText } from '@parley/common/wire/text-answers';

/** What a client's bytes are. */
export type Format = 'lines' | 'frames';

/** How a room's entries look in each format; done once per entry, however many clients there are. */
export const entryEncoders: Record<Format, Encoder<LogEntry>> = {
  lines: ({ room }, entry) => Buffer.from(formatEntry(room, entry)),
  frames: ({ room }, entry) => encodeJsonFrame(pushOf(room, entry)),
};

/** Ephemeral news in a format; undefined when it has nothing to say in it. */
export function encodePush(format: string, message: ServerMessage): Buffer | undefined {
  if (format === 'frames') return encodeJsonFrame(message);
  const text = formatText(message);
  return text === '' ? undefined : Buffer.from(text);
}

export function encodeJsonFrame(message: object): Buffer {
  return encodeFrame(JSON.stringify(message));
}
