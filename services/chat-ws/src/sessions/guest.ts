import { randomInt } from 'node:crypto';
import type { ChatUser } from '@parley/common/contracts/chat/chat-user';
import { guestIdPrefix, guestNamePrefix } from '@parley/common/contracts/username';

const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
const slugLength = 20;

/** `guest-<slug>-<4 random>` with the id `g_<random>`: what somebody wants to be called, in letters that every transport can write. */
export function createGuest(wish: string): ChatUser {
  return { id: `${guestIdPrefix}${random(16)}`, name: `${guestNamePrefix}${slugOf(wish)}-${random(4)}`, guest: true };
}

/** Letters without their accents, digits, and single hyphens; `anon` when nothing is left. */
export function slugOf(wish: string): string {
  const slug = wish
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, slugLength)
    .replace(/^-+|-+$/g, '');
  return slug === '' ? 'anon' : slug;
}

function random(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}
