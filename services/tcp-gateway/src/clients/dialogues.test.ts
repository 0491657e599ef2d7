import type { Speaker } from '@parley/common/dialogue/step';
import { encodeFrame } from '@parley/common/wire/frames';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameDialogue } from '../frames/frame-dialogue.ts';
import { LineDialogue } from '../lines/line-dialogue.ts';
import type { Dialogue } from './dialogue.ts';
import { StepSource } from './step-source.ts';

const limits = { maxLineBytes: 40, maxFrameBytes: 200, heartbeatMs: 1000 };

const speakers: Speaker[] = [
  { name: undefined, currentRoom: undefined, isLate: false },
  { name: undefined, currentRoom: undefined, isLate: true },
  { name: 'ada', currentRoom: undefined, isLate: true },
  { name: 'ada', currentRoom: 'lobby', isLate: true },
];

/** What all the input comes to, as text. */
function stepsOf(dialogue: Dialogue, chunks: Buffer[]): string[] {
  const source = new StepSource(dialogue);
  for (const chunk of chunks) source.feed(chunk);
  source.end();
  const steps: string[] = [];
  for (let step = source.next(); step !== undefined; step = source.next()) steps.push(JSON.stringify(step));
  return steps;
}

function splitAt(bytes: Buffer, cuts: number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place));
}

const word = fc.constantFrom(
  'HELLO',
  'join lobby',
  '/who',
  '//x',
  'MSG',
  'RESUME t',
  'GET / HTTP/1.1',
  'x'.repeat(50),
  '\xff',
);
const lines = fc.array(fc.tuple(fc.oneof(word, fc.string()), fc.constantFrom('\n', '\r\n', ' ', '')), {
  maxLength: 12,
});
const payload = fc.oneof(
  fc.json(),
  fc.constantFrom('{"type":"ping","id":1}', '{"type":"auth","guest":"a"}', '{"type":"post","room":"a","text":"b"}'),
  fc.uint8Array({ maxLength: 250 }),
);
const cutting = fc.array(fc.nat(2_000), { maxLength: 10 });
const speaking = fc.constantFrom(...speakers);

test('whatever comes as lines, it comes to the same steps however it is split, and nothing is thrown', () => {
  fc.assert(
    fc.property(lines, fc.uint8Array({ maxLength: 30 }), cutting, speaking, (texts, garbage, cuts, speaker) => {
      const bytes = Buffer.concat([Buffer.from(texts.flat().join(''), 'latin1'), garbage]);
      const whole = stepsOf(new LineDialogue(speaker, limits), [bytes]);
      expect(stepsOf(new LineDialogue(speaker, limits), splitAt(bytes, cuts))).toEqual(whole);
    }),
  );
});

test('whatever comes as frames, it comes to the same steps however it is split, and nothing is thrown', () => {
  fc.assert(
    fc.property(fc.array(payload, { maxLength: 8 }), cutting, speaking, (payloads, cuts, speaker) => {
      const bytes = Buffer.concat(payloads.map((content) => encodeFrame(content)));
      const whole = stepsOf(new FrameDialogue(speaker, limits), [bytes]);
      expect(stepsOf(new FrameDialogue(speaker, limits), splitAt(bytes, cuts))).toEqual(whole);
    }),
  );
});
