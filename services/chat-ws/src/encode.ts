import { messageOf } from '@parley/common/contracts/chat/message';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { ChatLinkMessage } from '@parley/common/contracts/link';
import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { RoomLabel } from '@parley/common/fanout/outlet';
import { encodeServerFrame, wsOpcodes } from '@parley/common/wire/ws-frame';

export function encodeJson(message: ServerMessage): Buffer {
  return encodeServerFrame(wsOpcodes.text, JSON.stringify(message));
}

export function encodeLink(message: ChatLinkMessage): Buffer {
  return encodeServerFrame(wsOpcodes.text, JSON.stringify(message));
}

/** How an entry of a room's log goes to each kind of subscriber: a client, or a gateway's link. */
export const entryEncoders = {
  json: ({ room }: RoomLabel, entry: LogEntry) => encodeJson(messageOf(room, entry)),
  link: ({ room, epoch }: RoomLabel, entry: LogEntry) => encodeLink({ t: 'entries', room, epoch, entries: [entry] }),
};

/** How a push that is not in the log goes to each of them. */
export function encodePush(room: string, message: ServerMessage): (format: string) => Buffer | undefined {
  return (format) => {
    if (format === 'json') return encodeJson(message);
    return format === 'link' ? encodeLink({ t: 'push', room, m: message }) : undefined;
  };
}
