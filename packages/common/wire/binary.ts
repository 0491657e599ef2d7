import { isUtf8 } from 'node:buffer';
import { type ClientMessage, parseClientJson, parseClientMessage } from '../contracts/chat/client-message.ts';
import { pushOf } from '../contracts/chat/entry-push.ts';
import { type MessageId, messageIdOf } from '../contracts/chat/message-id.ts';
import type { Post } from '../contracts/chat/post.ts';
import type { LogEntry } from '../contracts/log-entry.ts';
import { ParleyError } from '../runtime/errors.ts';
import { ByteReader } from './byte-reader.ts';

/** The first byte of a binary message. JSON text begins with none of them. */
export const binaryTypes = { json: 0x01, post: 0x10, message: 0x11 } as const;

/** A post as `0x10` carries it; `key` of length 0 is none. */
export type BinaryPost = { id: number; key?: string; room: string; content: Uint8Array };

/** A room's message as `0x11` carries it. `at`: ms since 1970. Text is its UTF-8, `{"base64": …}` its bytes. */
export type BinaryRoomMessage = { room: string; seq: number; at: number; senderId: string; content: Buffer };

/** Bytes as they stand in `data`, for readers of JSON. */
export type BinaryData = { base64: string };

/**
 * What a client sent, in a WebSocket binary message or a TCP frame: `0x01`, `0x10`, or bare JSON text.
 * Throws ParleyError BAD_MESSAGE or UNKNOWN_TYPE.
 */
export function decodeClientPayload(payload: Uint8Array): ClientMessage {
  const [first] = payload;
  if (first === binaryTypes.json) return parseClientJson(utf8(payload.subarray(1)));
  if (first === binaryTypes.post) return parseClientMessage(postOf(decodePost(payload)));
  if (isJsonStart(first)) return parseClientJson(utf8(payload));
  throw new ParleyError(
    'UNKNOWN_TYPE',
    `There is no binary message type 0x${(first ?? 0).toString(16).padStart(2, '0')} here.`,
  );
}

/** `0x10`: u32 id, u8 k, key, u8 n, room, content. Throws ParleyError BAD_MESSAGE. */
export function decodePost(payload: Uint8Array): BinaryPost {
  const reader = startAt(payload, binaryTypes.post);
  const id = reader.u32();
  const key = reader.text(reader.u8());
  const room = reader.text(reader.u8());
  const content = reader.rest();
  return { id, ...(key === '' ? {} : { key }), room, content };
}

/** Throws ParleyError BAD_MESSAGE when key or room have more than 255 bytes. */
export function encodePost({ id, key = '', room, content }: BinaryPost): Buffer {
  const head = Buffer.alloc(5);
  head[0] = binaryTypes.post;
  head.writeUInt32BE(id, 1);
  return Buffer.concat([head, shortText(key), shortText(room), content]);
}

/** `0x11`: u8 n, room, u64 seq, u64 at, u8 m, sender id, content. Throws ParleyError BAD_MESSAGE. */
export function decodeRoomMessage(payload: Uint8Array): BinaryRoomMessage {
  const reader = startAt(payload, binaryTypes.message);
  const room = reader.text(reader.u8());
  const seq = reader.safeU64();
  const at = reader.safeU64();
  const senderId = reader.text(reader.u8());
  return { room, seq, at, senderId, content: reader.rest() };
}

/** A room's entry for a binary reader: `0x11` for text and bytes, `0x01` for what that cannot carry: other `data`, changes, deleted messages. */
export function encodeRoomEntry(room: string, entry: LogEntry): Buffer {
  const content = contentOf(entry);
  if (content === undefined) return encodeJsonMessage(pushOf(room, entry));
  const numbers = Buffer.alloc(16);
  numbers.writeBigUInt64BE(BigInt(entry.seq), 0);
  numbers.writeBigUInt64BE(BigInt(entry.at), 8);
  const type = Buffer.of(binaryTypes.message);
  return Buffer.concat([type, shortText(room), numbers, shortText(entry.from.id), content]);
}

/** `0x01`: any chat message as JSON. */
export function encodeJsonMessage(message: object): Buffer {
  return Buffer.concat([Buffer.of(binaryTypes.json), Buffer.from(JSON.stringify(message))]);
}

/** The id of a message that is no good otherwise, where one can be found. */
export function payloadId(payload: Buffer): MessageId | undefined {
  const [type] = payload;
  if (type === binaryTypes.post) return payload.length < 5 ? undefined : payload.readUInt32BE(1);
  try {
    return messageIdOf(JSON.parse(payload.toString('utf8', type === binaryTypes.json ? 1 : 0)));
  } catch {
    return undefined;
  }
}

/** The post that a binary post stands for: its bytes as base64 in `data`. */
function postOf({ id, key, room, content }: BinaryPost): Post {
  const base64 = Buffer.from(content.buffer, content.byteOffset, content.length).toString('base64');
  return { type: 'post', id, room, data: { base64 } satisfies BinaryData, ...(key === undefined ? {} : { key }) };
}

/** The bytes in `{"base64": …}`; undefined when `data` is anything else, or the base64 is not exactly as we write it. */
export function bytesOfData(data: unknown): Buffer | undefined {
  if (typeof data !== 'object' || data === null || !('base64' in data) || typeof data.base64 !== 'string')
    return undefined;
  if (Object.keys(data).length !== 1) return undefined;
  const bytes = Buffer.from(data.base64, 'base64');
  return bytes.toString('base64') === data.base64 ? bytes : undefined;
}

function contentOf({ text, data, of }: LogEntry): Buffer | undefined {
  if (of !== undefined) return undefined;
  return text === undefined ? bytesOfData(data) : Buffer.from(text);
}

function startAt(payload: Uint8Array, type: number): ByteReader {
  const reader = new ByteReader(payload);
  if (reader.u8() !== type) throw new ParleyError('BAD_MESSAGE', 'The message is of another binary type.');
  return reader;
}

function shortText(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > 255) throw new ParleyError('BAD_MESSAGE', 'A text in a binary message has at most 255 bytes.');
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

function utf8(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new ParleyError('BAD_MESSAGE', 'The message is not UTF-8.');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

/** JSON text begins with white space or a value; anything that is no control byte is left to the JSON parser. */
function isJsonStart(first: number | undefined): boolean {
  return first === undefined || first >= 0x20 || first === 0x09 || first === 0x0a || first === 0x0d;
}
