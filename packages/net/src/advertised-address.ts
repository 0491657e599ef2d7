import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

type Interfaces = Record<string, NetworkInterfaceInfo[] | undefined>;

/**
 * The address at which others reach a listener: the one that was set, else the one it is bound to; for a wildcard the
 * first of the machine's own, IPv4 before IPv6, loopback only when there is nothing else.
 */
export function advertisedAddress(
  { advertise, host }: { advertise?: string | undefined; host: string },
  interfaces: Interfaces = networkInterfaces(),
): string {
  if (advertise) return advertise;
  if (host !== '0.0.0.0' && host !== '::') return host;
  const own = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    // A link-local IPv6 address means nothing without the asker's own interface.
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  const ipv4 = own.find(({ family }) => family === 'IPv4');
  const ipv6 = own.find(({ family }) => family === 'IPv6');
  if (host === '0.0.0.0') return ipv4?.address ?? '127.0.0.1';
  return ipv4?.address ?? ipv6?.address ?? '::1';
}
