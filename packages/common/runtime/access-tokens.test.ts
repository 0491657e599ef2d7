import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterEach, expect, it } from 'vitest';
import { createTokenVerifier } from './access-tokens.ts';
import { listenTcp } from './listen.ts';

let server: Server | undefined;
afterEach(() => server?.close());

async function serveKeys(keys: JWK[]): Promise<URL> {
  server = createServer((_req, res) => {
    res.setHeader('content-type', 'application/json').setHeader('connection', 'close').end(JSON.stringify({ keys }));
  });
  const { port } = await listenTcp(server, { host: '127.0.0.1', port: 0, setting: 'none' });
  return new URL(`http://127.0.0.1:${port}/.well-known/jwks.json`);
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
