import type dgram from 'node:dgram';
import type { FoundInstance } from '@parley/common/contracts/discovery';
import type { Closers } from '@parley/common/runtime/closers';
import type { KeyRing } from '@parley/common/runtime/key-ring';
import type { Logger } from '@parley/common/runtime/logger';
import { type Announced, Announcer } from './announcer.ts';
import type { Backoff } from './backoff.ts';
import type { Lookup } from './lookup.ts';
import { NetError } from './net-error.ts';
import { RegistryConnection } from './registry-connection.ts';
import type { Retransmission } from './reliable-request.ts';
import { createResolver, type Resolver } from './service-resolver.ts';

export type RegistryClientOptions = {
  /** `udp://host:port` */
  discoveryUrl: string;
  keys: KeyRing;
  log: Logger;
  closers: Closers;
  /** Of announcements and renewals; by default that of RFC 7252. */
  retransmission?: Retransmission;
  /** Of `locate`, whose callers wait: short. */
  locateRetransmission?: Retransmission;
  /** Between announcements that stay without an answer. */
  retry?: Backoff;
  /** How long a resolver uses an answer without asking again. */
  cacheMs?: number;
  dgram?: typeof dgram;
  lookup?: Lookup;
};

export type Announcement = {
  /** Whether the registry confirmed the last announcement or renewal. */
  readonly isRegistered: boolean;
  /** Resolves when the registry knows, or is not there. Repeating it does nothing. */
  withdraw(): Promise<void>;
};

export type RegistryClient = {
  /**
   * Registers an instance and keeps it registered, through every absence of the registry, until it is withdrawn or the
   * closers run. `load` gives how busy the instance is, in thousandths.
   */
  announce(announced: Announced, load?: () => number): Announcement;
  /** The instances that can be used now, none if there are none; undefined when the registry does not answer. */
  locate(name: string, tag?: string): Promise<FoundInstance[] | undefined>;
  /** See `createResolver`. */
  resolver(name: string, fixedUrl: string | undefined, defaultUrl: string, portName?: string): Resolver;
};

/** Answered or not, a caller of `locate` knows within about two seconds. */
const LOCATE: Retransmission = { ackTimeoutMs: 200, ackRandomFactor: 1.5, maxRetransmissions: 2 };

const CACHE_MS = 2000;

/** A client of the registry for one process. It needs no registry to start, and says nothing until it is used. */
export function openRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { log, closers, retransmission, retry, locateRetransmission = LOCATE, cacheMs = CACHE_MS, lookup } = options;
  const connection = new RegistryConnection(options);
  closers.push('registry client', () => connection.close());
  let cookie: Uint8Array | undefined;

  async function locate(name: string, tag?: string): Promise<FoundInstance[] | undefined> {
    const ask = () =>
      connection.request(
        { type: 'locate', name, ...(tag && { tag }), ...(cookie && { cookie }) },
        { retransmission: locateRetransmission },
      );
    try {
      let answer = await ask();
      if (answer.type === 'cookie') {
        cookie = answer.cookie;
        answer = await ask();
      }
      return answer.type === 'found' ? answer.instances : undefined;
    } catch (err) {
      log[err instanceof NetError ? 'debug' : 'warn']({ err, service: name }, 'the registry could not be asked');
      return undefined;
    }
  }

  return {
    announce(announced, load) {
      const announcer = new Announcer({ connection, announced, log, lookup, retransmission, retry, load });
      closers.push(`announcement of ${announced.name}`, () => announcer.withdraw());
      return announcer;
    },
    locate,
    resolver(name, fixedUrl, defaultUrl, portName) {
      const now = () => performance.now();
      return createResolver({ name, fixedUrl, defaultUrl, portName, locate, cacheMs, now, log });
    },
  };
}
