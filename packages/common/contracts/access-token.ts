import { z } from 'zod';
import { role, userId } from './user.ts';
import { username } from './username.ts';

export const tokenIssuer = 'parley';
export const tokenAudience = 'parley';

/** Longest access token that is looked at. */
export const maxTokenLength = 8192;

/** Claims of an access token (JWT, EdDSA). `scope` is space-separated (RFC 8693 §4.2), `exp` in seconds. */
export const accessTokenClaims = z.object({
  iss: z.literal(tokenIssuer),
  aud: z.literal(tokenAudience),
  sub: userId,
  name: username,
  role,
  scope: z.string(),
  sid: z.string().min(1),
  exp: z.int().positive(),
});
export type AccessTokenClaims = z.infer<typeof accessTokenClaims>;

export function scopesOf(scope: string): string[] {
  return scope.split(' ').filter((word) => word !== '');
}
