import type { ServiceAddress } from '@parley/common/runtime/start-service';

export type ReadyService = { name: string; addresses: ServiceAddress[] };

/** Each service with its addresses, then what a new user may try first. */
export function addressesTable(services: ReadyService[]): string {
  const nameWidth = Math.max(...services.map(({ name }) => name.length));
  const urlWidth = Math.max(...services.flatMap(({ addresses }) => addresses.map(({ url }) => url.length)));
  const rows = services.flatMap(({ name, addresses }) =>
    addresses.map(({ label, url }, i) => `  ${(i ? '' : name).padEnd(nameWidth)}  ${url.padEnd(urlWidth)}  ${label}`),
  );
  return rows.join('\n');
}
