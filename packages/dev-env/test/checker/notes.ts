import type { Log, Story } from './story.ts';

/** What all who take part in a run write down. */
export class Notes {
  readonly attempts: Story['attempts'] = [];
  readonly stretches: Story['stretches'] = [];
  readonly reads: Story['reads'] = [];
  readonly deletions: Story['deletions'] = [];
  readonly presences: Story['presences'] = [];
  readonly complaints: string[] = [];
  #ticks = 0;
  #connections = 0;
  #contents = 0;

  /** Greater than all before. */
  tick(): number {
    this.#ticks += 1;
    return this.#ticks;
  }

  nextConnection(): number {
    this.#connections += 1;
    return this.#connections;
  }

  /** Makes a content different from all others. */
  nextContent(): number {
    this.#contents += 1;
    return this.#contents;
  }

  story(logs: Log[]): Story {
    const { attempts, stretches, reads, deletions, presences, complaints } = this;
    return { attempts, stretches, reads, deletions, presences, complaints, logs };
  }
}
