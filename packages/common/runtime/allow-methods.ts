import type { Express } from 'express';
import { ParleyError } from './errors.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * After the routes of a path: any other method is answered with 405 and `Allow`, OPTIONS with `Allow` alone
 * (RFC 9110 §9.3.7, §15.5.6).
 */
export function allowMethods(app: Express, path: string, ...methods: Method[]): void {
  const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  app.all(path, (req, res) => {
    res.set('Allow', allowed);
    if (req.method === 'OPTIONS') return void res.status(204).end();
    throw new ParleyError('METHOD_NOT_ALLOWED', `${req.method} is not possible here; possible are ${allowed}.`);
  });
}
