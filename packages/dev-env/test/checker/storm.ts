import { setTimeout as delay } from 'node:timers/promises';
import type { Processes } from '../../src/processes.ts';
import type { Actor } from './actor.ts';
import { compose } from './compose.ts';
import type { Notes } from './notes.ts';
import type { Office } from './office.ts';
import type { Step } from './plan.ts';
import type { Attempt } from './story.ts';
import type { Transport } from './told.ts';

/** Requests without an answer, of one actor, above which it asks for nothing more. */
const MOST_UNANSWERED = 250;

/** Between two steps: time for what was begun to go on. */
const PAUSE_MS = 3;

/** So long is waited for those who come back before the storm goes on without them. */
const COMEBACK_MS = 3_000;

type Stored = Attempt & { outcome: Extract<Attempt['outcome'], { is: 'posted' }> };

export type StormOptions = {
  processes: Processes;
  notes: Notes;
  actors: Actor[];
  office: Office;
  rooms: string[];
  transports: readonly Transport[];
};

/** Makes the steps of a plan happen. Most of them are only begun here; what becomes of them is noted down. */
export class Storm {
  readonly #options: StormOptions;
  readonly #errands: Promise<unknown>[] = [];

  constructor(options: StormOptions) {
    this.#options = options;
  }

  async run(steps: Iterable<Step>): Promise<void> {
    for (const step of steps) {
      await this.#make(step);
      await delay(PAUSE_MS);
    }
    await Promise.all(this.#errands);
  }

  async #make(step: Step): Promise<void> {
    const { processes, office } = this.#options;
    switch (step.do) {
      case 'stop':
        return step.how === 'kill' ? processes.kill(step.service) : processes.stop(step.service);
      case 'start':
        await processes.start(step.service);
        return this.#comeback();
      case 'office':
        return void this.#errands.push(this.#byOffice(step));
      case 'recreate':
        return void this.#errands.push(office.remove(this.#room(step.room)));
      default:
        return this.#act(this.#options.actors[step.actor] as Actor, step);
    }
  }

  #act(actor: Actor, step: Extract<Step, { actor: number }>): void {
    const isBusy = actor.connection.unanswered > MOST_UNANSWERED;
    switch (step.do) {
      case 'pause':
      case 'resume':
        actor.connection[step.do]();
        return;
      case 'move':
        actor.move(this.#transport(step.transport), step.how, step.forget);
        return;
    }
    if (isBusy) return;
    switch (step.do) {
      case 'post':
        this.#post(actor, step);
        return;
      case 'repeat':
        this.#repeat(actor, step);
        return;
      case 'change':
        this.#change(actor, step);
        return;
      case 'join':
        actor.join(this.#room(step.room), this.#place(actor, step));
        return;
      case 'leave':
        actor.leave(this.#room(step.room));
        return;
      case 'history':
        this.#history(actor, step);
        return;
    }
  }

  #post(actor: Actor, { room: number, shape, isKeyed, length, count }: Extract<Step, { do: 'post' }>): void {
    const { isRich } = actor.connection.transport;
    const room = this.#room(number);
    for (let i = 0; i < count; i += 1) {
      const n = this.#options.notes.nextContent();
      const content = compose(n, { shape, length, isRich });
      actor.write({ room, key: isRich && isKeyed ? `k${n}` : undefined, of: undefined, content });
    }
  }

  #repeat(actor: Actor, { share, isOther }: Extract<Step, { do: 'repeat' }>): void {
    const attempt = pick(actor.written.filter(({ key }) => key !== undefined).slice(-40), share);
    if (attempt === undefined || !actor.connection.transport.isRich) return;
    if (!isOther) {
      actor.write(attempt);
      return;
    }
    const content = compose(this.#options.notes.nextContent(), { shape: 'text', length: 3, isRich: true });
    actor.write({ ...attempt, content });
  }

  #change(actor: Actor, { share, isDeletion }: Extract<Step, { do: 'change' }>): void {
    const isOfNow = ({ room, outcome }: Stored) => outcome.epoch === actor.look.positions.get(room)?.epoch;
    const attempt = pick(actor.written.filter(isStored).filter(isOfNow).slice(-40), share);
    if (attempt === undefined || !actor.connection.transport.isRich) return;
    const n = this.#options.notes.nextContent();
    const content = isDeletion ? ({ deleted: true } as const) : compose(n, { shape: 'text', length: 9, isRich: true });
    actor.write({ room: attempt.room, key: `k${n}`, of: attempt.outcome.seq, content });
  }

  #place(actor: Actor, { room: number, from, share }: Extract<Step, { do: 'join' }>) {
    const at = actor.look.positions.get(this.#room(number));
    if (from === 'now') return undefined;
    if (from === 'start' || at === undefined) return 'start';
    if (from === 'behind') return { epoch: at.epoch, seq: Math.floor(at.seq * share) };
    return from === 'beyond' ? { epoch: at.epoch, seq: at.seq + 100_000 } : { epoch: 'another', seq: at.seq };
  }

  #history(actor: Actor, { room: number, way, share, limit }: Extract<Step, { do: 'history' }>): void {
    const room = this.#room(number);
    const seq = Math.floor((actor.look.positions.get(room)?.seq ?? 0) * share) + 1;
    const where = way === 'newest' || !actor.connection.transport.isRich ? {} : { [way]: seq };
    actor.history({ room, limit, ...where });
  }

  #byOffice({ room: number, isKeyed, isRepeated }: Extract<Step, { do: 'office' }>): Promise<void> {
    const { office, notes } = this.#options;
    const last = office.written.findLast(({ key }) => key !== undefined);
    if (isRepeated && last !== undefined) return office.post(last.room, last.content, last.key);
    const n = notes.nextContent();
    return office.post(
      this.#room(number),
      compose(n, { shape: 'data', length: 5, isRich: true }),
      isKeyed ? `k${n}` : undefined,
    );
  }

  /** Whoever is a while away has less to do with the next steps. */
  async #comeback(): Promise<void> {
    const deadline = performance.now() + COMEBACK_MS;
    while (performance.now() < deadline && !this.#options.actors.every(({ isThere }) => isThere)) await delay(20);
  }

  #room(number: number): string {
    return this.#options.rooms[number] as string;
  }

  #transport(number: number): Transport {
    return this.#options.transports[number] as Transport;
  }
}

function pick<T>(some: T[], share: number): T | undefined {
  return some[Math.floor(share * some.length)];
}

function isStored(attempt: Attempt): attempt is Stored {
  return attempt.outcome.is === 'posted' && attempt.of === undefined;
}
