import { parseServerMessage, type ServerMessage } from '@parley/common/contracts/chat/server-message';
import { formatPosition, type Position, readPosition } from '@parley/common/contracts/position';
import { binaryTypes, decodeRoomMessage } from '@parley/common/wire/binary';
import type { ClientFormat } from '../src/formats/client-format.ts';
import type { TestClient, TestClientOptions } from './client.ts';

export const formats: readonly ClientFormat[] = ['json', 'text', 'binary'];

type Open = { client(options?: TestClientOptions): Promise<TestClient> };

/** A client of one of the formats, with what it is told as the messages that stand behind it, so far as the format tells them. */
export class FormatClient {
  readonly client: TestClient;
  readonly format: ClientFormat;

  constructor(client: TestClient, format: ClientFormat) {
    this.client = client;
    this.format = format;
  }

  static async open(chat: Open, format: ClientFormat): Promise<FormatClient> {
    const read = { json: undefined, text: readLine, binary: readBinary }[format];
    const protocol = `parley.${format}.v1`;
    return new FormatClient(await chat.client(read === undefined ? { protocol } : { protocol, read }), format);
  }

  /** A guest in a room. */
  static async in(chat: Open, format: ClientFormat, room: string): Promise<FormatClient> {
    const client = await FormatClient.open(chat, format);
    await client.login({ guest: format });
    await client.join(room);
    return client;
  }

  async login(by: { guest: string } | { token: string } | { ticket: string }): Promise<void> {
    const [[kind, what]] = Object.entries(by) as [[string, string]];
    const word = { guest: 'NAME', token: 'AUTH', ticket: 'RESUME' }[kind];
    this.#send({ type: 'auth', ...by }, `${word} ${what}`);
    await this.client.first('auth_success');
  }

  async join(room: string, after?: Position): Promise<Position> {
    const line = after === undefined ? `JOIN ${room}` : `JOIN ${room} ${formatPosition(after)}`;
    this.#send({ type: 'join', room, after }, line);
    const { epoch, head } = await this.client.waitFor(
      (message): message is Extract<ServerMessage, { type: 'joined' }> =>
        message.type === 'joined' && message.room === room,
    );
    return { epoch, seq: head };
  }

  post(room: string, text: string): void {
    if (this.format === 'binary') this.client.send(binaryJson({ type: 'post', room, text }));
    else this.#send({ type: 'post', room, text }, `POST ${room} ${text}`);
  }

  /** What was told of changed messages, in the order in which it came. */
  changes(room: string): { seq: number; of: number; text: string | null }[] {
    return this.client
      .all('changed')
      .flatMap((change) => (change.room === room ? [{ seq: change.seq, of: change.of, text: change.text }] : []));
  }

  /** What the room's messages say, in the order in which they came. */
  contents(room: string): { seq: number; text: string | undefined }[] {
    return this.client
      .all('message')
      .flatMap((message) => (message.room === room ? [{ seq: message.seq, text: message.text }] : []));
  }

  #send(message: object, line: string): void {
    this.client.send(this.format === 'text' ? line : message);
  }
}

export function binaryJson(message: object): Buffer {
  return Buffer.concat([Buffer.of(binaryTypes.json), Buffer.from(JSON.stringify(message))]);
}

export function readBinary(data: Buffer, isBinary: boolean): ServerMessage | undefined {
  if (!isBinary) throw new Error('a text message in the binary subprotocol');
  if (data[0] === binaryTypes.json) return parseServerMessage(JSON.parse(String(data.subarray(1))));
  const { room, seq, at, senderId, content } = decodeRoomMessage(data);
  const from = { id: senderId, name: '' };
  return { type: 'message', room, seq, from, text: String(content), at: new Date(at).toISOString() };
}

export function readLine(data: Buffer, isBinary: boolean): ServerMessage | undefined {
  const line = String(data);
  if (isBinary || line.includes('\n')) throw new Error(`no line: ${JSON.stringify(line)}`);
  const [word, room = '', third = '', fourth = ''] = line.split(' ');
  const position = readPosition(third);
  switch (word) {
    case 'AUTH_SUCCESS':
      return { type: 'auth_success', user: { id: '', name: room, guest: true }, ticket: '-', heartbeatMs: 0, limits };
    case 'JOINED':
      return { type: 'joined', room, epoch: position!.epoch, head: position!.seq, recovered: true, members: 1 };
    case 'POSTED':
      return { type: 'posted', room, epoch: position!.epoch, seq: position!.seq, at: '', duplicate: false };
    case 'MESSAGE': {
      const text = unescaped(line.split(' ').slice(4).join(' '));
      return { type: 'message', room, seq: Number(third), from: { id: '', name: fourth }, text, at: '' };
    }
    case 'CHANGED': {
      const text = line.split(' ').length > 4 ? unescaped(line.split(' ').slice(4).join(' ')) : null;
      return { type: 'changed', room, seq: Number(third), of: Number(fourth), text };
    }
    case 'GAP':
      return { type: 'gap', room, from: Number(third), to: Number(fourth) };
    case 'DRAIN':
      return { type: 'drain', reconnectAfterMs: Number(room), ticket: third };
    case 'RESET':
      return { type: 'reset', room, epoch: position!.epoch, head: position!.seq };
  }
  return undefined;
}

const limits = { messageBytes: 1, posts: 1, postsWindowMs: 1, rooms: 1 };

function unescaped(text: string): string {
  return text.replace(/\\(n|r|\\|x[0-9a-f]{2})/g, (_, code: string) =>
    code.startsWith('x')
      ? String.fromCharCode(Number.parseInt(code.slice(1), 16))
      : ({ n: '\n', r: '\r' }[code] ?? '\\'),
  );
}
