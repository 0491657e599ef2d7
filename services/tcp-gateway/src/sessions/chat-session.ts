import type { AuthFailed, AuthSuccess, ConnectionLimits } from '@parley/common/contracts/chat/auth';
import type { ChatUser } from '@parley/common/contracts/chat/chat-user';
import type { ClientMessage } from '@parley/common/contracts/chat/client-message';
import type { ErrorMessage } from '@parley/common/contracts/chat/error';
import type { Join, Joined } from '@parley/common/contracts/chat/join';
import type { MessageId } from '@parley/common/contracts/chat/message-id';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { type Answer, errorAnswer, isWriting, type Question } from '@parley/common/dialogue/question';
import type { Outlet } from '@parley/common/fanout/outlet';
import { ERRORS, toParleyError } from '@parley/common/runtime/errors';
import { backoffMs } from '@parley/net/backoff';
import type { Attaching } from '../links/attach-queue.ts';
import type { Link, LinkedSession } from '../links/link.ts';
import { farewellOf, isForAnotherLink, isOneTooMany } from './close-reasons.ts';
import { OwnQuestions } from './own-questions.ts';
import { ResendPace } from './resend-pace.ts';
import { Seats } from './seats.ts';
import type { SessionClient, SessionContext } from './session-context.ts';
import { type Request, Unanswered } from './unanswered.ts';

const unavailable = errorAnswer(
  'UNAVAILABLE',
  'There was no answer in time: what you asked for may or may not have been done.',
);
/**
 * A session that resumes may be one too many for chat-ws as long as that has not noticed that its last link is gone; a
 * heartbeat finds that out. After so long it is believed.
 */
const countedTwiceMs = 60_000;

const overloaded = errorAnswer('UNAVAILABLE', 'Too much is waiting already; try again later.');

/**
 * One client's session with chat-ws. It outlives the link that carries it.
 *
 * - `new`: nothing has been asked; chat-ws knows nothing of it.
 * - `waiting`: wants a link. What is asked waits a while.
 * - `resuming`: on a link, where it shows its ticket.
 * - `attached`: what is asked is sent at once.
 * - `closed`.
 *
 * new → waiting with the first question. waiting → attached when it gets a link and has no ticket yet, else → resuming →
 * attached, where it joins its rooms again behind its cursors and repeats what was not answered, in order; posts and
 * changes always carry a key, so that repeating one cannot double it. resuming, attached → waiting when the link is lost. Any → closed.
 */
export class ChatSession implements LinkedSession, Attaching<Link> {
  /** Who the client is, once it has logged in. */
  user: ChatUser | undefined = undefined;
  /** Lets the client in on another connection; undefined before it has logged in. */
  ticket: string | undefined = undefined;
  readonly address: string;
  readonly seats: Seats;
  readonly #client: SessionClient;
  readonly #context: SessionContext;
  readonly #unanswered = new Unanswered();
  readonly #own = new OwnQuestions();
  #state: 'new' | 'waiting' | 'resuming' | 'attached' | 'closed' = 'new';
  #place: { readonly link: Link; readonly s: number } | undefined;
  /** What this session has added to the shared count of waiting commands. */
  #counted = 0;
  #limits: ConnectionLimits | undefined;
  #pace: ResendPace | undefined;
  #isFlushDue = false;
  /** Logins with the ticket that could not be decided, in a row. */
  #failures = 0;
  /** Since when it has been refused as one too many. */
  #tooManySince: number | undefined;

  constructor(client: SessionClient, context: SessionContext) {
    this.#client = client;
    this.#context = context;
    this.address = client.address;
    this.seats = new Seats(client);
  }

  get outlet(): Outlet {
    return this.#client;
  }

  /** Its link cannot carry more for the moment. */
  get isCongested(): boolean {
    return this.#place?.link.isCongested ?? false;
  }

  /** Calls `clear` once when that is over. */
  onceClear(clear: () => void): void {
    this.#place?.link.onceClear(clear);
  }

