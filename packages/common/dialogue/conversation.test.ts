import { expect, test } from 'vitest';
import { Conversation, type ConversationHost, type Obstacle } from './conversation.ts';
import { LineSteps } from './line-steps.ts';
import type { Answer, Question } from './question.ts';
import type { Step } from './step.ts';

const posted = (seq: number): Answer => ({
  type: 'posted',
  room: 'lobby',
  epoch: 'e',
  seq,
  at: new Date(0).toISOString(),
  duplicate: false,
});

/** A client in a room, whose questions are answered by the test. */
class Host implements ConversationHost {
  isOpen = true;
  name: string | undefined = 'ada';
  currentRoom: string | undefined = 'lobby';
  isLate = false;
  written = '';
  asked: { question: Question; answered: (answer: Answer) => void }[] = [];
  inTheWay: Obstacle | undefined = undefined;
  isLast = false;
  rests = 0;
  #returned: Step | undefined;
  readonly #lines: string[] = [];
  readonly #steps = new LineSteps(this, (lines) => Buffer.from(lines));
  readonly conversation = new Conversation(this, { maxUnanswered: 4, maxBytes: 100 });

  type(...lines: string[]): void {
    this.#lines.push(...lines);
    this.conversation.heard();
  }

  next(): Step | undefined {
    const step = this.#returned;
    this.#returned = undefined;
    if (step !== undefined) return step;
    const text = this.#lines.shift();
    return text === undefined ? undefined : this.#steps.stepFor({ text });
  }

  putBack(step: Step): void {
    this.#returned = step;
  }

  obstacle(): Obstacle | undefined {
    return this.inTheWay;
  }

  write(bytes: Buffer): void {
    this.written += bytes;
  }

  ask(question: Question, answered: (answer: Answer) => void): void {
    this.asked.push({ question, answered });
  }

  onAnswered(step: Extract<Step, { do: 'answer' }>): void {
    this.isLast = step.isLast ?? false;
    if (this.isLast) this.isOpen = false;
  }

  onReplied(): void {}

  onRest(): void {
    this.rests += 1;
  }
}

test('answers come in the order of the commands; a question waits for all before it, and all behind it wait', () => {
  const host = new Host();
  host.type('one', 'HELLO', 'two', 'HISTORY', 'PING x');
  expect(host.asked.map(({ question }) => question.type)).toEqual(['post', 'post']);
  host.asked[1]?.answered(posted(2));
  expect(host.written).toBe('');
  host.asked[0]?.answered(posted(1));
  expect(host.written).toBe('POSTED lobby e:1\nWORLD\nPOSTED lobby e:2\n');
  expect(host.asked).toHaveLength(3);
  expect([host.conversation.isAsking, host.conversation.isAnswered, host.conversation.isIdle]).toEqual([
    true,
    false,
    false,
  ]);
  host.asked[2]?.answered({ type: 'history', room: 'lobby', epoch: 'e', messages: [], more: false });
  expect(host.written.endsWith('END\nPONG x\n')).toBe(true);
  expect([host.conversation.isAnswered, host.conversation.isIdle]).toEqual([true, true]);
});

test('so many commands without an answer are taken and no more', () => {
  const host = new Host();
  host.type('1', '2', '3', '4', '5', '6');
  expect(host.asked).toHaveLength(4);
  host.asked[0]?.answered(posted(1));
  expect(host.asked).toHaveLength(5);
});

test('so many bytes of posts without an answer are taken and no more', () => {
  const host = new Host();
  host.type('x'.repeat(101), 'y');
  expect(host.asked).toHaveLength(1);
  host.asked[0]?.answered(posted(1));
  expect(host.asked).toHaveLength(2);
});

test('while something is in the way, nothing is taken', () => {
  const host = new Host();
  let wake = () => {};
  host.inTheWay = (cleared) => {
    wake = cleared;
  };
  host.type('HELLO');
  expect(host.written).toBe('');
  host.inTheWay = undefined;
  host.type('HELLO');
  expect(host.written).toBe('');
  wake();
  expect(host.written).toBe('WORLD\nWORLD\n');
});

test('who says many things at once lets others have their turn', async () => {
  const host = new Host();
  host.type(...Array.from({ length: 300 }, () => 'HELLO'));
  expect(host.written).toHaveLength(128 * 'WORLD\n'.length);
  await expect.poll(() => host.written.length).toBe(300 * 'WORLD\n'.length);
});

test('after the last answer no more is taken', () => {
  const host = new Host();
  host.type('one', 'QUIT', 'HELLO');
  host.asked[0]?.answered(posted(1));
  expect(host.written).toBe('POSTED lobby e:1\nBYE\n');
});
