import type { RequestHandler } from 'express';
import { requestOrigin } from '../request-origin.ts';

/** `GET /`: a greeting as text that says what this is, who asks, and what to do next. */
export function greetingRoute(version: string): RequestHandler {
  return (req, res) => {
    const base = requestOrigin(req);
    const agent = req.headers['user-agent'];
    const body = JSON.stringify({ username: 'ada', email: 'ada@example.org', password: 'correct horse' });
    const lines = [
      'Hello, World!',
      '',
      `This is users-api of Parley ${version}: users, sessions and signed tokens over REST.`,
      agent ? `You came with ${agent}.` : 'You did not say what you came with.',
      '',
      'Register:',
      `  curl ${base}/api/auth/register -H 'Content-Type: application/json' -d '${body}'`,
      'Ask who you are, with the accessToken of the answer:',
      `  curl ${base}/api/users/me -H 'Authorization: Bearer …'`,
    ];
    res
      .vary('User-Agent')
      .type('text/plain')
      .send(`${lines.join('\n')}\n`);
  };
}
