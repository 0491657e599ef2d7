import { binaryTypes, bytesOfData, decodeRoomMessage, encodeJsonMessage, encodePost } from '@parley/common/wire/binary';
import type { Request, Told, Transport } from '../told.ts';
import { openWebSocket } from './open-web-socket.ts';
import { toldOfJson } from './told-of-message.ts';

export const webSocketBinary: Transport = {
  name: 'binary',
  isRich: true,
  open: (ports, events) =>
    openWebSocket(ports, { subprotocol: 'parley.binary.v1', encode, decode: (message) => [decode(message)] }, events),
};

function encode(request: Request): Buffer {
  const content = request.type === 'post' ? bytesOfData(request.data) : undefined;
  if (request.type !== 'post' || content === undefined) return encodeJsonMessage(request);
  const { id, room, key } = request;
  return encodePost({ id, room, content, ...(key !== undefined && { key }) });
}

function decode(message: Buffer): Told | undefined {
  if (message[0] !== binaryTypes.message) return toldOfJson(message.toString('utf8', 1));
  const { room, seq, senderId, content } = decodeRoomMessage(message);
  return { is: 'entry', room, seq, of: undefined, from: senderId, shown: { bytes: content.toString('base64') } };
}
