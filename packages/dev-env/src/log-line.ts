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

/** The message with which a service says that it serves: the table of addresses says it, too. */
const READY = 'ready';

/**
 * One line of a service's output for a person; undefined for what need not be shown. A line that is no JSON log line
 * (a runtime's warning, a reason not to start) is shown as it is.
 */
export function formatLogLine(name: string, line: string, style: LogLineStyle): string | undefined {
  const entry = parseEntry(line);
  if (entry?.msg === READY) return undefined;
  const paint = (colour: Colour, text: string) =>
    style.colours ? styleText(colour, text, { validateStream: false }) : text;
  const colour = NAME_COLOURS[style.index % NAME_COLOURS.length] as Colour;
  const prefix = paint(colour, name.padEnd(style.nameWidth));
  if (!entry) return `${prefix}  ${line}`;
  const level = LEVELS[entry.level];
  const time = new Date(entry.time).toTimeString().slice(0, 8);
  const parts = [paint('gray', time), prefix, level && paint(level.colour, level.word), entry.msg];
  const fields = fieldsOf(entry);
  const text = [...parts, fields && paint('gray', fields)].filter(Boolean).join('  ');
  return entry.err ? `${text}\n${indent(errorText(entry.err, entry.level))}` : text;
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
  return (level >= 50 && err.stack) || (err.message ?? String(err));
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}
