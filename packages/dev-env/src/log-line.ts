import { inspect, styleText } from 'node:util';

/** What a service wrote, as a person reads it: `12:30:01 chat-ws  WARN  message key=value`. */
export type LogLineStyle = {
  /** The columns that the longest name takes. */
  nameWidth: number;
  /** Whether the reader's terminal shows colours. */
  colours: boolean;
  /** Tells services apart: the service's place in the list. */
  index: number;
};

type Colour = Parameters<typeof styleText>[0];

const NAME_COLOURS = ['cyan', 'green', 'magenta', 'blue', 'yellow'] as const satisfies Colour[];
const LEVELS: Record<number, { word: string; colour: Colour }> = {
  10: { word: 'TRACE', colour: 'gray' },
  20: { word: 'DEBUG', colour: 'gray' },
  40: { word: 'WARN', colour: 'yellow' },
  50: { word: 'ERROR', colour: 'red' },
  60: { word: 'FATAL', colour: 'red' },
};

/** Fields of a log line that are shown otherwise, or that are the same in each. */
const KNOWN_FIELDS = new Set(['level', 'time', 'pid', 'hostname', 'name', 'msg', 'err']);

/** What each service says when it comes and goes: the table of addresses says it, too. */
const ROUTINE = new Set<unknown>(['ready', 'registered', 'withdrawn']);

const WARN = 40;
const ERROR = 50;

export type LogLine = {
  text: string;
  /** Whether it says that something is wrong for good: of a service that only waits for another one it does not. */
  isUrgent: boolean;
};

/**
 * One line of a service's output for a person; undefined for what need not be shown. A line that is no JSON log line
 * (a runtime's warning, a reason not to start) is shown as it is.
 */
export function formatLogLine(name: string, line: string, style: LogLineStyle): LogLine | undefined {
  const entry = parseEntry(line);
  if (!entry) return { text: `${prefixOf(name, style)}  ${line}`, isUrgent: true };
  if (entry.level < WARN && ROUTINE.has(entry.msg)) return undefined;
  return { text: textOf(name, entry, style), isUrgent: entry.level >= ERROR };
}

function textOf(name: string, entry: Entry, style: LogLineStyle): string {
  const level = LEVELS[entry.level];
  const time = new Date(entry.time).toTimeString().slice(0, 8);
  const fields = fieldsOf(entry);
  const parts = [
    paint('gray', time, style),
    prefixOf(name, style),
    level && paint(level.colour, level.word, style),
    entry.msg,
    fields && paint('gray', fields, style),
  ];
  const text = parts.filter(Boolean).join('  ');
  return entry.err ? `${text}\n${indent(errorText(entry.err, entry.level))}` : text;
}

function prefixOf(name: string, style: LogLineStyle): string {
  return paint(NAME_COLOURS[style.index % NAME_COLOURS.length] as Colour, name.padEnd(style.nameWidth), style);
}

function paint(colour: Colour, text: string, { colours }: LogLineStyle): string {
  return colours ? styleText(colour, text, { validateStream: false }) : text;
}

type Entry = { level: number; time: number; msg?: string; err?: { message?: string; stack?: string } };

function parseEntry(line: string): Entry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line);
    return typeof entry.level === 'number' && typeof entry.time === 'number' ? entry : undefined;
  } catch {
    return undefined;
  }
}

function fieldsOf(entry: Entry): string {
  return Object.entries(entry)
    .filter(([key]) => !KNOWN_FIELDS.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : inspect(value, { breakLength: Infinity })}`)
    .join(' ');
}

/** Where an error came from matters when it is the service's own: from level `error` on. */
function errorText(err: { message?: string; stack?: string }, level: number): string {
  return (level >= ERROR && err.stack) || (err.message ?? String(err));
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}
