import { expect, it } from 'vitest';
import { createLogger } from './logger.ts';

function logged(write: (log: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(createLogger({ name: 'test', destination: { write: (line) => void lines.push(line) } }));
  return lines.join('');
}

it('keeps secrets out, at the top and one level below', () => {
  const line = logged((log) => log.info({ token: 'hush', user: { password: 'hush', name: 'ada' } }, 'login'));
  expect(line).not.toContain('hush');
  expect(line).toContain('ada');
});

it('logs an error without the request that it carries', () => {
  const request = { headers: { authorization: 'Bearer hush' } };
  const err = Object.assign(new Error('refused'), {
    code: 'ECONNREFUSED',
    options: request,
    request,
    response: request,
  });
  const line = logged((log) => log.warn({ err }, 'away'));
  expect(line).not.toContain('hush');
  expect(JSON.parse(line).err).toMatchObject({ message: 'refused', code: 'ECONNREFUSED', stack: expect.any(String) });
});
