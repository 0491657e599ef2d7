import type { MemberRole } from '@parley/common/contracts/room';
import type { RoomLog } from '../log/room-log.ts';
import { type Access, type Actor, anybody, type RoomFacts } from './rights.ts';

/** What decides about rights in a room, in the life of it that `epoch` names. */
export type KnownAccess = Access & { readonly epoch: string };

type KnownFacts = RoomFacts & { readonly epoch: string; readonly until: number };
/** `epoch`: undefined when it is so in any room. */
type KnownRole = { readonly role: MemberRole | undefined; readonly epoch: string | undefined; readonly until: number };

/** A look that is under way; what has changed meanwhile may not be in what it finds. */
type Look = { isStale: boolean };

/** How long what others may have changed is believed, in ms. */
const believedMs = 3_000;

const factsKept = 10_000;
const rolesKept = 20_000;

const nobody: KnownRole = { role: undefined, epoch: undefined, until: Number.POSITIVE_INFINITY };

/** What is known for a moment of rooms that nobody is in, and of what users are in rooms that they have not joined. */
export class AccessCache {
  readonly #log: Pick<RoomLog, 'access' | 'openRoom'>;
  readonly #facts = new Map<string, KnownFacts>();
  readonly #roles = new Map<string, Map<string, KnownRole>>();
  #rolesSize = 0;
  readonly #looks = new Map<string, Set<Look>>();

  constructor(log: Pick<RoomLog, 'access' | 'openRoom'>) {
    this.#log = log;
  }

  facts(room: string, now: number): KnownFacts | undefined {
    const known = this.#facts.get(room);
    return known !== undefined && known.until > now ? known : undefined;
  }

  /** Undefined: not known. Who has not said who it is, is nothing anywhere. */
  role(room: string, actor: Actor, now: number): KnownRole | undefined {
    if (actor === anybody) return nobody;
    const known = this.#roles.get(room)?.get(actor.id);
    return known !== undefined && known.until > now ? known : undefined;
  }

  /** What is stored, as it is after every change that is known here. Undefined: there is no such room. @throws ParleyError UNAVAILABLE */
  async lookUp(room: string, actor: Actor, now: number): Promise<KnownAccess | undefined> {
    for (;;) {
      const look = this.#begin(room);
      const found = await this.#read(room, actor).finally(() => this.#end(room, look));
      if (look.isStale) continue;
      if (found !== undefined) this.#keep(room, actor, found, now);
      return found;
    }
  }

  /** What is known of the room, or of one user in it, is so no more. */
  forget(room: string, user?: string): void {
    for (const look of this.#looks.get(room) ?? []) look.isStale = true;
    const roles = this.#roles.get(room);
    if (user === undefined) {
      this.#facts.delete(room);
      this.#forgetRoles(room);
    } else if (roles?.delete(user)) {
      this.#rolesSize -= 1;
    }
  }

  async #read(room: string, actor: Actor): Promise<KnownAccess | undefined> {
    if (actor === anybody) {
      const head = await this.#log.openRoom(room);
      return head && { visibility: head.visibility, role: undefined, epoch: head.epoch };
    }
    const found = await this.#log.access(room, actor.id);
    return found && { visibility: found.head.visibility, role: found.role, epoch: found.head.epoch };
  }

  #keep(room: string, actor: Actor, { visibility, role, epoch }: KnownAccess, now: number): void {
    if (this.#facts.size >= factsKept) this.#facts.delete(this.#facts.keys().next().value!);
    this.#facts.set(room, { visibility, epoch, until: now + believedMs });
    if (actor === anybody) return;
    if (this.#rolesSize >= rolesKept) this.#forgetRoles(this.#roles.keys().next().value!);
    let roles = this.#roles.get(room);
    if (roles === undefined) {
      roles = new Map();
      this.#roles.set(room, roles);
    }
    if (!roles.has(actor.id)) this.#rolesSize += 1;
    roles.set(actor.id, { role, epoch, until: now + believedMs });
  }

  #forgetRoles(room: string): void {
    this.#rolesSize -= this.#roles.get(room)?.size ?? 0;
    this.#roles.delete(room);
  }

  #begin(room: string): Look {
    const look = { isStale: false };
    const looks = this.#looks.get(room);
    if (looks === undefined) this.#looks.set(room, new Set([look]));
    else looks.add(look);
    return look;
  }

  #end(room: string, look: Look): void {
    const looks = this.#looks.get(room);
    looks?.delete(look);
    if (looks?.size === 0) this.#looks.delete(room);
  }
}
