import { accessTokenClaims } from '@parley/common/contracts/access-token';
import { signedIn } from '@parley/common/contracts/auth';
import { createTokenVerifier } from '@parley/common/runtime/access-tokens';
import { describePostgres } from '@parley/common/runtime/test-databases';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify, UnsecuredJWT } from 'jose';
import { describe, expect, test, vi } from 'vitest';
import { expectProblem, startUsersApi, type TestApi, temporaryPlace } from './start-users-api.ts';

const jwksUrl = ({ url }: TestApi) => new URL('/.well-known/jwks.json', url);

describe('access tokens', () => {
  test('are verified with the published keys, by jose and by every other service', async () => {
    const api = await startUsersApi(await temporaryPlace());
    const { accessToken, user } = await api.register('ada');
    const { payload, protectedHeader } = await jwtVerify(accessToken, createRemoteJWKSet(jwksUrl(api)), {
      issuer: 'parley',
      audience: 'parley',
      algorithms: ['EdDSA'],
    });
    const claims = accessTokenClaims.parse(payload);
    expect(claims).toMatchObject({ sub: user.id, name: 'ada', role: 'admin' });
    expect(claims.exp - (payload.iat ?? 0)).toBe(900);
    expect(protectedHeader.alg).toBe('EdDSA');
    const verifier = createTokenVerifier({ jwksUrl: async () => jwksUrl(api) });
    expect(await verifier.verify(accessToken)).toMatchObject({ id: user.id, name: 'ada', sessionId: claims.sid });
  });

  test('that nobody signed, or somebody else did, are refused', async () => {
    const api = await startUsersApi(await temporaryPlace());
    const { accessToken } = await api.register('ada');
    const [header = '', payload = '', signature = ''] = accessToken.split('.');
    const admin = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), role: 'x' }),
    );
    const unsigned = new UnsecuredJWT(JSON.parse(Buffer.from(payload, 'base64url').toString())).encode();
    for (const token of [unsigned, `${header}.${admin.toString('base64url')}.${signature}`, `${header}.${payload}.`]) {
      await expectProblem(await api.request('GET', '/api/users/me', { token }), 401, 'UNAUTHENTICATED');
    }
  });

  test('a key is published before it signs, and stays while its tokens live', async () => {
    const api = await startUsersApi(await temporaryPlace(), { USERS_KEY_ROTATE_MS: '1000', USERS_KEY_LEAD_MS: '900' });
    const { accessToken, refreshToken } = await api.register('ada');
    const kidOf = (token: string) => decodeProtectedHeader(token).kid;
    const published = async () => {
      const { keys } = (await (await fetch(jwksUrl(api))).json()) as { keys: { kid: string }[] };
      return keys.map(({ kid }) => kid);
    };
    const unpublished: string[] = [];
    const later = await vi.waitFor(
      async () => {
        const before = await published();
        const response = await api.request('POST', '/api/auth/refresh', { body: { refreshToken } });
        const token = signedIn.parse(await response.json()).accessToken;
        if (!before.includes(kidOf(token) ?? '')) unpublished.push(token);
        expect(kidOf(token)).not.toBe(kidOf(accessToken));
        return token;
      },
      { timeout: 10_000 },
    );
    expect(unpublished).toEqual([]);
    expect(await published()).toContain(kidOf(accessToken));
    for (const token of [accessToken, later]) {
      expect((await api.request('GET', '/api/users/me', { token })).status).toBe(200);
    }
  });

  test('a lost service secret costs no session: a new key signs, old tokens still hold', async () => {
    const where = await temporaryPlace();
    const env = (secret: string) => ({ PARLEY_SERVICE_SECRET: secret.repeat(32) });
    const before = await startUsersApi(where, env('a'));
    const { accessToken } = await before.register('ada');
    await before.service.close();
    const after = await startUsersApi(where, env('b'));
    expect((await after.request('GET', '/api/users/me', { token: accessToken })).status).toBe(200);
    const { accessToken: token } = await after.login('ada');
    expect(decodeProtectedHeader(token).kid).not.toBe(decodeProtectedHeader(accessToken).kid);
    expect((await after.request('GET', '/api/users/me', { token })).status).toBe(200);
  });
});

describePostgres('two nodes on one database', (databases) => {
  test('accept each other’s tokens, share sessions and stay one directory', async () => {
    const { databaseUrl = '', dataDir } = await databases.create();
    const env = { PARLEY_SERVICE_SECRET: 'c'.repeat(32) };
    const places = ['one', 'two'].map((folder) => ({ databaseUrl, dataDir: `${dataDir}/${folder}` }));
    const [one, two] = (await Promise.all(places.map((place) => startUsersApi(place, env)))) as [TestApi, TestApi];
    const answers = await Promise.all(Array.from({ length: 4 }, (_, i) => (i % 2 ? one : two).register(`racer${i}`)));
    expect(answers.filter(({ user: { role } }) => role === 'admin')).toHaveLength(1);
    const { accessToken: token, refreshToken } = await one.register('ada');
    expect((await two.request('GET', '/api/users/me', { token })).status).toBe(200);
    const body = { refreshToken };
    const both = await Promise.all([one, two].map((node) => node.request('POST', '/api/auth/refresh', { body })));
    const tokens = await Promise.all(
      both.map(async (response) => ((await response.json()) as typeof body).refreshToken),
    );
    expect(tokens[0]).toBe(tokens[1]);
  });
});
