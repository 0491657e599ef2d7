import type { TestClient } from './client.ts';
import type { TestChat } from './start-chat.ts';

export type Call = { body?: unknown; headers?: Record<string, string> };
export type Answer = { status: number; headers: Headers; body: Record<string, unknown> };

/** REST as a user whose id is `u_` and its name; `root` is an admin. */
export function restOf(chat: TestChat) {
  const tokenOf = (name: string) =>
    chat.usersApi.token({ id: `u_${name}`, name, role: name === 'root' ? 'admin' : 'user' });

  async function call(
    who: string | undefined,
    method: string,
    path: string,
    { body, headers }: Call = {},
  ): Promise<Answer> {
    const res = await fetch(`${chat.http}/api/rooms${path}`, {
      method,
      headers: {
        ...(who !== undefined && { authorization: `Bearer ${tokenOf(who)}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await res.text();
    return { status: res.status, headers: res.headers, body: text === '' ? {} : JSON.parse(text) };
  }

  /** A client that has logged in. */
  async function login(name: string): Promise<TestClient> {
    const client = await chat.client();
    await client.ask<'auth_success'>({ type: 'auth', token: tokenOf(name) });
    return client;
  }

  return {
    call,
    login,
    tokenOf,
    create: (who: string, name: string, more: object = {}) => call(who, 'POST', '', { body: { name, ...more } }),
    put: (who: string, room: string, user: string, role: string) =>
      call(who, 'PUT', `/${room}/members/${user}`, { body: { role } }),
    remove: (who: string, room: string, user: string) => call(who, 'DELETE', `/${room}/members/${user}`),
    /** A client of a user that has joined a room. */
    async joined(name: string, room: string): Promise<TestClient> {
      const client = await login(name);
      await client.ask<'joined'>({ type: 'join', room });
      return client;
    },
  };
}
