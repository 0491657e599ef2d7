import { z } from 'zod';
import { listOf } from './list.ts';
import { serviceName } from './service-name.ts';

export const portNumber = z.int().min(1).max(65535);

/** suspect: missed two renewals, not yet expired. */
export const instanceState = z.enum(['up', 'suspect']);

/** One running instance. `main`: the name of the port that SRV gives. `expiresInMs`: what is left of its lease. */
export const catalogueInstance = z.object({
  instance: z.string(),
  address: z.string(),
  ports: z.record(z.string(), portNumber),
  main: z.string(),
  version: z.string(),
  state: instanceState,
  expiresInMs: z.int().min(0),
});
export type CatalogueInstance = z.infer<typeof catalogueInstance>;

/** Answer of `GET /api/services/:name`. */
export const catalogueService = z.object({ name: serviceName, instances: z.array(catalogueInstance) });
export type CatalogueService = z.infer<typeof catalogueService>;

/** Answer of `GET /api/services`. */
export const catalogue = listOf(catalogueService);
export type Catalogue = z.infer<typeof catalogue>;
