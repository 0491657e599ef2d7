import { randomUUID } from 'node:crypto';
import compression from 'compression';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { isLoopback } from './common-settings.ts';
import { ParleyError } from './errors.ts';
import type { Metrics } from './metrics.ts';
import { boundPipelinedRequests } from './pipelined-requests.ts';
import { problemHandler } from './problem.ts';
import { type Check, readiness } from './readiness.ts';
import { bearerToken, type ServiceTokens } from './service-tokens.ts';
import type { ServiceContext } from './start-service.ts';

export type HttpAppOptions = {
  context: ServiceContext;
  metrics: Metrics;
  tokens: ServiceTokens;
  checks: Check[];
  /** Largest JSON body. */
  maxBodyBytes?: number;
  /** What must be done before a body is read, such as CORS: also an unreadable body's error has to carry its headers. */
  before?: RequestHandler[];
};

/** A request id that a client may choose: printable, short, safe in a log. */
const REQUEST_ID = /^[\w.:/+=-]{1,128}$/;

/**
 * What every service's HTTP port has: a bound for requests under way, security headers, request ids, a request log, compression, JSON bodies,
 * `/healthz`, `/readyz` and `/metrics`. The service adds its routes and then calls `finishHttpApp`.
 */
export function createHttpApp({
  context,
  metrics,
  tokens,
  checks,
  maxBodyBytes = 1 << 20,
  before = [],
}: HttpAppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', context.settings.trustedProxies);
  app.set('query parser', 'simple');
  const ended = metrics.counter({
    name: 'parley_http_pipelining_ended_total',
    help: 'Connections that were ended because too many of their requests were under way at once.',
  });
  app.use(boundPipelinedRequests(() => ended.inc()));
  app.use(requestLog(context), helmet(), compression());
  app.get('/healthz', (_req, res) => void res.json({ status: 'ok', service: context.name, version: context.version }));
  app.get('/readyz', readiness({ checks, closers: context.closers, log: context.log }));
  app.get('/metrics', metricsGuard(context, tokens), async (_req, res) => {
    res.type('text/plain; version=0.0.4').send(await metrics.text());
  });
  for (const handler of before) app.use(handler);
  app.use(express.json({ limit: maxBodyBytes }));
  return app;
}

/** Ends the chain: what no route took is 404, and every error becomes problem details. */
export function finishHttpApp(app: Express, context: ServiceContext): Express {
  app.use((req) => {
    throw new ParleyError('NOT_FOUND', `There is nothing at ${req.method} ${req.path}.`);
  });
  app.use(problemHandler(context.log));
  return app;
}

function requestLog({ log }: ServiceContext): RequestHandler {
  return (req, res, next) => {
    const given = req.headers['x-request-id'];
    const requestId = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    res.locals.requestId = requestId;
    res.set('X-Request-Id', requestId);
    const startedAt = performance.now();
    const path = req.path;
    res.once('close', () => {
      const ms = Math.round(performance.now() - startedAt);
      const level = path === '/healthz' || path === '/readyz' || path === '/metrics' ? 'trace' : 'debug';
      log[level]({ requestId, method: req.method, path, status: res.statusCode, ms, peer: req.ip }, 'request');
    });
    next();
  };
}

/** A proxy says so: what it passes on is not from this machine, though the proxy is. */
const PASSED_ON = ['x-forwarded-for', 'forwarded', 'via'];

/** In production, figures are for this machine and for those who hold the service secret. */
function metricsGuard({ settings }: ServiceContext, tokens: ServiceTokens): RequestHandler {
  return async (req, _res, next) => {
    const isNear = isLoopback((req.socket.remoteAddress ?? '').replace(/^::ffff:/, ''));
    const local = isNear && PASSED_ON.every((name) => req.headers[name] === undefined);
    if (settings.mode === 'production' && !local) await tokens.verify(bearerToken(req.headers.authorization) ?? '');
    next();
  };
}
