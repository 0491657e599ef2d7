import type { Step } from '@parley/common/dialogue/step';
import type { Dialogue } from './dialogue.ts';

/** Input is decoded in slices, so that a chunk of many tiny lines is not held as as many objects. */
const sliceBytes = 4096;

/** A client's steps, made of its input as they are asked for. */
export class StepSource {
  readonly #dialogue: Pick<Dialogue, 'feed' | 'end' | 'next'>;
  /** Input that has not been decoded. */
  #input: Buffer[] = [];
  #returned: Step | undefined;
  #end: 'open' | 'due' | 'told' = 'open';

  constructor(dialogue: Pick<Dialogue, 'feed' | 'end' | 'next'>) {
    this.#dialogue = dialogue;
  }

  feed(chunk: Buffer): void {
    this.#input.push(chunk);
  }

  /** No more input will come. */
  end(): void {
    if (this.#end === 'open') this.#end = 'due';
  }

  /** The next step; undefined when all input has been taken. */
  next(): Step | undefined {
    const returned = this.#returned;
    this.#returned = undefined;
    if (returned !== undefined) return returned;
    for (;;) {
      const step = this.#dialogue.next();
      if (step !== undefined || !this.#decode()) return step;
    }
  }

  /** The step cannot be done yet: it comes again. */
  putBack(step: Step): void {
    this.#returned = step;
  }

  /** Forgets what has not been taken. */
  clear(): void {
    this.#input = [];
    this.#returned = undefined;
  }

  /** Gives the dialogue a little more of the input; false when there is none. */
  #decode(): boolean {
    const chunk = this.#input.shift();
    if (chunk !== undefined) {
      if (chunk.length > sliceBytes) this.#input.unshift(chunk.subarray(sliceBytes));
      this.#dialogue.feed(chunk.subarray(0, sliceBytes));
      return true;
    }
    if (this.#end !== 'due') return false;
    this.#end = 'told';
    this.#dialogue.end();
    return true;
  }
}
