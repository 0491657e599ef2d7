import type { AuthSuccess } from '@parley/common/contracts/chat/auth';
import type { ClientMessage } from '@parley/common/contracts/chat/client-message';
import { closeCodes } from '@parley/common/contracts/chat/close-code';
import type { Drain } from '@parley/common/contracts/chat/drain';
import type { ErrorMessage } from '@parley/common/contracts/chat/error';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { ParleyError } from '@parley/common/runtime/errors';
import { type Backoff, backoffMs } from '@parley/net/backoff';
import { afterAuthFailed, afterClose, type Course } from './after-close.ts';
import { Connection, type WebSocketConstructor } from './connection.ts';
import { type ChatAuth, Credentials } from './credentials.ts';
import { Silence } from './silence.ts';
import { TokenRefresh } from './token-refresh.ts';

export type ChatState = 'connecting' | 'online' | 'waiting' | 'closed';

/** `retryMs`: with `waiting`, the time until the next try. `error`: with `closed`, unless the program closed it. */
export type StateChange = { state: ChatState; retryMs?: number; error?: ParleyError };

export type SessionOptions = {
  url: string;
  auth: ChatAuth;
  webSocket: WebSocketConstructor;
  /** For getting a token, connecting and logging in, together. */
  connectMs: number;
  /** Silence after a ping that ends a connection. */
  pongMs: number;
  /** Failed tries in a row after which it ends. */
  maxAttempts: number;
  backoff: Backoff;
  random: () => number;
};

export type SessionEvents = {
  onState(change: StateChange): void;
  onOnline(success: AuthSuccess): void;
  /** What was under way on the connection will not be answered. */
  onOffline(): void;
  onMessage(message: ServerMessage): void;
  onError(error: ParleyError): void;
};

/** A connection that lasted for so long was a good one: the delays begin with the shortest again. */
const steadyMs = 5_000;

/** How long a close frame is waited for when the program closes. */
const closingMs = 1_000;

/**
 * The login of a client, over as many connections as it takes, one at a time.
 *
 * closed → connecting (token, socket, `auth`) → online → waiting → connecting. connecting → waiting when it fails. Any → closed: by
 * the program, when nothing that can be shown to the server is good any more, or after too many failures in a row.
 */
export class Session {
  readonly credentials: Credentials;
  readonly #options: SessionOptions;
  readonly #events: SessionEvents;
  readonly #refresh: TokenRefresh;
  #state: ChatState = 'closed';
  #connection: Connection | undefined = undefined;
  #silence: Silence | undefined = undefined;
  #ids = 0;
  #authId = 0;
  #refreshId = 0;
  #failures = 0;
  #delays = 0;
  #onlineAt = 0;
  /** The server goes away and wants to see nobody before then. */
  #comeBackAt = 0;
  /** Of the state: gives up connecting, or ends the waiting. */
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #drainTimer: ReturnType<typeof setTimeout> | undefined = undefined;
  #beats: ReturnType<typeof setInterval> | undefined = undefined;

