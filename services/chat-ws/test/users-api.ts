import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type TokenOptions = {
  id?: string;
  name?: string;
  /** Seconds from now. */
  expiresIn?: number;
  issuer?: string;
};

/** As much of users-api as chat-ws needs: keys at their address, and tokens signed with them. */
export async function startUsersApi() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const kid = randomBytes(4).toString('hex');
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'EdDSA', use: 'sig' }];
  const state = { isAway: false };
  const server = createServer((req, res) => {
    if (state.isAway) req.socket.destroy();
    else if (req.url === '/.well-known/jwks.json')
      res.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
    else res.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  function token({ id = `u_${kid}`, name = 'ada', expiresIn = 900, issuer = 'parley' }: TokenOptions = {}): string {
    const exp = Math.floor(Date.now() / 1000) + expiresIn;
    const claims = { iss: issuer, aud: 'parley', sub: id, name, role: 'user', scope: '', sid: 's1', exp };
    const signed = `${encode({ alg: 'EdDSA', typ: 'JWT', kid })}.${encode(claims)}`;
    return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    /** Whether it answers. */
    state,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export type UsersApi = Awaited<ReturnType<typeof startUsersApi>>;

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
