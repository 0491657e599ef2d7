import type { LogLine } from './log-line.ts';

/** Start and stop that take longer are explained by what the services say. */
const HOLD_MS = 5_000;

export type Printer = {
  /** To the reader, at once. */
  say(text: string): void;
  /** What a service logs. While lines are held back, only what is urgent comes through. */
  log(line: LogLine): void;
  /** From now on lines are held back, for a while: services that start and stop together complain of each other. */
  hold(): void;
  showHeld(): void;
  dropHeld(): void;
};

/** Holds lines back from its start on. */
export function createPrinter(write: (text: string) => void): Printer {
  let held: string[] | undefined;
  let timer: NodeJS.Timeout | undefined;
  const say = (text: string) => write(`${text}\n`);
  const printer: Printer = {
    say,
    log({ text, isUrgent }) {
      if (held && !isUrgent) held.push(text);
      else say(text);
    },
    hold() {
      held = [];
      timer = setTimeout(printer.showHeld, HOLD_MS).unref();
    },
    showHeld() {
      for (const text of held ?? []) say(text);
      printer.dropHeld();
    },
    dropHeld() {
      clearTimeout(timer);
      held = undefined;
    },
  };
  printer.hold();
  return printer;
}
