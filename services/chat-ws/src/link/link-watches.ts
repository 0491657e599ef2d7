import type { GatewayLinkMessage } from '@parley/common/contracts/link';
import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { Outlet } from '@parley/common/fanout/outlet';
import type { Subscriber } from '@parley/common/fanout/subscriber';
import { placeAfter } from '../rooms/join-place.ts';
import type { Room } from '../rooms/room.ts';
import type { Rooms } from '../rooms/rooms.ts';

type Watch = Extract<GatewayLinkMessage, { t: 'watch' }>;

/** A room that is fed to the link, or will be as soon as it is open. */
type Watched = { place: { room: Room; subscriber: Subscriber<LogEntry> } | undefined };

/** Which rooms are fed to one link, each once, whoever of its sessions is in them. */
export class LinkWatches {
  readonly #rooms: Rooms;
  readonly #outlet: Outlet;
  readonly #watched = new Map<string, Watched>();

  constructor(rooms: Rooms, outlet: Outlet) {
    this.#rooms = rooms;
    this.#outlet = outlet;
  }

  /**
   * Feeds the room from its place on; `told` says so to the gateway, before the first entry. A room that is fed already is fed from the
   * new place. @throws ParleyError NOT_FOUND, UNAVAILABLE
   */
  async watch(
    { room: name, after }: Watch,
    told: (place: { room: Room; next: number; recovered: boolean }) => void,
  ): Promise<void> {
    this.unwatch(name);
    const watched: Watched = { place: undefined };
    this.#watched.set(name, watched);
    const room = await this.#open({ room: name, after }, watched);
    // It may have been unwatched, or watched anew, while the room was being opened.
    if (this.#watched.get(name) !== watched) {
      this.#rooms.release(room);
      return;
    }
    const { feed, head, oldest } = room;
    const place = placeAfter(after, { epoch: feed.epoch, head, oldest });
    told({ room, next: place.next, recovered: place.recovered });
    watched.place = { room, subscriber: feed.add(this.#outlet, place) };
  }

  /** How far the link has been given the room. */
  cursorIn(name: string): Subscriber<LogEntry> | undefined {
    return this.#watched.get(name)?.place?.subscriber;
  }

  unwatch(name: string): void {
    const place = this.#watched.get(name)?.place;
    this.#watched.delete(name);
    if (place === undefined) return;
    place.room.feed.remove(place.subscriber);
    this.#rooms.release(place.room);
  }

  close(): void {
    for (const name of this.#watched.keys()) this.unwatch(name);
  }

  async #open({ room: name, after }: Pick<Watch, 'room' | 'after'>, watched: Watched): Promise<Room> {
    try {
      return await this.#rooms.open(name, { after });
    } catch (err) {
      if (this.#watched.get(name) === watched) this.#watched.delete(name);
      throw err;
    }
  }
}
