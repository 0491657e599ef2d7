import type { JobState } from '@parley/common/contracts/job';
import type { Generated, Insertable, Selectable } from 'kysely';

/** Times are milliseconds since 1970; flags are 0 or 1. */
export type Tables = {
  feeds: FeedTable;
  endpoints: EndpointTable;
  events: EventTable;
  jobs: JobTable;
  attempts: AttemptTable;
};

/** How far each feed was read. `place`: the feed's own cursor, null before the first page. */
type FeedTable = {
  source: string;
  place: string | null;
  /** How often events were lost because the feed no longer kept them, and when last. */
  losses: Generated<number>;
  lost_at: number | null;
  updated_at: number;
};

type EndpointTable = {
  id: string;
  url: string;
  /** JSON: an array of event types. */
  events: string;
  room: string | null;
  description: string | null;
  enabled: number;
  /** Why Parley itself disabled it. */
  disabled_reason: string | null;
  /** Sealed: see webhooks/sealed-secret.ts. */
  secret: string;
  previous_secret: string | null;
  previous_until: number | null;
  /** Nothing is sent before: the endpoint asked for a pause by Retry-After. */
  hold_until: Generated<number>;
  /** When jobs of it were claimed last: the one that waited longest is next. */
  claimed_at: Generated<number>;
  /** Counts the changes made through the API; the ETag. */
  version: Generated<number>;
  created_at: number;
  updated_at: number;
};

/** An event that some endpoint wanted; `body` is what is sent, byte for byte. */
type EventTable = { event_id: string; type: string; at: number; body: string; created_at: number };

/** ordered: first attempts of events, in their order; free: retries and tests, whenever they are due. */
export type Lane = 'ordered' | 'free';

type JobTable = {
  id: Generated<number>;
  endpoint_id: string;
  event_id: string;
  state: JobState;
  lane: Lane;
  due_at: number;
  /** Attempts made, ever. */
  attempts: Generated<number>;
  /** Failures since the job was created or retried by hand: the place in the retry schedule. */
  failures: Generated<number>;
  max_failures: number;
  /** Counts the claims. Whoever completes the job must know the number: a late worker does not. */
  claim: Generated<number>;
  lease_until: number | null;
  created_at: number;
  updated_at: number;
};

type AttemptTable = {
  job_id: number;
  number: number;
  at: number;
  duration_ms: number;
  outcome: string;
  status: number | null;
  error: string | null;
  snippet: string | null;
};

export type EndpointRow = Selectable<EndpointTable>;
export type JobRow = Selectable<JobTable>;
export type AttemptRow = Selectable<AttemptTable>;
export type NewJob = Insertable<JobTable>;
export type NewEvent = Insertable<EventTable>;
