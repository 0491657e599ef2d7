import { z } from 'zod';
import { errorCodes } from './error-code.ts';
import { instanceName, portName, serviceName } from './service-name.ts';
import { storableText } from './text.ts';

const limits = {
  ports: 8,
  tags: 8,
  versionLength: 32,
  errorLength: 200,
  cookieBytes: 32,
  loadMax: 1000,
} as const;

const address = z.union([z.ipv4(), z.ipv6()]);
export const instanceTag = z.string().regex(/^[a-z0-9][a-z0-9._=-]{0,31}$/, 'must be a tag');
const tags = z.array(instanceTag).max(limits.tags).optional();
const version = storableText({ max: limits.versionLength });
/** How busy the instance is, in thousandths. */
const load = z.int().min(0).max(limits.loadMax).optional();
const leaseMs = z.int().min(0).max(0xffff_ffff).optional();
const cookie = z.custom<Uint8Array>(
  (value) => value instanceof Uint8Array && value.length > 0 && value.length <= limits.cookieBytes,
  `must be 1 to ${limits.cookieBytes} bytes`,
);

const portNumber = z.int().min(1).max(65535);

/** Named ports: 1 to 8 of them, each a DNS label of at most 15 characters. */
const ports = z
  .record(portName, portNumber)
  .refine((named) => Object.keys(named).length >= 1, 'must name a port')
  .refine((named) => Object.keys(named).length <= limits.ports, 'names too many ports');

const place = { address, ports, main: portName, version, load, tags };

/**
 * An instance as `found` and the catalogue list it. `state`: suspect has missed two renewals. `expiresInMs`: what is left of
 * its lease.
 */
export const foundInstance = z.object({
  instance: instanceName,
  ...place,
  state: z.enum(['up', 'suspect']),
  expiresInMs: z.int().min(0).max(0xffff_ffff),
});
export type FoundInstance = z.infer<typeof foundInstance>;

/** "I am here": `main` is the port that SRV gives. `leaseMs`: the lease wished for. */
export const announce = z
  .object({ type: z.literal('announce'), name: serviceName, instance: instanceName, ...place, leaseMs })
  .refine((message) => Object.hasOwn(message.ports, message.main), 'main must be one of the ports');
export type Announce = z.infer<typeof announce>;

/** "I am still here." NOT_FOUND says: announce again. */
export const renew = z.object({ type: z.literal('renew'), name: serviceName, instance: instanceName, load, leaseMs });
export type Renew = z.infer<typeof renew>;

export const withdraw = z.object({ type: z.literal('withdraw'), name: serviceName, instance: instanceName });
export type Withdraw = z.infer<typeof withdraw>;

/** "Where is it?" With a cookie that this address was given, the answer may be of any size. */
export const locate = z.object({
  type: z.literal('locate'),
  name: serviceName,
  tag: instanceTag.optional(),
  cookie: cookie.optional(),
});
export type Locate = z.infer<typeof locate>;

/** "Tell me when it changes", from the catalogue's state `index` on. */
export const watch = z.object({
  type: z.literal('watch'),
  name: serviceName,
  tag: instanceTag.optional(),
  index: z.int().min(0).optional(),
  cookie: cookie.optional(),
});
export type Watch = z.infer<typeof watch>;

/** Done; for announce and renew with the lease that was granted. */
export const ok = z.object({ type: z.literal('ok'), leaseMs });
export type Ok = z.infer<typeof ok>;

/** `total`: instances there are; the datagram may have had no room for all of them. `index`: the catalogue's state. */
export const found = z.object({
  type: z.literal('found'),
  instances: z.array(foundInstance),
  total: z.int().min(0).max(0xffff),
  index: z.int().min(0).optional(),
});
export type Found = z.infer<typeof found>;

export const discoveryError = z.object({
  type: z.literal('error'),
  code: z.enum(errorCodes),
  message: storableText({ max: limits.errorLength }),
});
export type DiscoveryError = z.infer<typeof discoveryError>;

/** "Ask again with this": the answer would be too large for an address that has not proved itself. */
export const cookieAnswer = z.object({ type: z.literal('cookie'), cookie });
export type CookieAnswer = z.infer<typeof cookieAnswer>;

export const discoveryRequests = [announce, renew, withdraw, locate, watch] as const;
export const discoveryAnswers = [ok, found, discoveryError, cookieAnswer] as const;

export const discoveryMessage = z.discriminatedUnion('type', [...discoveryRequests, ...discoveryAnswers]);
export type DiscoveryMessage = z.infer<typeof discoveryMessage>;
export type DiscoveryMessageType = DiscoveryMessage['type'];
