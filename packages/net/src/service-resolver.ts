import type { FoundInstance } from '@parley/common/contracts/discovery';
import type { Logger } from '@parley/common/runtime/logger';
import { endpoint } from './endpoint.ts';

/** Where a service is now; asked for anew at each connection. */
export type Resolver = () => Promise<URL>;

export type ResolverOptions = {
  name: string;
  /** From the settings: always wins. */
  fixedUrl: string | undefined;
  /** When the registry knows nothing and never did. Its scheme and path are taken for what the registry says, too. */
  defaultUrl: string;
  /** Which of the instance's ports; absent: its main one. */
  portName?: string | undefined;
  /** Undefined when the registry does not answer; never rejects. */
  locate: (name: string) => Promise<FoundInstance[] | undefined>;
  /** How long an answer is used without asking again. */
  cacheMs: number;
  now: () => number;
  log: Logger;
};

/** How long nothing is asked after an answer that named nobody, or no answer: short, as what starts together announces itself within moments. */
const MISS_MS = 100;

/**
 * Finds one instance of a service and keeps to it while it is listed. When the registry has lost the service, the last
 * answer goes on being used; when it is away, too, and nobody waits for it: it is asked on the side.
 */
export function createResolver(options: ResolverOptions): Resolver {
  const { name, fixedUrl, defaultUrl, locate, cacheMs, now, log } = options;
  if (fixedUrl) return async () => new URL(fixedUrl);

  let chosen: { instance: string; url: URL } | undefined;
  let askAgainAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;
  let isAway = false;

  async function ask(): Promise<void> {
    const instances = await locate(name);
    isAway = instances === undefined;
    const reachable = (instances ?? []).flatMap((instance) => choiceOf(instance, options));
    askAgainAt = now() + (reachable.length > 0 ? cacheMs : MISS_MS);
    const kept = reachable.find(({ instance }) => instance === chosen?.instance);
    const next = kept ?? reachable[Math.floor(Math.random() * reachable.length)];
    if (!next) return;
    if (next.url.href !== chosen?.url.href) log.debug({ service: name, url: next.url.href }, 'located');
    chosen = next;
  }

  return async () => {
    if (now() >= askAgainAt) {
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      if (!isAway) await asking;
    }
    return new URL(chosen?.url ?? defaultUrl);
  };
}

/** None when the instance has no such port. */
function choiceOf({ instance, address, ports, main }: FoundInstance, { defaultUrl, portName }: ResolverOptions) {
  const port = ports[portName ?? main];
  if (port === undefined) return [];
  const url = new URL(defaultUrl);
  url.host = endpoint(address, port);
  return [{ instance, url }];
}
