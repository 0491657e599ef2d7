import { type SignedIn, signedIn } from '@parley/common/contracts/auth';
import { type CreatedWebhook, type CreateWebhook, createdWebhook } from '@parley/common/contracts/webhook';
import got from 'got';

const OPTIONS = { timeout: { request: 10_000 }, retry: { limit: 0 } } as const;

/** Registers somebody with users-api. `setupToken`: in production, to become the first admin. */
export async function register(port: number, username: string, setupToken?: string): Promise<SignedIn> {
  const json = { username, email: `${username}@example.org`, password: 'correct horse battery', setupToken };
  return signedIn.parse(await got.post(`http://127.0.0.1:${port}/api/auth/register`, { ...OPTIONS, json }).json());
}

export async function login(port: number, username: string): Promise<SignedIn> {
  const json = { username, password: 'correct horse battery' };
  return signedIn.parse(await got.post(`http://127.0.0.1:${port}/api/auth/login`, { ...OPTIONS, json }).json());
}

/** Registers a webhook with the worker, in the name of an admin. */
export async function addWebhook(
  port: number,
  token: string,
  webhook: Pick<CreateWebhook, 'url' | 'events'>,
): Promise<CreatedWebhook> {
  const headers = { authorization: `Bearer ${token}` };
  const url = `http://127.0.0.1:${port}/api/webhooks`;
  return createdWebhook.parse(await got.post(url, { ...OPTIONS, headers, json: webhook }).json());
}
