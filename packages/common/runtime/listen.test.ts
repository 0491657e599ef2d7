import { createServer } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { createClosers } from './closers.ts';
import { connectionsByDescriptors } from './descriptor-limit.ts';
import { httpUrl, listenHttp } from './listen.ts';

it('lets in no more connections than there are descriptors for, or fewer if its maker says so', async () => {
  const closers = createClosers();
  onTestFinished(() => closers.close());
  const options = { host: '127.0.0.1', port: 0, setting: 'none', closers };
  const { server } = await listenHttp(() => {}, options);
  expect(server.maxConnections).toBe(connectionsByDescriptors());
  const small = Object.assign(createServer(), { maxConnections: 7 });
  expect((await listenHttp(small, options)).server.maxConnections).toBe(7);
});

it('gives addresses that can be clicked', () => {
  expect(httpUrl('0.0.0.0', 80)).toBe('http://127.0.0.1:80');
  expect(httpUrl('::', 80)).toBe('http://[::1]:80');
  expect(httpUrl('fe80::1', 80)).toBe('http://[fe80::1]:80');
});
