import type { z } from 'zod';
import { ParleyError } from '../../runtime/errors.ts';
import { parseContract } from '../parse-contract.ts';
import { parseJson } from '../parse-json.ts';
import { auth } from './auth.ts';
import { deletion } from './delete.ts';
import { edit } from './edit.ts';
import { history } from './history.ts';
import { join } from './join.ts';
import { leave } from './leave.ts';
import { members } from './members.ts';
import { ping, pong } from './ping.ts';
import { plainPost } from './plain-post.ts';
import { post } from './post.ts';
import { refresh } from './refresh.ts';
import { seen } from './seen.ts';
import { typing } from './typing.ts';

const clientMessages = {
  auth,
  join,
  leave,
  post,
  edit,
  delete: deletion,
  history,
  members,
  typing,
  seen,
  ping,
  pong,
  refresh,
};

/** Everything a client may send in this version. Unknown fields are dropped. */
export type ClientMessage = z.infer<(typeof clientMessages)[keyof typeof clientMessages]>;

/**
 * One message of a client, from parsed JSON. Throws ParleyError UNKNOWN_TYPE for a type that this version does not
 * know, BAD_MESSAGE for anything else that is wrong. The failed message's id is had with `messageIdOf(value)`.
 */
export function parseClientMessage(value: unknown): ClientMessage {
  if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string') {
    throw new ParleyError('BAD_MESSAGE', 'A message is a JSON object with a "type".');
  }
  const plain = plainPost(value);
  if (plain !== undefined) return plain;
  const { type } = value;
  if (!isKnown(type)) {
    throw new ParleyError('UNKNOWN_TYPE', `There is no message type ${JSON.stringify(type.slice(0, 64))} here.`);
  }
  const schema: z.ZodType<ClientMessage> = clientMessages[type];
  return parseContract(schema, value, type);
}

/** One message of a client, from JSON text. Throws like `parseClientMessage`; BAD_MESSAGE when it is no JSON. */
export function parseClientJson(text: string): ClientMessage {
  return parseClientMessage(parseJson(text));
}

function isKnown(type: string): type is keyof typeof clientMessages {
  return Object.hasOwn(clientMessages, type);
}
