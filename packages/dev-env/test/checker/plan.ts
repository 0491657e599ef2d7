/** What is to happen, one thing after the other. Actors, rooms and transports by number; `share`: which of those there are then, 0 to 1. */
export type Step =
  | { do: 'post'; actor: number; room: number; shape: Shape; isKeyed: boolean; length: number; count: number }
  | { do: 'repeat'; actor: number; share: number; isOther: boolean }
  | { do: 'change'; actor: number; share: number; isDeletion: boolean }
  | { do: 'join'; actor: number; room: number; from: (typeof FROM)[number]; share: number }
  | { do: 'leave'; actor: number; room: number }
  | { do: 'history'; actor: number; room: number; way: (typeof WAYS)[number]; share: number; limit: number }
  | { do: 'pause'; actor: number }
  | { do: 'resume'; actor: number }
  | { do: 'move'; actor: number; transport: number; how: (typeof ENDS)[number]; forget: boolean }
  | { do: 'office'; room: number; isKeyed: boolean; isRepeated: boolean }
  | { do: 'recreate'; room: number }
  | { do: 'stop'; service: string; how: 'kill' | 'drain' }
  | { do: 'start'; service: string };

export type Shape = 'text' | 'data' | 'bytes';

export type PlanOptions = { actors: number; rooms: number; transports: number; rounds: number; stepsPerRound: number };

const FROM = ['now', 'start', 'behind', 'behind', 'beyond', 'other'] as const;
const WAYS = ['before', 'after', 'newest'] as const;
const ENDS = ['close', 'cut', 'cut', 'abandon'] as const;
const SHAPES = ['text', 'text', 'data', 'bytes'] as const;
const STOPS = [
  { service: 'chat-ws', how: 'kill' },
  { service: 'tcp-gateway', how: 'kill' },
  { service: 'chat-ws', how: 'drain' },
  { service: 'chat-ws', how: 'kill' },
] as const;

/** Steps that are made while a service is away. */
const STEPS_WITHOUT = 6;

/** Of one of so many posts at once that sockets are full. */
const FLOOD_LENGTH = 30_000;

/** So many bursts are under way when a service is stopped: what is committed and not yet answered is where the danger is. */
const BURSTS_BEFORE_STOP = 5;

/** This room is never deleted: all that was acknowledged in it has to be in the log that there is in the end. */
export const KEPT_ROOM = 0;

/** How often a step is made, next to the others. */
const WEIGHTS = {
  post: 36,
  burst: 3,
  flood: 1.5,
  repeat: 8,
  change: 16,
  join: 7,
  leave: 3,
  history: 6,
  pause: 4,
  resume: 5,
  move: 5,
  office: 6,
  recreate: 0.7,
};

type Kind = keyof typeof WEIGHTS;

/** The same steps for the same random numbers. In each round a service is stopped once and started again, chat-ws by a kill in the first. */
export function* plan(random: () => number, options: PlanOptions): Generator<Step, void> {
  const { actors, rooms, transports, rounds, stepsPerRound } = options;
  const below = (end: number) => Math.floor(random() * end);
  const oneOf = <T>(some: readonly T[]): T => some[below(some.length)] as T;

  for (let round = 0; round < rounds; round += 1) {
    const stop = round === 0 ? STOPS[0] : oneOf(STOPS);
    const at = below(stepsPerRound - STEPS_WITHOUT);
    for (let i = 0; i < stepsPerRound; i += 1) {
      if (i === at) {
        for (let n = 0; n < BURSTS_BEFORE_STOP; n += 1) yield step('burst');
        yield { do: 'stop', ...stop };
      }
      const one = step(kind());
      // Somebody who does not read has to be caught up by the log.
      if (one.do === 'post' && one.length === FLOOD_LENGTH) yield { do: 'pause', actor: (one.actor + 1) % actors };
      yield one;
      if (i === at + STEPS_WITHOUT - 1) yield { do: 'start', service: stop.service };
    }
  }

  function kind(): Kind {
    const all = Object.entries(WEIGHTS) as [Kind, number][];
    let left = random() * all.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of all) {
      left -= weight;
      if (left < 0) return name;
    }
    return 'post';
  }

  function step(name: Kind): Step {
    const actor = below(actors);
    const room = below(rooms);
    const share = random();
    const posting = { do: 'post', actor, room, shape: oneOf(SHAPES), isKeyed: random() < 0.7 } as const;
    switch (name) {
      case 'post':
        return { ...posting, length: below(120), count: 1 + below(3) };
      case 'burst':
        return { ...posting, length: below(2_000), count: 10 + below(60) };
      case 'flood':
        return { ...posting, length: FLOOD_LENGTH, count: 60 + below(100) };
      case 'repeat':
        return { do: 'repeat', actor, share, isOther: random() < 0.3 };
      case 'change':
        return { do: 'change', actor, share, isDeletion: random() < 0.3 };
      case 'join':
        return { do: 'join', actor, room, from: oneOf(FROM), share };
      case 'history':
        return { do: 'history', actor, room, way: oneOf(WAYS), share, limit: 1 + below(100) };
      case 'move':
        return { do: 'move', actor, transport: below(transports), how: oneOf(ENDS), forget: random() < 0.3 };
      case 'office':
        return { do: 'office', room, isKeyed: random() < 0.8, isRepeated: random() < 0.3 };
      case 'recreate':
        return { do: 'recreate', room: room === KEPT_ROOM ? KEPT_ROOM + 1 : room };
      case 'leave':
        return { do: 'leave', actor, room };
      case 'pause':
      case 'resume':
        return { do: name, actor };
    }
  }
}
