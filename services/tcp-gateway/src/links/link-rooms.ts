import type { Joined } from '@parley/common/contracts/chat/join';
import type { ChatLinkMessage, GatewayLinkMessage } from '@parley/common/contracts/link';
import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { Fanout } from '@parley/common/fanout/fanout';
import type { LogStretch, Outlet } from '@parley/common/fanout/outlet';
import type { RoomFeed } from '@parley/common/fanout/room-feed';
import type { Subscriber } from '@parley/common/fanout/subscriber';
import { ParleyError } from '@parley/common/runtime/errors';
import { encodePush } from '../encoders.ts';

type Of<T extends ChatLinkMessage['t']> = Extract<ChatLinkMessage, { t: T }>;

/** One client in one room, as long as a link feeds it. */
export type Seating = { readonly feed: RoomFeed<LogEntry>; readonly subscriber: Subscriber<LogEntry> };

export type LinkRoomsOptions = {
  fanout: Fanout<LogEntry>;
  send(message: GatewayLinkMessage): void;
  read(room: string, from: number, limit: number): Promise<LogStretch<LogEntry> & { epoch: string }>;
  /** Runs `work` after a pause that grows with the failures before, unless the link is closed until then. */
  retry(failures: number, work: () => void): void;
};

/** The rooms that clients of one link are in: each comes over the link once, and is given to all of them from here. */
export class LinkRooms {
  readonly #options: LinkRoomsOptions;
  readonly #feeds = new Map<string, RoomFeed<LogEntry>>();
  /** How often in a row a room could not be watched. */
  readonly #failures = new Map<string, number>();

  constructor(options: LinkRoomsOptions) {
    this.#options = options;
  }

  /**
   * Gives the room to the client from `next` on. `joined` is what chat-ws has just said of the room: a feed that is
   * opened now begins at that head, and the entries behind it are asked for. One that has not come so far yet may have in memory what has
   * been changed by then.
   */
  enter(
    outlet: Outlet,
    joined: Pick<Joined, 'room' | 'epoch' | 'head'>,
    from: { next: number; fromFirst: boolean },
  ): Seating {
    const feed = this.#feeds.get(joined.room) ?? this.#open(joined);
    // Messages of a link come in order, so this is the room's latest epoch; its own `reset` follows and finds it known.
    if (feed.epoch !== joined.epoch) feed.reset(joined.epoch, joined.head);
    return { feed, subscriber: feed.add(outlet, { ...from, asOf: joined.head }) };
  }

  leave({ feed, subscriber }: Seating): void {
    feed.remove(subscriber);
    if (feed.size > 0 || this.#feeds.get(feed.room) !== feed) return;
    this.#feeds.delete(feed.room);
    this.#failures.delete(feed.room);
    this.#options.send({ t: 'unwatch', room: feed.room });
  }

  /** Entries, resets and pushes may still come for a room that nobody is in any more. */
  onEntries({ room, epoch, entries }: Of<'entries'>): void {
    const feed = this.#feeds.get(room);
    const first = entries[0];
    if (feed === undefined || first === undefined) return;
    if (feed.epoch !== epoch) feed.reset(epoch, first.seq - 1);
    feed.publish(entries);
  }

  onWatching({ room, epoch, head }: Of<'watching'>): void {
    this.#failures.delete(room);
    this.onReset({ t: 'reset', room, epoch, head });
  }

  onReset({ room, epoch, head }: Of<'reset'>): void {
    const feed = this.#feeds.get(room);
    if (feed !== undefined && feed.epoch !== epoch) feed.reset(epoch, head);
  }

  onPush({ room, m }: Of<'push'>, except?: Outlet): void {
    this.#feeds.get(room)?.push((format) => encodePush(format, m), except);
  }

  /** The room cannot be watched now; its clients wait where they are. */
  onFailed(room: string): void {
    const feed = this.#feeds.get(room);
    if (feed === undefined) return;
    const failures = this.#failures.get(room) ?? 0;
    this.#failures.set(room, failures + 1);
    this.#options.retry(failures, () => {
      if (this.#feeds.get(room) === feed) this.#watch(feed);
    });
  }

  /** The link is gone. */
  close(): void {
    for (const feed of this.#feeds.values()) feed.close();
    this.#feeds.clear();
  }

  #open({ room, epoch, head }: Pick<Joined, 'room' | 'epoch' | 'head'>): RoomFeed<LogEntry> {
    const feed: RoomFeed<LogEntry> = this.#options.fanout.openFeed({
      room,
      epoch,
      head,
      read: async (from, limit) => {
        const stretch = await this.#options.read(room, from, limit);
        if (stretch.epoch === feed.epoch) return stretch;
        throw new ParleyError('UNAVAILABLE', `The log of ${room} has begun anew.`);
      },
    });
    this.#feeds.set(room, feed);
    this.#watch(feed);
    return feed;
  }

  #watch({ room, epoch, head }: RoomFeed<LogEntry>): void {
    this.#options.send({ t: 'watch', room, after: { epoch, seq: head } });
  }
}
