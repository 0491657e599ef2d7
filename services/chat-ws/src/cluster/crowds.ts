/** How many users are in rooms by way of other nodes, as they last said: for rooms that are not in use here. */
export class Crowds {
  readonly #nodes = new Map<string, Map<string, { users: number; at: number }>>();

  heard(node: string, { room, users }: { room: string; users: number }, now: number): void {
    const rooms = this.#nodes.get(node);
    if (rooms === undefined) this.#nodes.set(node, new Map([[room, { users, at: now }]]));
    else rooms.set(room, { users, at: now });
  }

  gone(node: string): void {
    this.#nodes.delete(node);
  }

  /** Forgets what has not been said again since `before`. */
  expire(before: number): void {
    for (const rooms of this.#nodes.values()) for (const [room, { at }] of rooms) if (at < before) rooms.delete(room);
  }

  /** Who is there by way of several nodes counts for each. */
  usersIn(room: string): number {
    let users = 0;
    for (const rooms of this.#nodes.values()) users += rooms.get(room)?.users ?? 0;
    return users;
  }
}
