import { pushOf } from '@parley/common/contracts/chat/entry-push';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { ChatLinkMessage } from '@parley/common/contracts/link';
import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { RoomLabel } from '@parley/common/fanout/outlet';
import { encodeJsonMessage, encodeRoomEntry } from '@parley/common/wire/binary';
import { formatEntry, formatText } from '@parley/common/wire/text-answers';
import { encodeServerFrame, wsOpcodes } from '@parley/common/wire/ws-frame';

export function encodeJson(message: ServerMessage): Buffer {
  return encodeServerFrame(wsOpcodes.text, JSON.stringify(message));
}

export function encodeLink(message: ChatLinkMessage): Buffer {
  return encodeServerFrame(wsOpcodes.text, JSON.stringify(message));
}

/** Lines, each with its `\n`, as text messages: one line a message, without its end. */
export function encodeLines(lines: string): Buffer {
  const frames = lines
    .slice(0, -1)
    .split('\n')
    .map((line) => encodeServerFrame(wsOpcodes.text, line));
  return frames.length === 1 ? frames[0]! : Buffer.concat(frames);
}

/** What is not a room's message is JSON in a binary message as well. */
export function encodeBinary(message: ServerMessage): Buffer {
  return encodeServerFrame(wsOpcodes.binary, encodeJsonMessage(message));
}

/** A message that is nobody's answer, in a client's format; undefined: that has nothing to say of it. */
export function encodeMessage(format: string, message: ServerMessage): Buffer | undefined {
  if (format === 'json') return encodeJson(message);
  if (format === 'binary') return encodeBinary(message);
  const lines = formatText(message);
  return lines === '' ? undefined : encodeLines(lines);
}

/** How an entry of a room's log goes to each kind of subscriber: a client by its format, or a gateway's link. */
export const entryEncoders = {
  json: ({ room }: RoomLabel, entry: LogEntry) => encodeJson(pushOf(room, entry)),
  link: ({ room, epoch }: RoomLabel, entry: LogEntry) => encodeLink({ t: 'entries', room, epoch, entries: [entry] }),
  text: ({ room }: RoomLabel, entry: LogEntry) => encodeLines(formatEntry(room, entry)),
  binary: ({ room }: RoomLabel, entry: LogEntry) => encodeServerFrame(wsOpcodes.binary, encodeRoomEntry(room, entry)),
};

/** How a push that is not in the log goes to each of them. */
export function encodePush(room: string, message: ServerMessage): (format: string) => Buffer | undefined {
  return (format) => {
    if (format === 'link') return encodeLink({ t: 'push', room, m: message });
    return encodeMessage(format, message);
  };
}

/** Several of them together: the same frames, one behind the other. */
export function encodePushes(room: string, messages: readonly ServerMessage[]): (format: string) => Buffer | undefined {
  const pushes = messages.map((message) => encodePush(room, message));
  return (format) => {
    const frames = pushes.flatMap((encode) => encode(format) ?? []);
    return frames.length > 1 ? Buffer.concat(frames) : frames[0];
  };
}
