import { z } from 'zod';
import { foundInstance, instanceTag } from './discovery.ts';
import { listOf, pageQuery } from './list.ts';
import { serviceName } from './service-name.ts';

/** Query of `GET /api/services`. */
export const catalogueQuery = pageQuery.extend({ name: serviceName.optional(), tag: instanceTag.optional() });

/** Answer of `GET /api/services/:name`. */
export const catalogueService = z.object({ name: serviceName, instances: z.array(foundInstance) });
export type CatalogueService = z.infer<typeof catalogueService>;

/** Answer of `GET /api/services`; with a tag, only instances that have it. */
export const catalogue = listOf(catalogueService);
export type Catalogue = z.infer<typeof catalogue>;
