import type { ChatUser } from '@parley/common/contracts/chat/chat-user';

/** A user is in the room by way of one more node, or of one less; 0: it is called otherwise now. */
export type Change = { user: ChatUser; by: -1 | 0 | 1 };

/** Of one node: who is in the room by its way, as of which version; when it last said so. */
type Part = { version: number; heardAt: number; users: Map<string, ChatUser>; coming: Coming | undefined };
type Coming = { version: number; parts: number; next: number; users: Map<string, ChatUser> };

export type MembersPart = { v: number; part: number; parts: number; users: readonly ChatUser[] };
export type PresenceEvent = { event: 'join' | 'leave'; user: ChatUser; v: number; users: number };

const none: readonly Change[] = [];

/**
 * Who is in one room by way of other nodes, as they say. Every node numbers its changes: when a number does not follow, something was lost,
 * and the node is asked. What a node has not confirmed for a while is given up. Times in ms, of any one clock.
 */
export class Elsewhere {
  readonly #nodes = new Map<string, Part>();

  /** What a node tells of one user. Undefined: it has to be asked for all of them. */
  event(node: string, { event, user, v, users }: PresenceEvent, now: number): readonly Change[] | undefined {
    const known = this.#nodes.get(node);
    if (known !== undefined && v <= known.version) return none;
    // Then it is known who is there, whatever was lost before.
    if (users === 0) return this.#replace(node, new Map(), { version: v, now });
    if (users === 1 && event === 'join') return this.#replace(node, new Map([[user.id, user]]), { version: v, now });
    if (known === undefined || v !== known.version + 1) return undefined;
    known.version = v;
    known.heardAt = now;
    known.coming = undefined;
    const wasThere = known.users.has(user.id);
    if (event === 'join') known.users.set(user.id, user);
    else known.users.delete(user.id);
    if (event === 'join') return [{ user, by: wasThere ? 0 : 1 }];
    return wasThere ? [{ user, by: -1 }] : none;
  }

  /** A part of what a node was asked for; what follows from it, when it is the last one. Undefined: not all has come yet. */
  members(node: string, { v, part, parts, users }: MembersPart, now: number): readonly Change[] | undefined {
    const known = this.#part(node, now);
    if (v < known.version) return none;
    if (part === 0) known.coming = { version: v, parts, next: 0, users: new Map() };
    const { coming } = known;
    if (coming === undefined || coming.version !== v || coming.next !== part) return undefined;
    for (const user of users) coming.users.set(user.id, user);
    coming.next += 1;
    return coming.next < parts ? undefined : this.#replace(node, coming.users, { version: v, now });
  }

  /** The node has users here, as of this version. False: that is not what is known, and it has to be asked. */
  confirm(node: string, version: number, now: number): boolean {
    const known = this.#nodes.get(node);
    if (known === undefined || known.users.size === 0 || known.version !== version) return false;
    known.heardAt = now;
    return true;
  }

  /** Nobody is there any more by way of a node. */
  gone(node: string): readonly Change[] {
    const known = this.#nodes.get(node);
    this.#nodes.delete(node);
    return known === undefined ? none : toChanges(known.users, -1);
  }

  /** Gives up what has not been confirmed since `before`. */
  expire(before: number): readonly Change[] {
    const late = [...this.#nodes].filter(([, { heardAt }]) => heardAt < before);
    return late.flatMap(([node]) => this.gone(node));
  }

  /** Everybody, once per node. */
  all(): readonly Change[] {
    return [...this.#nodes.values()].flatMap(({ users }) => toChanges(users, 1));
  }

  #part(node: string, now: number): Part {
    const known = this.#nodes.get(node) ?? { version: 0, heardAt: now, users: new Map(), coming: undefined };
    this.#nodes.set(node, known);
    return known;
  }

  #replace(
    node: string,
    users: Map<string, ChatUser>,
    { version, now }: { version: number; now: number },
  ): readonly Change[] {
    const before = this.#nodes.get(node)?.users ?? new Map<string, ChatUser>();
    this.#nodes.set(node, { version, heardAt: now, users, coming: undefined });
    const gone = toChanges(before, -1).filter(({ user }) => !users.has(user.id));
    const came: Change[] = [];
    for (const user of users.values()) {
      const known = before.get(user.id);
      if (known?.name !== user.name) came.push({ user, by: known === undefined ? 1 : 0 });
    }
    return [...came, ...gone];
  }
}

function toChanges(users: ReadonlyMap<string, ChatUser>, by: -1 | 1): Change[] {
  return [...users.values()].map((user) => ({ user, by }));
}
