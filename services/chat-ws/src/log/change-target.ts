import { type Outcome, outcome } from './append-wire.ts';
import type { MessageRow } from './tables.ts';

/** The row that a change is about. */
export type ChangeTarget = Pick<MessageRow, 'sender_id' | 'text' | 'data' | 'of_seq'>;

/** Why the sender cannot change that; undefined: it can. A change is no message, and what is deleted is not there any more. */
export function refusalOf(
  target: ChangeTarget | undefined,
  by: { senderId: string; any: boolean },
): Outcome | undefined {
  if (target === undefined || target.of_seq !== null) return outcome.gone;
  if (target.text === null && target.data === null) return outcome.gone;
  return by.any || target.sender_id === by.senderId ? undefined : outcome.forbidden;
}
