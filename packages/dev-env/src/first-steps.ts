import type { ReadyService } from './addresses-table.ts';

/** Three things to try, each to be pasted as it is. */
export function firstSteps(services: ReadyService[]): string {
  const line = find(services, 'tcp-gateway', 'tcp:');
  const dns = find(services, 'udp-discovery', 'dns:');
  const users = find(services, 'users-api', 'http:');
  const steps = [
    line && {
      what: 'talk in a room (then type: NAME ada, JOIN lobby, hello)',
      paste: `nc ${hostOf(line)} ${line.port}`,
    },
    dns && { what: 'find a service', paste: `dig @${hostOf(dns)} -p ${dns.port} SRV chat-ws.parley.` },
    users && {
      what: 'register a user',
      paste: `curl ${users.origin}/api/auth/register -H 'Content-Type: application/json' -d '{"username":"ada","email":"ada@example.org","password":"correct horse"}'`,
    },
  ].filter((step) => step !== undefined);
  return ['Try:', ...steps.map(({ what, paste }) => `  ${paste}\n      ${what}`)].join('\n');
}

function find(services: ReadyService[], name: string, protocol: string): URL | undefined {
  const urls = services.find((service) => service.name === name)?.addresses.map(({ url }) => new URL(url));
  return urls?.find((url) => url.protocol === protocol);
}

/** An IPv6 address without its brackets. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}
