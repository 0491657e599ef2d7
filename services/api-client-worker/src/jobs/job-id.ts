import { jobId } from '@parley/common/contracts/job';
import { ParleyError } from '@parley/common/runtime/errors';

/** The id in a path. @throws ParleyError NOT_FOUND for what cannot be one */
export function idOf({ id }: { id: string }): string {
  if (!jobId.safeParse(id).success) throw new ParleyError('NOT_FOUND', 'There is no such job.');
  return id;
}
