import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { Logger } from '@parley/common/runtime/logger';
import type { LinkRoom } from '../rooms/room-link.ts';
import type { Bus } from './bus.ts';
import { ClusterRoom } from './cluster-room.ts';
import { Crowds } from './crowds.ts';
import { type NodeMessage, parseNodeMessage } from './node-message.ts';
import { Nodes } from './nodes.ts';
import { splitEntries } from './split-entries.ts';
import type { Subjects } from './subjects.ts';

export type ClusterLimits = {
  /** How often this node says that it is there, and how long others are believed to be that have not said so. */
  beatMs: number;
  leaseMs: number;
  /** How long a hole before an entry may fill by itself. */
  holeMs: number;
};

/** What the rest of the service does when other nodes say so. */
export type ClusterEffects = {
  committed(room: string, epoch: string, entries: readonly LogEntry[]): void;
  committedUpTo(room: string, epoch: string, head: number): void;
  /** The room or its membership was changed. */
  changed(room: string): void;
  /** A session of this node goes on elsewhere. */
  ended(session: number): void;
  /** The bus is there (again): others may have said what was not heard. */
  isBack(): void;
};

export type ClusterOptions = {
  /** This process. */
  node: string;
  bus: Bus;
  subjects: Subjects;
  limits: ClusterLimits;
  retryDelayMs: (attempt: number) => number;
  log: Logger;
};

/** How long other nodes may take to say who is in a room that is opened here. */
const answerMs = 200;

/** Bytes in one message at most, but for what is around its entries, rooms or users; and what one room in a beat, and one user or push, may come to. */
const mostBytes = 256 * 1024;
const aroundBytes = 1_024;
const roomBytes = 128;
const userBytes = 1_024;

