import type { Settings } from './settings.ts';
import { parleyPorts } from './settings.ts';

export type OwnPorts = {
  /** Ports that outbound requests must not reach on this machine, or at an address that is not public. */
  all(): ReadonlySet<number>;
  /** Learns a port that is known only at run time. */
  add(port: number): void;
  /** Wraps an address so that the port of whatever it gives is known, too. */
  watching(address: () => Promise<URL>): () => Promise<URL>;
};

/** Behind a proxy a service may have one of these, and so may any endpoint. */
const EVERYBODYS_PORTS = [80, 443];

/** Parley's ports: those of the settings, that of the database, and those that are found while running. */
export function createOwnPorts(settings: Settings): OwnPorts {
  const ports = new Set<number>();
  function add(port: number): void {
    if (port !== 0 && !EVERYBODYS_PORTS.includes(port)) ports.add(port);
  }
  add(settings.port);
  for (const key of Object.keys(parleyPorts) as (keyof typeof parleyPorts)[]) add(settings[key]);
  const { ownDatabaseUrl, sharedDatabaseUrl, discoveryUrl, usersApiUrl, chatWsUrl } = settings;
  for (const url of [ownDatabaseUrl, sharedDatabaseUrl, discoveryUrl, usersApiUrl, chatWsUrl]) {
    if (url) add(portOf(new URL(url)));
  }
  return {
    all: () => ports,
    add,
    watching: (address) => async () => {
      const url = await address();
      add(portOf(url));
      return url;
    },
  };
}

/** HTTP's default ports are everybody's. */
function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol.startsWith('postgres') ? 5432 : 0;
}
