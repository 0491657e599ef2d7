import type { RequestHandler } from 'express';
import type { Parts } from '../parts.ts';

/** `GET /.well-known/jwks.json`: the keys that access tokens are checked with (RFC 7517 §5, §8.5.2). */
export function jwksRoute({ keys }: Pick<Parts, 'keys'>): RequestHandler {
  return (_req, res) => {
    const { keys: published, maxAgeS } = keys.jwks();
    res.set('Cache-Control', `public, max-age=${maxAgeS}`).type('application/jwk-set+json');
    res.send(JSON.stringify({ keys: published }));
  };
}