  /**
   * Asks chat-ws; `answered` is called once, with its answer or an `error` of ours, unless the session is closed before.
   * Questions are sent in order; answers come in any.
   */
  ask(question: Question, answered: (answer: Answer) => void): void {
    if (this.#state === 'closed') return;
    const isAttached = this.#state === 'attached';
    // Later, it would not be true any more.
    if (question.type === 'typing' && !isAttached) {
      answered({ type: 'done' });
      return;
    }
    if (!isAttached && this.#context.waiting.count >= this.#context.maxWaiting) {
      answered(overloaded);
      return;
    }
    const hasOwnKey = isWriting(question) && question.key === undefined;
    const asked = hasOwnKey ? { ...question, key: this.#context.createKey() } : question;
    const deadline = performance.now() + (isAttached ? this.#context.answerMs : this.#context.waitMs);
    this.#unanswered.add({ question: asked, hasOwnKey, answered, deadline });
    if (isAttached) this.#flush();
    else this.#countWaiting();
    if (this.#state === 'new') this.#want();
  }

  /** The client has been told `joined`: gives it the room from where it wished on. */
  enter(joined: Joined, after: Join['after']): void {
    if (this.#state !== 'closed') this.seats.enter(joined, after);
  }

  /** To be called often: gives up what has waited too long. */
  sweep(now: number): void {
    if (this.#unanswered.size === 0 && this.#own.size === 0) return;
    for (const { n, answered } of this.#unanswered.takeExpired(now)) {
      this.#pace?.done(n, now);
      answered(unavailable);
    }
    this.#own.expire(now, unavailable);
    this.#countWaiting();
  }

  /** The client is gone; `isLost`: without a goodbye. */
  close(isLost = false): void {
    if (this.#state === 'closed') return;
    this.seats.close();
    this.#place?.link.end(this.#place.s, isLost);
    this.#leavePlace('closed');
    this.#unanswered.takeAll();
    this.#countWaiting();
    this.#context.links.done(this);
  }

  attach(link: Link): void {
    this.#place = { link, s: link.open(this) };
    if (this.ticket === undefined) {
      this.#goOn(link);
      return;
    }
    this.#state = 'resuming';
    this.#askOwn({ type: 'auth', ticket: this.ticket }, (answer) => this.#onResumed(answer, link));
  }

  out(message: ServerMessage): void {
    if ('re' in message && typeof message.re === 'number') this.#onAnswer(message.re, message);
    else this.#onPush(message);
  }

  done(re: MessageId): void {
    if (typeof re === 'number') this.#onAnswer(re, { type: 'done' });
  }

  closed(code: number, _reason: string): void {
    if (this.#state === 'closed') return;
    if (isForAnotherLink(code)) {
      this.lost();
    } else if (this.#state === 'resuming' && isOneTooMany(code) && this.#mayBeCountedTwice()) {
      this.#tryLater();
    } else {
      const farewell = { type: 'error', ...farewellOf(code) } as const;
      this.#dismiss(farewell, farewell);
    }
  }

  lost(): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'attached') this.#unanswered.setDeadline(performance.now() + this.#context.waitMs);
    this.seats.detach();
    this.#leavePlace('new');
    this.#unanswered.lost();
    this.#countWaiting();
    if (this.ticket !== undefined || this.#unanswered.size > 0) this.#want();
    else this.#context.links.done(this);
  }

  /**
   * What was asked is answered with the reason; if nothing was, the client is told it at the end. Dismissed first, or it
   * would ask on with the first answer.
   */
  #dismiss(reason: ErrorMessage, farewell: AuthFailed | ErrorMessage): void {
    const requests = this.#unanswered.takeAll();
    this.#client.dismiss(requests.length === 0 ? farewell : undefined);
    for (const { answered } of requests) answered(reason);
  }

  #want(): void {
    this.#state = 'waiting';
    this.#context.links.want(this);
  }

  #leavePlace(state: 'new' | 'closed'): void {
    this.#state = state;
    this.#place = undefined;
    this.#own.clear();
    this.#pace = undefined;
    this.#isFlushDue = false;
  }

  /** The ticket has been looked at. */
  #onResumed(answer: Answer, link: Link): void {
    if (answer.type === 'auth_success') {
      this.#onLogin(answer);
      this.#failures = 0;
      this.#tooManySince = undefined;
      this.#context.onResumed(this.#unanswered.size);
      this.#goOn(link);
    } else if (answer.type === 'auth_failed' && !(answer.code === 'LIMIT_REACHED' && this.#mayBeCountedTwice())) {
      this.#dismiss(errorAnswer(answer.code, answer.message), answer);
    } else {
      this.#tryLater();
    }
  }

  #mayBeCountedTwice(): boolean {
    this.#tooManySince ??= performance.now();
    return performance.now() - this.#tooManySince < countedTwiceMs;
  }

  /** It cannot be told now whether the ticket is good, or there is no place yet. */
  #tryLater(): void {
    this.#place?.link.end(this.#place.s);
    this.#leavePlace('new');
    this.#state = 'waiting';
    this.#context.links.done(this);
    this.#after(backoffMs(this.#context.retry, this.#failures, Math.random()), () => this.#want());
    this.#failures += 1;
  }

  #goOn(link: Link): void {
    this.#state = 'attached';
    for (const place of this.seats.attach(link.rooms)) this.#rejoin(place, 0);
    this.#unanswered.setDeadline(performance.now() + this.#context.answerMs);
    if (this.#limits !== undefined && this.#unanswered.size > 0) this.#pace = new ResendPace(this.#limits);
    this.#flush();
    this.#countWaiting();
    this.#context.links.done(this);
  }

  /** Joins a room that the client is in on a new link; the client learns of it only if that is not possible any more. */
  #rejoin(place: Pick<Join, 'room' | 'after'>, failures: number): void {
    this.#askOwn({ type: 'join', ...place }, (answer) => {
      if (answer.type === 'joined') this.seats.reenter(answer);
      if (answer.type !== 'error') return;
      if (ERRORS[answer.code].retryable || answer.code === 'INTERNAL') {
        this.#after(backoffMs(this.#context.retry, failures, Math.random()), () => {
          if (this.seats.has(place.room)) this.#rejoin(place, failures + 1);
        });
      } else if (this.seats.leave(place.room)) {
        this.#client.push({ type: 'left', room: place.room, reason: answer.message });
      }
    });
  }

  /** Sends what is to be sent, in order. */
  #flush(): void {
    const now = performance.now();
    for (let next = this.#unanswered.nextUnsent(); next !== undefined; next = this.#unanswered.nextUnsent()) {
      const waitMs = isWriting(next.question) ? (this.#pace?.take(next.n, now) ?? 0) : 0;
      if (waitMs > 0) {
        if (waitMs < Number.POSITIVE_INFINITY) this.#flushLater(waitMs);
        return;
      }
      this.#unanswered.sent();
      this.#send(next);
    }
    if (this.#pace?.isOver(now)) this.#pace = undefined;
  }

  #send({ n, question }: Request): void {
    const place = this.#place!;
    if (question.type !== 'rooms') {
      place.link.in(place.s, { ...question, id: n });
      return;
    }
    place.link.listRooms(place.s).then(
      (rooms) => this.#onAnswer(n, { type: 'rooms', rooms }),
      (thrown) => {
        const { code, publicMessage } = toParleyError(thrown);
        // On a link that is lost it has not been answered: it is asked again on the next one.
        if (this.#place === place) this.#onAnswer(n, errorAnswer(code, publicMessage));
      },
    );
  }

  #askOwn(question: ClientMessage, answered: (answer: Answer) => void): void {
    const n = this.#own.add(performance.now() + this.#context.answerMs, answered);
    this.#place?.link.in(this.#place.s, { ...question, id: n });
  }

  #onAnswer(n: number, answer: Answer): void {
    if (n < 0) {
      this.#own.answer(n, answer);
      return;
    }
    const request = this.#unanswered.take(n);
    if (this.#pace !== undefined) {
      this.#pace.done(n, performance.now());
      this.#flush();
    }
    if (request !== undefined) this.#settle(request, answer);
    else if (answer.type === 'joined') this.#leaveUnasked(answer.room);
  }

  #settle({ question, answered, hasOwnKey }: Request, answer: Answer): void {
    // On a new link chat-ws may not know yet that the client is in this room.
    if (question.type === 'leave' && answer.type === 'error' && answer.code === 'NOT_JOINED') {
      if (this.seats.leave(question.room)) {
        answered({ type: 'left', room: question.room });
        return;
      }
    }
    if (answer.type === 'auth_success') this.#onLogin(answer);
    if (answer.type === 'left') this.seats.leave(answer.room);
    if (answer.type === 'posted') this.seats.posted(answer.room, answer.seq);
    // The client knows nothing of the key that its post was given here.
    answered(answer.type === 'posted' && hasOwnKey ? { ...answer, duplicate: false } : answer);
  }

  /** A join has come through after the client had been told that it did not. */
  #leaveUnasked(room: string): void {
    if (!this.seats.has(room)) this.#askOwn({ type: 'leave', room }, () => {});
  }

  #onLogin({ user, ticket, limits }: AuthSuccess): void {
    this.user = user;
    this.ticket = ticket;
    this.#limits = limits;
  }

  #onPush(message: ServerMessage): void {
    if (message.type === 'ticket') this.ticket = message.ticket;
    if (message.type === 'left') this.seats.leave(message.room);
    this.#client.push(message);
  }

  #flushLater(ms: number): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    this.#after(ms, () => {
      this.#isFlushDue = false;
      this.#flush();
    });
  }

  /** Runs `work` later, if the session is still where it is now. */
  #after(ms: number, work: () => void): void {
    const state = this.#state;
    const place = this.#place;
    setTimeout(() => {
      if (this.#place === place && this.#state === state) work();
    }, ms).unref();
  }

  #countWaiting(): void {
    const waiting = this.#state === 'attached' || this.#state === 'closed' ? 0 : this.#unanswered.size;
    this.#context.waiting.count += waiting - this.#counted;
    this.#counted = waiting;
  }
}