/** What the nodes of chat-ws have in common besides the database: committed entries as they come, who is where, and what is told only once. */
export class Cluster {
  readonly stats = { fromNodes: 0, holes: 0, malformed: 0 };
  readonly #options: ClusterOptions;
  readonly #nodes: Nodes;
  readonly #crowds = new Crowds();
  readonly #rooms = new Map<string, ClusterRoom>();
  readonly #unsubscribe: (() => void)[] = [];
  /** The greatest version that a room which is no longer in use had. */
  #version = 0;
  #timer: NodeJS.Timeout | undefined;
  /** When it was last looked for nodes that are gone. */
  #lookedAt = 0;
  #effects: ClusterEffects | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.#nodes = new Nodes(options.limits.leaseMs);
  }

  get isUp(): boolean {
    return this.#options.bus.isUp;
  }

  /** Other nodes that there are. */
  get nodes(): number {
    return this.#nodes.size;
  }

  /** About how many users are in a room that is not in use here. */
  usersIn(room: string): number {
    return this.#crowds.usersIn(room);
  }

  /** Listens, and says that this node is there. */
  start(effects: ClusterEffects): void {
    const { bus, subjects, node, limits } = this.#options;
    this.#effects = effects;
    for (const subject of [subjects.all, subjects.node(node)])
      this.#unsubscribe.push(bus.subscribe(subject, (payload) => this.#receive(undefined, payload)));
    bus.onChange((isUp) => {
      if (isUp) void this.#hello();
    });
    if (bus.isUp) void this.#hello();
    this.#lookedAt = performance.now();
    this.#timer = setInterval(() => {
      this.#expire();
      this.#beat();
    }, limits.beatMs);
  }

  /** Nobody is anywhere by way of this node any more. The bus is closed by who opened it. */
  close(): void {
    clearInterval(this.#timer);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#publish(this.#options.subjects.all, { t: 'bye', n: this.#options.node });
  }

  readonly link: LinkRoom = (name) => {
    const { bus, subjects, node, limits, retryDelayMs } = this.#options;
    const subject = subjects.room(name);
    const before = this.#rooms.get(name);
    if (before !== undefined) this.#version = Math.max(this.#version, before.version);
    const room: ClusterRoom = new ClusterRoom({
      node,
      name,
      version: this.#version,
      answerMs,
      waitMs: () => (bus.isUp ? limits.holeMs : 0),
      retryDelayMs,
      now: () => performance.now(),
      onRead: () => {
        this.stats.holes += 1;
      },
      wire: {
        tell: (message) => this.#publish(subject, message),
        tellNode: (to, message) => this.#publish(subjects.node(to), message),
        tellAll: (message) => this.#publish(subjects.all, message),
        flush: () => bus.flush(),
        mostUsers: () => this.#mostOf(userBytes),
        nodes: () => (bus.isUp ? this.#nodes.names() : []),
        ended: () => {
          unsubscribe();
          this.#version = Math.max(this.#version, room.version);
          if (this.#rooms.get(name) === room) this.#rooms.delete(name);
        },
      },
    });
    this.#rooms.set(name, room);
    const unsubscribe = bus.subscribe(subject, (payload) => this.#receive(room, payload));
    return room;
  };

  /** Entries that this node has committed. */
  committed(room: string, epoch: string, entries: readonly LogEntry[]): void {
    const { bus, subjects, node: n } = this.#options;
    if (!bus.isUp) return;
    const subject = subjects.room(room);
    for (const part of splitEntries(entries, this.#maxBytes)) {
      if ('head' in part) this.#publish(subject, { t: 'head', n, epoch, head: part.head });
      else this.#publish(subject, { t: 'entries', n, epoch, entries: [...part.entries] });
    }
  }

  /** This node has changed a room or its membership in the database. */
  changed(room: string): void {
    this.#publish(this.#options.subjects.all, { t: 'changed', n: this.#options.node, room });
  }

  /** A session of another node goes on here. */
  endSession(node: string, session: number): void {
    this.#publish(this.#options.subjects.node(node), { t: 'end', n: this.#options.node, session });
  }

  get #maxBytes(): number {
    return Math.min(mostBytes, this.#options.bus.maxBytes - aroundBytes);
  }

  /** How many of what is as long as `bytes` go in one message. */
  #mostOf(bytes: number): number {
    return Math.max(1, Math.floor(this.#maxBytes / bytes));
  }

  #publish(subject: string, message: NodeMessage): void {
    const { bus } = this.#options;
    if (bus.isUp) bus.publish(subject, JSON.stringify(message));
  }

  /** `room`: the one whose subject it came on. */
  #receive(room: ClusterRoom | undefined, payload: string): void {
    const { log, node } = this.#options;
    try {
      const message = parseNodeMessage(payload);
      if (message.n === node) return;
      if (room === undefined) this.#take(message);
      else this.#takeIn(room, message);
    } catch (err) {
      this.stats.malformed += 1;
      log.error({ err }, 'a message of another node cannot be taken in');
    }
  }

  #takeIn(room: ClusterRoom, message: NodeMessage): void {
    switch (message.t) {
      case 'entries':
        this.stats.fromNodes += message.entries.length;
        this.#effects?.committed(room.name, message.epoch, message.entries);
        break;
      case 'head':
        this.#effects?.committedUpTo(room.name, message.epoch, message.head);
        break;
      case 'push':
        if (room.room?.feed.epoch === message.epoch) room.room.pushHere([message.m, ...(message.more ?? [])]);
        break;
      case 'presence':
        room.heardPresence(message.n, message);
    }
  }

  #take(message: NodeMessage): void {
    switch (message.t) {
      case 'members':
        this.#rooms.get(message.room)?.heardMembers(message.n, message);
        break;
      case 'ask':
        this.#answer(message.n, message.room);
        break;
      case 'beat':
        this.#heardBeat(message);
        break;
      case 'bye':
        this.#nodes.gone(message.n);
        this.#gone(message.n);
        break;
      case 'changed':
        this.#effects?.changed(message.room);
        break;
      case 'end':
        this.#effects?.ended(message.session);
    }
  }

  #answer(to: string, name: string): void {
    const { subjects, node: n } = this.#options;
    const known = this.#rooms.get(name);
    const users = [...(known?.room?.usersHere() ?? [])];
    const v = known?.version ?? this.#version;
    const partUsers = this.#mostOf(userBytes);
    const parts = Math.max(1, Math.ceil(users.length / partUsers));
    for (let part = 0; part < parts; part++) {
      const some = users.slice(part * partUsers, (part + 1) * partUsers);
      this.#publish(subjects.node(to), { t: 'members', n, room: name, v, part, parts, users: some });
    }
  }

  #heardBeat({ n, hello, rooms }: Extract<NodeMessage, { t: 'beat' }>): void {
    const now = performance.now();
    const isNew = this.#nodes.heard(n, now);
    if (isNew) this.#options.log.info({ node: n }, 'another node is there');
    if (hello) this.#beat();
    for (const [room, version, users] of rooms) {
      this.#rooms.get(room)?.heardVersion(n, version);
      this.#crowds.heard(n, { room, users }, now);
    }
  }

  /** What was said before the subscriptions stood was not heard. */
  async #hello(): Promise<void> {
    await this.#options.bus.flush();
    this.#beat(true);
    this.#effects?.isBack();
  }

  #beat(hello = false): void {
    const { subjects, node: n } = this.#options;
    const rooms: [string, number, number][] = [];
    for (const { name, room, version } of this.#rooms.values())
      if (room && room.here > 0) rooms.push([name, version, room.here]);
    const beatRooms = this.#mostOf(roomBytes);
    for (let from = 0; from === 0 || from < rooms.length; from += beatRooms) {
      const some = rooms.slice(from, from + beatRooms);
      this.#publish(subjects.all, { t: 'beat', n, ...(hello && from === 0 && { hello }), rooms: some });
    }
  }

  #expire(): void {
    const now = performance.now();
    const { beatMs, leaseMs } = this.#options.limits;
    const isLate = now - this.#lookedAt > 2 * beatMs;
    this.#lookedAt = now;
    // This process stood still, not the others: what they have said meanwhile has yet to be taken in.
    if (isLate) return;
    for (const node of this.#nodes.expire(now)) {
      this.#options.log.warn({ node }, 'a node has not been heard of: who was there by its way is gone');
      this.#gone(node);
    }
    const before = now - leaseMs;
    this.#crowds.expire(before);
    for (const room of this.#rooms.values()) room.expire(before);
  }

  #gone(node: string): void {
    this.#crowds.gone(node);
    for (const room of this.#rooms.values()) room.heardGone(node);
  }
}
