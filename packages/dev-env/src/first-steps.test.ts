import { expect, test } from 'vitest';
import { addressesTable } from './addresses-table.ts';
import { firstSteps } from './first-steps.ts';

const services = [
  {
    name: 'udp-discovery',
    addresses: [
      { label: 'datagrams', url: 'udp://127.0.0.1:1400' },
      { label: 'DNS', url: 'dns://127.0.0.1:1600' },
    ],
  },
  { name: 'users-api', addresses: [{ label: 'REST', url: 'http://127.0.0.1:1080' }] },
  { name: 'tcp-gateway', addresses: [{ label: 'lines', url: 'tcp://[::1]:1700' }] },
];

test('the table names each service once and lists its addresses', () => {
  expect(addressesTable(services)).toBe(
    [
      '  udp-discovery  udp://127.0.0.1:1400   datagrams',
      '                 dns://127.0.0.1:1600   DNS',
      '  users-api      http://127.0.0.1:1080  REST',
      '  tcp-gateway    tcp://[::1]:1700       lines',
    ].join('\n'),
  );
});

test('the first steps carry the real addresses, ready to be pasted', () => {
  const steps = firstSteps(services);
  expect(steps).toContain('\n  nc ::1 1700\n');
  expect(steps).toContain('\n  dig @127.0.0.1 -p 1600 SRV chat-ws.parley.\n');
  expect(steps).toMatch(/\n {2}curl http:\/\/127\.0\.0\.1:1080\/api\/auth\/register .*'\{"username":"ada".*\}'\n/);
});
