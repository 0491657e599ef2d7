import { z } from 'zod';

/** `pageMax`: so that no page's place among the items is beyond what databases count with. */
export const pageLimits = { pageMax: 1_000_000_000, perPageDefault: 20, perPageMax: 100 } as const;

/** Query of a list: `?page=&per_page=`, both counted from 1. */
export const pageQuery = z.object({
  page: z.coerce.number().int().min(1).max(pageLimits.pageMax).default(1),
  per_page: z.coerce.number().int().min(1).max(pageLimits.perPageMax).default(pageLimits.perPageDefault),
});
export type PageQuery = z.infer<typeof pageQuery>;

/** The body of every list that goes by page. `total`: items on all pages. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    page: z.int().min(1),
    perPage: z.int().min(1),
    total: z.int().min(0),
  });
}
