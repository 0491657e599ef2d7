import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions, connect, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import type { Logger } from '@parley/common/runtime/logger';
import type { Bus } from './bus.ts';
import { natsOptions } from './nats-options.ts';

/** What a server takes unless it says otherwise: 1 MiB, less what the protocol adds. */
const usualMaxBytes = (1 << 20) - 4_096;

/** Pause between tries to connect, in ms. */
const tryEveryMs = 500;

/** How long the server may keep us waiting for the answer to a flush, and for the first answer of all. */
const flushMs = 1_000;
const connectMs = 2_000;

/** A server that does not answer two pings is away. */
const pingEveryMs = 5_000;

type Wanted = { subject: string; take: (payload: string) => void; taken: Subscription | undefined };

/** A bus over NATS (core: nothing is stored there). It connects in the background, and again whenever the server has been away. */
export function openNatsBus({ servers, name, log }: { servers: readonly string[]; name: string; log: Logger }): Bus {
  const wanted = new Set<Wanted>();
  const closing = new AbortController();
  let connection: NatsConnection | undefined;
  let isUp = false;
  let tell: (isUp: boolean) => void = () => {};
  const options: ConnectionOptions = {
    ...natsOptions(servers),
    name,
    timeout: connectMs,
    pingInterval: pingEveryMs,
    maxPingOut: 2,
    maxReconnectAttempts: -1,
    reconnectTimeWait: tryEveryMs,
    // Whoever operates the server may set the account right while we wait.
    ignoreAuthErrorAbort: true,
  };

  function changed(now: boolean): void {
    if (isUp === now || closing.signal.aborted) return;
    isUp = now;
    if (now) log.info({ nats: connection?.getServer() }, 'NATS is there: what other nodes say comes at once');
    else log.warn('NATS is away: what is committed on other nodes is found by comparison, who is there is not known');
    tell(now);
  }

  function take(one: Wanted): void {
    one.taken = connection?.subscribe(one.subject, {
      callback: (err, message) => {
        if (err === null) one.take(message.string());
        else log.warn({ err, subject: one.subject }, 'a NATS subscription failed');
      },
    });
  }

  /** Until the first connection stands; from then on the library connects again by itself. */
  async function run(): Promise<void> {
    for (let isFirst = true; !closing.signal.aborted; isFirst = false) {
      try {
        const opened = await connect(options);
        if (closing.signal.aborted) return void (await opened.close());
        connection = opened;
        for (const one of wanted) take(one);
        changed(true);
        await watch(opened);
        connection = undefined;
      } catch (err) {
        const level = isFirst ? 'warn' : 'debug';
        log[level]({ err }, 'NATS cannot be reached; trying again');
      }
      changed(false);
      await sleep(tryEveryMs, undefined, { signal: closing.signal }).catch(() => {});
    }
  }

  /** Resolves when the connection is closed for good. */
  async function watch(opened: NatsConnection): Promise<void> {
    for await (const { type } of opened.status()) {
      if (type === 'disconnect' || type === 'staleConnection') changed(false);
      else if (type === 'reconnect') changed(true);
      else if (type === 'error') log.debug('the NATS server has sent an error');
    }
    await opened.closed();
  }

  const running = run();

  return {
    get isUp() {
      return isUp;
    },
    get maxBytes() {
      const most = connection?.info?.max_payload;
      return most === undefined ? usualMaxBytes : most - 4_096;
    },
    publish(subject, payload) {
      if (!isUp) return;
      try {
        connection?.publish(subject, payload);
      } catch (err) {
        // Too long for the server, or the connection has just ended: who called is not to blame, and goes on.
        log.warn({ err, subject }, 'a message for other nodes cannot be handed to NATS');
      }
    },
    subscribe(subject, taker) {
      const one: Wanted = { subject, take: taker, taken: undefined };
      wanted.add(one);
      take(one);
      return () => {
        wanted.delete(one);
        one.taken?.unsubscribe();
      };
    },
    async flush() {
      if (!isUp || connection === undefined) return;
      const over = new AbortController();
      const late = sleep(flushMs, undefined, { signal: over.signal }).catch(() => {});
      await Promise.race([connection.flush().catch(() => {}), late]);
      over.abort();
    },
    onChange(listener) {
      tell = listener;
    },
    async close() {
      const wasUp = isUp;
      isUp = false;
      closing.abort();
      if (wasUp) await Promise.race([connection?.flush().catch(() => {}), sleep(flushMs)]);
      await connection?.close();
      // A try to connect that is under way would keep the process alive.
      await running;
    },
  };
}
