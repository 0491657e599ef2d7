import {
  type DiscoveryMessage,
  type DiscoveryMessageType,
  discoveryMessage,
  type FoundInstance,
} from '../contracts/discovery.ts';
import { parseContract } from '../contracts/parse-contract.ts';
import { ByteReader } from './byte-reader.ts';
import { Fields, field, u16Field, u32Field, u64Field } from './tlv.ts';

/** Tags of a datagram's fields; docs/protocol.md has their table. Never reused; unknown ones are passed over. */
const fieldTags = {
  name: 1,
  instance: 2,
  address: 3,
  port: 4,
  main: 5,
  version: 6,
  load: 7,
  tag: 8,
  leaseMs: 9,
  found: 10,
  state: 11,
  expiresInMs: 12,
  total: 13,
  index: 14,
  code: 15,
  message: 16,
  cookie: 17,
} as const;

const states = ['up', 'suspect'] as const;

type Place = Pick<FoundInstance, 'instance' | 'address' | 'ports' | 'main' | 'version' | 'load' | 'tags'>;

/** The fields of a message, in the order of their tags. */
export function encodeBody(message: DiscoveryMessage): Buffer {
  switch (message.type) {
    case 'announce':
      return Buffer.concat([field(fieldTags.name, message.name), ...placeFields(message), ...lease(message.leaseMs)]);
    case 'renew':
      return Buffer.concat([...whoFields(message), ...loadField(message.load), ...lease(message.leaseMs)]);
    case 'withdraw':
      return Buffer.concat(whoFields(message));
    case 'locate':
      return Buffer.concat([...whereFields(message), ...cookieField(message.cookie)]);
    case 'watch':
      return Buffer.concat([...whereFields(message), ...indexField(message.index), ...cookieField(message.cookie)]);
    case 'ok':
      return Buffer.concat(lease(message.leaseMs));
    case 'found':
      return Buffer.concat([
        ...message.instances.map(encodeFoundInstance),
        u16Field(fieldTags.total, message.total),
        ...indexField(message.index),
      ]);
    case 'error':
      return Buffer.concat([field(fieldTags.code, message.code), field(fieldTags.message, message.message)]);
    case 'cookie':
      return Buffer.concat(cookieField(message.cookie));
  }
}

/** One instance of `found`, with its field header. */
export function encodeFoundInstance(instance: FoundInstance): Buffer {
  const state = Buffer.of(states.indexOf(instance.state));
  const inner = [
    ...placeFields(instance),
    field(fieldTags.state, state),
    u32Field(fieldTags.expiresInMs, instance.expiresInMs),
  ];
  return field(fieldTags.found, Buffer.concat(inner));
}

/** The message in a body, checked against its contract. Throws ParleyError BAD_MESSAGE. */
export function decodeBody(type: DiscoveryMessageType, body: Uint8Array): DiscoveryMessage {
  const fields = new Fields(body);
  return parseContract(discoveryMessage, { type, ...readFields(type, fields) }, type);
}

function readFields(type: DiscoveryMessageType, fields: Fields): object {
  const name = fields.text(fieldTags.name);
  const instance = fields.text(fieldTags.instance);
  const load = fields.u16(fieldTags.load);
  const leaseMs = fields.u32(fieldTags.leaseMs);
  switch (type) {
    case 'announce':
      return { name, ...readPlace(fields), leaseMs };
    case 'renew':
      return { name, instance, load, leaseMs };
    case 'withdraw':
      return { name, instance };
    case 'locate':
    case 'watch': {
      const index = fields.u64(fieldTags.index);
      return { name, tag: fields.text(fieldTags.tag), index, cookie: fields.bytes(fieldTags.cookie) };
    }
    case 'ok':
      return { leaseMs };
    case 'found': {
      const instances = fields.all(fieldTags.found).map((value) => readFoundInstance(new Fields(value)));
      return { instances, total: fields.u16(fieldTags.total), index: fields.u64(fieldTags.index) };
    }
    case 'error':
      return { code: fields.text(fieldTags.code), message: fields.text(fieldTags.message) };
    case 'cookie':
      return { cookie: fields.bytes(fieldTags.cookie) };
  }
}

function readFoundInstance(fields: Fields): object {
  const state = fields.u8(fieldTags.state);
  const expiresInMs = fields.u32(fieldTags.expiresInMs);
  return { ...readPlace(fields), state: state === undefined ? undefined : states[state], expiresInMs };
}

function readPlace(fields: Fields): object {
  const tags = fields.all(fieldTags.tag).map((value) => new ByteReader(value).text(value.length));
  return {
    instance: fields.text(fieldTags.instance),
    address: fields.text(fieldTags.address),
    ports: Object.fromEntries(fields.all(fieldTags.port).map(readPort)),
    main: fields.text(fieldTags.main),
    version: fields.text(fieldTags.version),
    load: fields.u16(fieldTags.load),
    tags: tags.length === 0 ? undefined : tags,
  };
}

/** u16 port, then its name. */
function readPort(value: Buffer): [string, number] {
  const reader = new ByteReader(value);
  const port = reader.u16();
  return [reader.text(reader.remaining), port];
}

function placeFields({ instance, address, ports, main, version, load, tags = [] }: Place): Buffer[] {
  return [
    field(fieldTags.instance, instance),
    field(fieldTags.address, address),
    ...Object.entries(ports).map(([name, port]) => portField(name, port)),
    field(fieldTags.main, main),
    field(fieldTags.version, version),
    ...loadField(load),
    ...tags.map((tag) => field(fieldTags.tag, tag)),
  ];
}

function portField(name: string, port: number): Buffer {
  return field(fieldTags.port, Buffer.concat([Buffer.of(port >> 8, port & 0xff), Buffer.from(name)]));
}

function whoFields({ name, instance }: { name: string; instance: string }): Buffer[] {
  return [field(fieldTags.name, name), field(fieldTags.instance, instance)];
}

function whereFields({ name, tag }: { name: string; tag?: string | undefined }): Buffer[] {
  return [field(fieldTags.name, name), ...(tag === undefined ? [] : [field(fieldTags.tag, tag)])];
}

function loadField(load: number | undefined): Buffer[] {
  return load === undefined ? [] : [u16Field(fieldTags.load, load)];
}

function lease(leaseMs: number | undefined): Buffer[] {
  return leaseMs === undefined ? [] : [u32Field(fieldTags.leaseMs, leaseMs)];
}

function indexField(index: number | undefined): Buffer[] {
  return index === undefined ? [] : [u64Field(fieldTags.index, index)];
}

function cookieField(cookie: Uint8Array | undefined): Buffer[] {
  return cookie === undefined ? [] : [field(fieldTags.cookie, cookie)];
}
