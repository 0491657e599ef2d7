import { createServer, type Server } from 'node:http';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { pageQuery } from '../contracts/list.ts';
import { problem } from '../contracts/problem.ts';
import { allowMethods } from './allow-methods.ts';
import { requireMatch, sendTagged } from './conditional.ts';
import { parseBody, parseBodyOf, parseParams, parseQuery, sendPage } from './http-input.ts';
import { listenTcp } from './listen.ts';
import { silentLogger } from './logger.ts';
import { problemHandler } from './problem.ts';

const thing = z.object({ name: z.string().min(1), size: z.coerce.number() });
const form = 'application/x-www-form-urlencoded';

let server: Server;
let url: string;

beforeAll(async () => {
  const app = express().use(express.json(), express.urlencoded({ extended: false }));
  app.post('/things', (req, res) => void res.json(parseBody(thing, req)));
  app.get('/things', (req, res) => {
    const { page, per_page: perPage } = parseQuery(pageQuery, req);
    sendPage(req, res, { items: [], page, perPage, total: 5 });
  });
  allowMethods(app, '/things', 'GET', 'POST');
  app.post('/forms', (req, res) => void res.json(parseBodyOf(['application/json', form], thing, req)));
  app.get('/things/:id', (req, res) => {
    const { id } = parseParams(z.object({ id: z.coerce.number().int() }), req);
    sendTagged(req, res, `"${id}"`, { id });
  });
  app.delete('/things/:id', (req, res) => {
    requireMatch(req, `"${req.params.id}"`);
    res.status(204).end();
  });
  app.use(problemHandler(silentLogger()));
  server = createServer(app);
  const { port } = await listenTcp(server, { host: '127.0.0.1', port: 0, setting: 'none' });
  url = `http://127.0.0.1:${port}`;
});
afterAll(() => server.close());

function send(method: string, path: string, headers: Record<string, string> = {}, body?: string) {
  return fetch(`${url}${path}`, { method, headers, body });
}

describe('H6 input', () => {
  it('names every wrong field', async () => {
    const answer = await send('POST', '/things', { 'content-type': 'application/json' }, '{"name":"","size":"x"}');
    expect(answer.status).toBe(400);
    const said = problem.parse(await answer.json());
    expect(said).toMatchObject({ code: 'BAD_MESSAGE', detail: 'The body is not as expected.' });
    expect(said.errors?.map(({ path }) => path)).toEqual(['name', 'size']);
  });

  it('names a wrong parameter of query and path', async () => {
    expect(await (await send('GET', '/things?per_page=101')).json()).toMatchObject({ errors: [{ path: 'per_page' }] });
    expect(await (await send('GET', '/things/x')).json()).toMatchObject({ errors: [{ path: 'id' }] });
  });

  it('H14 takes the content types of the route only', async () => {
    expect((await send('POST', '/things', { 'content-type': form }, 'name=a&size=1')).status).toBe(415);
    expect((await send('POST', '/things')).status).toBe(415);
    const read = await send('POST', '/forms', { 'content-type': form }, 'name=a&size=1');
    expect(await read.json()).toEqual({ name: 'a', size: 1 });
  });
});

describe('H5 pages', () => {
  it('link to their neighbours and keep the other parameters', async () => {
    const answer = await send('GET', '/things?per_page=2&page=2&q=a');
    expect(await answer.json()).toEqual({ items: [], page: 2, perPage: 2, total: 5 });
    expect(answer.headers.get('link')).toBe(
      '</things?per_page=2&page=1&q=a>; rel="prev", </things?per_page=2&page=3&q=a>; rel="next", ' +
        '</things?per_page=2&page=1&q=a>; rel="first", </things?per_page=2&page=3&q=a>; rel="last"',
    );
  });

  it('beyond the last one link back to it', async () => {
    const answer = await send('GET', '/things?per_page=2&page=9');
    expect(answer.headers.get('link')).toContain('</things?per_page=2&page=3>; rel="prev", ');
    expect(answer.headers.get('link')).not.toContain('next');
  });
});

describe('H14 methods', () => {
  it('that a path has not are 405 with those it has', async () => {
    const answer = await send('PUT', '/things');
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, POST, HEAD, OPTIONS');
    expect(await answer.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
  });

  it('are told to OPTIONS', async () => {
    const answer = await send('OPTIONS', '/things');
    expect([answer.status, answer.headers.get('allow')]).toEqual([204, 'GET, POST, HEAD, OPTIONS']);
  });
});

describe('conditional requests', () => {
  it.each([['"7"'], ['W/"7"'], ['"a,b", "7"'], ['*']])('If-None-Match: %s is 304 without a body', async (tags) => {
    const answer = await send('GET', '/things/7', { 'if-none-match': tags });
    expect([answer.status, await answer.text(), answer.headers.get('etag')]).toEqual([304, '', '"7"']);
  });

  it('another version is sent', async () => {
    const answer = await send('GET', '/things/7', { 'if-none-match': '"6", "8"' });
    expect([answer.status, await answer.json()]).toEqual([200, { id: 7 }]);
  });

  it.each([
    ['"7"', 204],
    ['"6", "7"', 204],
    ['*', 204],
    ['"6"', 412],
    ['W/"7"', 412],
    ['nonsense', 412],
  ])('If-Match: %s is %d', async (tags, status) => {
    expect((await send('DELETE', '/things/7', { 'if-match': tags })).status).toBe(status);
  });
});
