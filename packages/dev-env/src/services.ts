import { join } from 'node:path';
import type { ServiceSpec } from './service-process.ts';

const SERVICES = join(import.meta.dirname, '../../../services');

const TIERS = [['udp-discovery'], ['users-api', 'chat-ws'], ['tcp-gateway', 'api-client-worker']];

/** All of Parley. */
export const services: ServiceSpec[] = TIERS.flatMap((names, tier) =>
  names.map((name) => ({ name, main: join(SERVICES, name, 'src/main.ts'), tier })),
);

/** In the order in which they are to be stopped: those of one array together. */
export function stopOrder<T>(items: T[], tierOf: (item: T) => number): T[][] {
  const tiers = [...new Set(items.map(tierOf))].sort((a, b) => b - a);
  return tiers.map((tier) => items.filter((item) => tierOf(item) === tier));
}