  constructor(options: SessionOptions, events: SessionEvents) {
    this.#options = options;
    this.#events = events;
    this.credentials = new Credentials(options.auth);
    this.#refresh = new TokenRefresh({
      getToken: () => this.credentials.getToken?.() ?? '',
      show: (token) => this.#showToken(token),
      onError: (thrown) => events.onError(new ParleyError('UNAVAILABLE', 'getToken failed.', { cause: thrown })),
    });
  }

  get state(): ChatState {
    return this.#state;
  }

  newId(): number {
    this.#ids += 1;
    return this.#ids;
  }

  open(): void {
    if (this.#state === 'closed') void this.#connect();
  }

  /** Resolves when the connection is closed. */
  async close(code: number, reason: string): Promise<void> {
    const closed = this.#connection?.close(code, reason);
    if (this.#state !== 'closed') this.#finish();
    if (closed === undefined) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, closingMs);
    await Promise.race([closed, late]);
    clearTimeout(timer);
  }

  send(message: ClientMessage): void {
    this.#connection?.send(message);
  }

  async #connect(): Promise<void> {
    const timer = setTimeout(() => this.#end('again', { reason: 'no connection in time' }), this.#options.connectMs);
    this.#timer = timer;
    this.#setState({ state: 'connecting' });
    try {
      const shown = await this.credentials.next();
      if (this.#timer !== timer) return;
      this.#connection = this.#openConnection({ type: 'auth', id: this.newId(), ...shown });
    } catch (thrown) {
      if (this.#timer !== timer) return;
      this.#events.onError(new ParleyError('UNAVAILABLE', 'There is no token or no socket.', { cause: thrown }));
      this.#end('again');
    }
  }

  #openConnection(auth: ClientMessage & { type: 'auth'; id: number }): Connection {
    this.#authId = auth.id;
    const { webSocket, url } = this.#options;
    const connection = new Connection(webSocket, url, {
      onOpen: () => connection.send(auth),
      onMessage: (message) => this.#onMessage(message),
      onMalformed: (error) => this.#events.onError(error),
      onClose: (code, reason) => this.#end(afterClose(code, reason), { code, reason }),
    });
    return connection;
  }

  #onMessage(message: ServerMessage): void {
    this.#silence?.heard(performance.now());
    switch (message.type) {
      case 'auth_success':
        if (message.re === this.#authId && this.#state === 'connecting') this.#online(message);
        return;
      case 'auth_failed':
        this.#end(afterAuthFailed(message.code), { reason: message.message });
        return;
      case 'ping':
        this.send({ type: 'pong' });
        return;
      case 'pong':
        return;
      case 'ticket':
        this.credentials.ticket = message.ticket;
        return;
      case 'drain':
        this.#drain(message);
        return;
      case 'refreshed':
        if (this.credentials.token !== undefined) this.#refresh.start(this.credentials.token);
        return;
      case 'error':
        if (message.re === this.#authId) this.#end('again', { minMs: message.retryAfterMs, reason: message.message });
        else if (message.re === this.#refreshId) this.#onRefreshError(message);
        else this.#events.onMessage(message);
        return;
      default:
        if (this.#state === 'online') this.#events.onMessage(message);
    }
  }

  #online(success: AuthSuccess): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#failures = 0;
    this.#onlineAt = performance.now();
    this.credentials.ticket = success.ticket;
    if (this.credentials.token !== undefined) this.#refresh.start(this.credentials.token);
    if (success.heartbeatMs > 0) this.#startBeats(success.heartbeatMs);
    this.#events.onOnline(success);
    this.#setState({ state: 'online' });
  }

  #startBeats(quietMs: number): void {
    const answerMs = this.#options.pongMs;
    this.#silence = new Silence(performance.now(), { quietMs, answerMs });
    const everyMs = Math.max(5, Math.min(1_000, Math.min(quietMs, answerMs) / 4));
    this.#beats = setInterval(() => this.#beat(), everyMs);
  }

  #beat(): void {
    switch (this.#silence?.check(performance.now())) {
      case 'ping':
        this.send({ type: 'ping', id: this.newId() });
        return;
      case 'dead':
        this.#end('again', { code: closeCodes.heartbeatLost, reason: 'heartbeat lost' });
    }
  }

  #showToken(token: string): void {
    this.credentials.token = token;
    this.#refreshId = this.newId();
    this.send({ type: 'refresh', id: this.#refreshId, token });
  }

  /** If the old token ends before a new one is taken, the server closes with 4401, and then there is one more try. */
  #onRefreshError({ code, message }: ErrorMessage): void {
    this.#events.onError(new ParleyError(code, message));
    if (code === 'UNAVAILABLE' || code === 'RATE_LIMITED') this.#refresh.again();
  }

  /** The connection goes on until it is this client's turn to come back. */
  #drain({ reconnectAfterMs, ticket }: Drain): void {
    if (ticket !== undefined) this.credentials.ticket = ticket;
    this.#comeBackAt = performance.now() + reconnectAfterMs;
    clearTimeout(this.#drainTimer);
    this.#drainTimer = setTimeout(
      () => this.#end('again', { code: closeCodes.normal, reason: 'drain' }),
      reconnectAfterMs,
    );
  }

  /** The connection, or the try to get one, is over. `code` is told to the server if it is still there; an event's listener may have closed. */
  #end(course: Course, { code = closeCodes.normal, reason = '', minMs = 0 }: End = {}): void {
    const wasOnline = this.#state === 'online';
    const now = performance.now();
    this.#release(code, reason);
    if (wasOnline) {
      this.credentials.lasted(now - this.#onlineAt);
      if (now - this.#onlineAt >= steadyMs) this.#delays = 0;
      this.#events.onOffline();
    } else this.#failures += 1;
    if (this.#state === 'closed') return;
    if (course instanceof ParleyError) this.#finish(course);
    else if (course === 'show another') this.#showAnother(reason);
    else this.#wait(minMs, reason);
  }

  #showAnother(reason: string): void {
    if (this.credentials.refused()) void this.#connect();
    else this.#finish(new ParleyError('UNAUTHENTICATED', reason || 'The server does not let this client in.'));
  }

  #wait(minMs: number, reason: string): void {
    const { maxAttempts, backoff, random } = this.#options;
    if (this.#failures >= maxAttempts) {
      const tries = `${this.#failures} ${this.#failures === 1 ? 'try' : 'tries'}`;
      this.#finish(new ParleyError('UNAVAILABLE', `No connection after ${tries}${reason && `: ${reason}`}.`));
      return;
    }
    const drainMs = this.#comeBackAt - performance.now();
    const retryMs =
      this.#comeBackAt > 0 ? Math.max(0, drainMs) : Math.max(minMs, backoffMs(backoff, this.#delays, random()));
    if (this.#comeBackAt === 0) this.#delays += 1;
    this.#comeBackAt = 0;
    this.#timer = setTimeout(() => void this.#connect(), retryMs);
    this.#setState({ state: 'waiting', retryMs });
  }

  #finish(error?: ParleyError): void {
    const wasOnline = this.#state === 'online';
    this.#release(closeCodes.normal, '');
    if (wasOnline) this.#events.onOffline();
    this.#failures = 0;
    this.#delays = 0;
    this.#setState({ state: 'closed', ...(error === undefined ? {} : { error }) });
  }

  /** Lets go of the connection and of all timers. */
  #release(code: number, reason: string): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#drainTimer);
    clearInterval(this.#beats);
    this.#timer = undefined;
    this.#silence = undefined;
    this.#refresh.stop();
    void this.#connection?.close(mayTell(code) ? code : closeCodes.normal, reason.slice(0, 40));
    this.#connection = undefined;
  }

  #setState(change: StateChange): void {
    this.#state = change.state;
    this.#events.onState(change);
  }
}

type End = { code?: number | undefined; reason?: string; minMs?: number | undefined };

function mayTell(code: number): boolean {
  return code === closeCodes.normal || (code >= 3_000 && code <= 4_999);
}
