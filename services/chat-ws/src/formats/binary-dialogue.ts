import { ParleyError, toParleyError } from '@parley/common/runtime/errors';
import { binaryTypes, decodeClientPayload, payloadId } from '@parley/common/wire/binary';
import type { Chat } from '../chat.ts';
import { encodeBinary } from '../encode.ts';
import { receive } from '../sessions/dispatch.ts';
import type { Received } from '../sessions/session.ts';
import type { Dialogue } from './dialogue.ts';
import { jsonDialogue } from './json-dialogue.ts';

/** `parley.binary.v1`: binary messages in and out; JSON in text messages is understood as well. */
export const binaryDialogue: Dialogue = {
  format: 'binary',
  isFull: false,
  hear(data, isBinary, client) {
    if (!isBinary) return jsonDialogue.hear(data, isBinary, client);
    receive(client.chat, client.session, read(client.chat, data));
  },
  login: jsonDialogue.login,
  tell(message, client) {
    client.answer(encodeBinary(message));
  },
};

function read({ settings }: Chat, data: Buffer): Received {
  if (data.length > settings.messageBytes) {
    // An id at a fixed place is worth telling; the rest is not worth reading.
    const id = data[0] === binaryTypes.post ? payloadId(data) : undefined;
    return { failure: new ParleyError('TOO_LARGE', 'The message is too large.'), id, bytes: 0 };
  }
  try {
    return { message: decodeClientPayload(data), bytes: data.length };
  } catch (thrown) {
    return { failure: toParleyError(thrown), id: payloadId(data), bytes: 0 };
  }
}
