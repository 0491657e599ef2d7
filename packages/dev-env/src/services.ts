import { join } from 'node:path';
import type { ServiceSpec } from './service-process.ts';

const SERVICES = join(import.meta.dirname, '../../../services');

/** All of Parley. The registry is first: it starts before and stops after those that announce themselves to it. */
export const services: ServiceSpec[] = [
  'udp-discovery',
  'users-api',
  'chat-ws',
  'tcp-gateway',
  'api-client-worker',
].map((name) => ({ name, main: join(SERVICES, name, 'src/main.ts') }));
