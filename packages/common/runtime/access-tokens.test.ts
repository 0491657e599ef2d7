import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterEach, expect, it } from 'vitest';
import { createTokenVerifier } from './access-tokens.ts';
import { listenTcp } from './listen.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** A users-api whose answer can be changed; `asked` counts requests for its keys. */
async function serve(body: string, status = 200) {
  const place = { url: new URL('http://127.0.0.1/'), body, status, asked: 0 };
  server = createServer((_req, res) => {
    place.asked += 1;
    res.writeHead(place.status, { 'content-type': 'application/json', connection: 'close' }).end(place.body);
  });
  const { port } = await listenTcp(server, { host: '127.0.0.1', port: 0, setting: 'none' });
  place.url = new URL(`http://127.0.0.1:${port}/.well-known/jwks.json`);
  return place;
}

async function serveKeys(keys: JWK[]): Promise<URL> {
  return (await serve(JSON.stringify({ keys }))).url;
}

async function makeKey(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('Ed25519', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' };
  const sign = (claims: Record<string, unknown> = {}, expires = '15m') =>
    new SignJWT({ name: 'ada', role: 'user', scope: 'chat', sid: 's1', ...claims })
      .setProtectedHeader({ alg: 'EdDSA', kid })
      .setIssuer('parley')
      .setAudience('parley')
      .setSubject('u_1')
      .setExpirationTime(expires)
      .sign(privateKey);
  return { jwk, sign };
}

it('names the user of a good token', async () => {
  const key = await makeKey('k1');
  const url = await serveKeys([key.jwk]);
  const verifier = createTokenVerifier({ jwksUrl: async () => url });
  const identity = await verifier.verify(await key.sign());
  expect(identity).toMatchObject({ id: 'u_1', name: 'ada', role: 'user', scopes: ['chat'], sessionId: 's1' });
  expect(identity.expiresAt).toBeGreaterThan(Date.now() + 14 * 60_000);
});

it('refuses what is expired, of another issuer, signed by a stranger, or no token at all', async () => {
  const key = await makeKey('k1');
  const stranger = await makeKey('k1');
  const url = await serveKeys([key.jwk]);
  const verifier = createTokenVerifier({ jwksUrl: async () => url });
  const refused = [
    key.sign({}, '-1m'),
    stranger.sign(),
    (await makeKey('unknown')).sign(),
    key.sign({ role: 'emperor' }),
    Promise.resolve('abc'),
    Promise.resolve(''),
  ];
  for (const token of refused) {
    await expect(verifier.verify(await token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  }
});

it('says UNAVAILABLE while the keys cannot be had, and goes on with those it has', async () => {
  const key = await makeKey('k1');
  const url = await serveKeys([key.jwk]);
  const verifier = createTokenVerifier({ jwksUrl: async () => url });
  await verifier.verify(await key.sign());
  await new Promise((resolve) => server?.close(resolve));
  expect((await verifier.verify(await key.sign())).id).toBe('u_1');
  const newcomer = createTokenVerifier({ jwksUrl: async () => url });
  await expect(newcomer.verify(await key.sign())).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
});

it('says UNAVAILABLE while what it gets are no keys, and has them as soon as they are there', async () => {
  const key = await makeKey('k1');
  const users = await serve('');
  const verifier = createTokenVerifier({ jwksUrl: async () => users.url, pauseMs: 0 });
  for (const body of ['', 'null', '<html>', '{"keys":"none"}', '{"keys":[null]}']) {
    users.body = body;
    await expect(verifier.verify(await key.sign())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  }
  users.body = JSON.stringify({ keys: [key.jwk] });
  users.status = 500;
  await expect(verifier.verify(await key.sign())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  users.status = 200;
  expect((await verifier.verify(await key.sign())).id).toBe('u_1');
});

it('asks for keys once, whatever is thrown at it', async () => {
  const stranger = await makeKey('unknown');
  const token = await stranger.sign();
  const users = await serve('', 500);
  const verifier = createTokenVerifier({ jwksUrl: async () => users.url });
  for (let i = 0; i < 20; i++) await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(users.asked).toBe(1);
});

it('asks where the keys are only when it needs some', async () => {
  const key = await makeKey('k1');
  const url = await serveKeys([key.jwk]);
  let asked = 0;
  const jwksUrl = async () => {
    asked += 1;
    if (asked > 1) throw new Error('the registry does not know');
    return url;
  };
  const verifier = createTokenVerifier({ jwksUrl });
  for (let i = 0; i < 3; i++) expect((await verifier.verify(await key.sign())).id).toBe('u_1');
});
