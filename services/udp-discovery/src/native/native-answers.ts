import type { Announce, DiscoveryMessage, Renew, Withdraw } from '@parley/common/contracts/discovery';
import { ParleyError, toParleyError } from '@parley/common/runtime/errors';
import type { KeyRing } from '@parley/common/runtime/key-ring';
import {
  decodeDatagram,
  encodeDatagram,
  isAnswer,
  maxAmplification,
  maxDatagramBytes,
  type Origin,
  type ReceivedDatagram as Request,
  type Signing,
} from '@parley/common/wire/discovery-datagram';
import type { UdpPeer } from '@parley/net/datagram-queue';
import type { AnswerDatagram } from '../serve-datagrams.ts';
import { announce } from './announce.ts';
import { AnswerCache } from './answer-cache.ts';
import { locate } from './locate.ts';
import type { NativeContext } from './native-context.ts';
import { renew } from './renew.ts';
import { withdraw } from './withdraw.ts';

export type NativeOptions = {
  context: NativeContext;
  keys: KeyRing;
  /** Answers kept for repetitions. */
  maxAnswers: number;
  /** Called once for each datagram; `type` is one of a closed set. */
  onRequest: (type: string, outcome: string) => void;
};

type Change = Announce | Renew | Withdraw;

/**
 * The native protocol, without its socket: datagram in, datagram out. What is no datagram of ours gets silence; the answer
 * to a request has its id and, when the request was signed, a signature by the same key that covers the request's
 * epoch and sequence.
 */
export function createNativeAnswers({ context, keys, maxAnswers, onRequest }: NativeOptions): AnswerDatagram {
  const cache = new AnswerCache(maxAnswers);

  function read(bytes: Uint8Array): Request | undefined {
    try {
      const request = decodeDatagram(bytes, keys.verifying('discovery'));
      // An answer to an answer could go on for ever.
      return isAnswer(request.message) ? undefined : request;
    } catch {
      return undefined;
    }
  }

  return ({ bytes, from }) => {
    const request = read(bytes);
    if (!request) {
      onRequest('unreadable', 'dropped');
      return undefined;
    }
    const { message, origin } = request;
    const repeated = origin && cache.find(bytes, from, context.now());
    if (repeated) {
      onRequest(message.type, 'repeated');
      return repeated;
    }
    const signing = origin && signingLike(origin, keys);
    const reply = replyTo(request, { bytes, from, signing, context });
    onRequest(message.type, reply.type === 'error' ? reply.code : reply.type);
    const answer = encodeReply(request, reply, { signing, maxBytes: maxAmplification * bytes.length });
    if (answer && origin && isChange(message)) cache.keep(bytes, from, { answer, now: context.now() });
    return answer;
  };
}

type Exchange = { bytes: Uint8Array; from: UdpPeer; signing: Signing | undefined; context: NativeContext };

function replyTo(request: Request, { bytes, from, signing, context }: Exchange): DiscoveryMessage {
  try {
    const { message, origin, badSignature } = request;
    if (badSignature) throw new ParleyError('UNAUTHENTICATED', 'wrong signature or unknown key');
    if (isChange(message)) {
      if (!origin) throw new ParleyError('UNAUTHENTICATED', 'this must be signed');
      return change(message, origin, context);
    }
    if (message.type !== 'locate') throw new ParleyError('UNKNOWN_TYPE', `${message.type} is not offered`);
    return locate({ message, address: from.address, space: spaceFor(request, bytes, signing) }, context);
  } catch (err) {
    const { code, publicMessage, cause } = toParleyError(err);
    if (code === 'INTERNAL') context.log.error({ err: cause, peer: from }, 'a request failed');
    return { type: 'error', code, message: publicMessage };
  }
}

function isChange(message: DiscoveryMessage): message is Change {
  return message.type === 'announce' || message.type === 'renew' || message.type === 'withdraw';
}

function change(message: Change, origin: Origin, context: NativeContext): DiscoveryMessage {
  switch (message.type) {
    case 'announce':
      return announce({ message, origin }, context);
    case 'renew':
      return renew({ message, origin }, context);
    case 'withdraw':
      return withdraw({ message, origin }, context);
  }
}

/** The answer is signed as the request was: its epoch and sequence bind the answer to it. */
function signingLike(origin: Origin, keys: KeyRing): Signing | undefined {
  const found = keys.verifying('discovery').find(({ id }) => id === origin.keyId);
  return found && { ...origin, key: found.key };
}

function spaceFor({ requestId }: Request, bytes: Uint8Array, signing: Signing | undefined) {
  const message: DiscoveryMessage = { type: 'found', instances: [], total: 0, index: 0 };
  const empty = encodeDatagram({ requestId, confirmable: false, message }, signing).length;
  const unproved = Math.min(maxDatagramBytes, maxAmplification * bytes.length);
  return { provedBytes: maxDatagramBytes - empty, unprovedBytes: unproved - empty };
}

/** Error texts are shortened to what an address that has proved nothing may be sent. */
function encodeReply(
  { requestId }: Request,
  message: DiscoveryMessage,
  { signing, maxBytes }: { signing: Signing | undefined; maxBytes: number },
): Buffer | undefined {
  const answer = encodeDatagram({ requestId, confirmable: false, message }, signing);
  if (message.type !== 'error' || answer.length <= maxBytes) return answer;
  const shortened = message.message.slice(0, Math.max(0, message.message.length - (answer.length - maxBytes)));
  if (!shortened) return undefined;
  return encodeDatagram({ requestId, confirmable: false, message: { ...message, message: shortened } }, signing);
}
