import { parseJson } from '@parley/common/contracts/parse-json';
import { ParleyError, toParleyError } from '@parley/common/runtime/errors';
import type { Chat } from '../chat.ts';
import { encodeJson } from '../encode.ts';
import { receive } from '../sessions/dispatch.ts';
import type { Received } from '../sessions/session.ts';
import type { Dialogue } from './dialogue.ts';

/** `parley.json.v1`, and what is spoken without a subprotocol: one chat message per text message. */
export const jsonDialogue: Dialogue = {
  format: 'json',
  isFull: false,
  hear(data, isBinary, { chat, session }) {
    receive(chat, session, read(chat, data, isBinary));
  },
  login(token, { chat, session }) {
    receive(chat, session, { value: { type: 'auth', token }, bytes: token.length });
  },
  tell(message, client) {
    client.answer(encodeJson(message));
  },
};

function read({ settings }: Chat, data: Buffer, isBinary: boolean): Received {
  try {
    if (isBinary) throw new ParleyError('BAD_MESSAGE', 'This subprotocol has text messages only.');
    if (data.length > settings.messageBytes) throw new ParleyError('TOO_LARGE', 'The message is too large.');
    return { value: parseJson(data.toString()), bytes: data.length };
  } catch (thrown) {
    return { failure: toParleyError(thrown), bytes: 0 };
  }
}
