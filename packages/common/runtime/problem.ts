import type { ErrorRequestHandler, Request, Response } from 'express';
import { databaseAway } from './database-errors.ts';
import { ERRORS, ParleyError, toParleyError } from './errors.ts';
import type { Logger } from './logger.ts';

/** The one place where errors become HTTP answers: problem details (RFC 9457). */
export function problemHandler(log: Logger): ErrorRequestHandler {
  return (thrown: unknown, req, res, _next) => {
    const { requestId } = res.locals;
    if (res.headersSent) {
      log.error({ err: thrown, requestId }, 'an answer was broken off');
      res.destroy();
      return;
    }
    const err = fromExpress(thrown) ?? databaseAway(thrown) ?? toParleyError(thrown);
    if (ERRORS[err.code].httpStatus >= 500) {
      // A fault of ours is an error; what cannot be had now has its own figures and readiness.
      const level = err.code === 'INTERNAL' ? 'error' : 'warn';
      log[level]({ err: err.cause ?? err, requestId }, 'request failed');
    }
    sendProblem(req, res, err);
  };
}

/** `more`: members of the problem beyond the common ones (RFC 9457 §3.2). */
export function sendProblem(req: Request, res: Response, err: ParleyError, more: Record<string, unknown> = {}): void {
  const { httpStatus, title } = ERRORS[err.code];
  if (httpStatus === 401) res.set('WWW-Authenticate', 'Bearer');
  if (err.retryAfterMs !== undefined) res.set('Retry-After', String(Math.ceil(err.retryAfterMs / 1000)));
  res
    .status(httpStatus)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: 'about:blank',
        title,
        status: httpStatus,
        detail: err.publicMessage,
        instance: req.originalUrl.split('?')[0],
        code: err.code,
        ...(err.details && { errors: err.details }),
        ...more,
      }),
    );
}

/** Errors of express and its body parsers carry a status and, where it is safe to show, a message. */
function fromExpress(thrown: unknown): ParleyError | undefined {
  const { status, type } = thrown as { status?: unknown; type?: unknown };
  if (status === 413) return new ParleyError('TOO_LARGE', 'The body is too large.', { cause: thrown });
  if (status === 415)
    return new ParleyError('UNSUPPORTED_MEDIA_TYPE', 'The encoding is not supported.', { cause: thrown });
  if (type === 'entity.parse.failed')
    return new ParleyError('BAD_MESSAGE', 'The body is not valid JSON.', { cause: thrown });
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new ParleyError('BAD_MESSAGE', 'The request cannot be read.', { cause: thrown });
  }
  return undefined;
}
