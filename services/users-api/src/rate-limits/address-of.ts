import { networkOf } from '@parley/net/network-of';
import type { Request } from 'express';

/** Whom a request is counted for: its IPv4 address, or its IPv6 network. */
export function addressOf({ ip = 'unknown' }: Request): string {
  return networkOf(ip, { ipv4Bits: 32 });
}
