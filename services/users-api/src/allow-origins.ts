import cors from 'cors';
import type { Request, RequestHandler } from 'express';

/** Pages of these origins may call, with tokens but never with cookies (there are none); no other page may. */
export function allowOrigins(origins: string[]): RequestHandler {
  const answer = cors({
    origin: origins,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'If-None-Match', 'X-Request-Id'],
    exposedHeaders: [
      'ETag',
      'Idempotency-Replayed',
      'Link',
      'Location',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
      'Retry-After',
      'X-Request-Id',
    ],
    maxAge: 600,
  });
  // To `cors` every OPTIONS is a preflight. One that asks for no method wants to know what the path allows.
  const isPlainOptions = (req: Request) =>
    req.method === 'OPTIONS' && req.headers['access-control-request-method'] === undefined;
  return (req, res, next) => (isPlainOptions(req) ? next() : answer(req, res, next));
}
