import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';
import { PinoPretty as pinoPretty } from 'pino-pretty';

export type { Logger } from 'pino';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Values under these keys never reach a log, at the top level or one below it. */
const SECRETS = ['token', 'ticket', 'secret', 'password', 'authorization', 'cookie', 'refreshToken', 'accessToken'];

export type LoggerOptions = {
  name: string;
  level?: (typeof logLevels)[number];
  /** For a person at a terminal instead of a JSON line for a collector. */
  pretty?: boolean;
  destination?: DestinationStream;
};

export function createLogger({ name, level = 'info', pretty = false, destination }: LoggerOptions): Logger {
  const redact = { paths: SECRETS.flatMap((key) => [key, `*.${key}`]), censor: '[secret]' };
  const options = { name, level, redact, serializers: { err: withoutRequest } };
  return pino(options, destination ?? (pretty ? prettyStream() : pino.destination({ fd: 1, sync: true })));
}

/** Errors of HTTP clients carry the request that failed, with its token, and the answer: neither is for a log. */
function withoutRequest(err: unknown): unknown {
  if (!(err instanceof Error)) return err;
  const { options, request, response, ...rest } = stdSerializers.err(err);
  return rest;
}

/** In this thread and unbuffered, so that the last lines before an exit are not lost. */
function prettyStream(): DestinationStream {
  return pinoPretty({ sync: true, translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname', singleLine: true });
}

export const silentLogger = (): Logger => pino({ level: 'silent' });
