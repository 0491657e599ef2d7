import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChatSubscriber, ChatSubscribersQuery } from '@parley/common/contracts/chat-subscriber';
import { describeSession } from './describe-session.ts';
import type { Seat, Session } from './session.ts';

type Row = { session: Session; seat: Seat; lag: number };

/** Seats that are looked at in one turn of the loop: there may be a hundred rooms for each of many thousands of sessions. */
const perTurn = 5_000;

/** One page of the subscribers with the longest lags, and how many there are in all. */
export async function laggingSubscribers(
  sessions: Iterable<Session>,
  instance: string,
  { room, minLag, page, per_page: perPage }: ChatSubscribersQuery,
): Promise<{ items: ChatSubscriber[]; total: number }> {
  const needed = page * perPage;
  let rows: Row[] = [];
  let total = 0;
  let looked = 0;
  for (const session of sessions) {
    for (const seat of session.seats) {
      looked += 1;
      const lag = lagOf(session, seat);
      if (lag < minLag || (room !== undefined && seat.room.name !== room)) continue;
      total += 1;
      rows.push({ session, seat, lag });
      // Of many thousands no more than what may be shown is kept.
      if (rows.length >= 2 * needed + 1_000) rows = longest(rows, needed);
    }
    if (looked >= perTurn) {
      looked = 0;
      await nextTurn();
    }
  }
  const shown = longest(rows, needed).slice(needed - perPage);
  return { items: shown.map((row) => describe(instance, row)), total };
}

function longest(rows: Row[], count: number): Row[] {
  return rows.sort((a, b) => b.lag - a.lag || a.session.number - b.session.number).slice(0, count);
}

function cursorOf({ peer }: Session, { room, subscriber }: Seat) {
  return subscriber ?? peer.link?.cursorIn(room.name);
}

function lagOf(session: Session, seat: Seat): number {
  const { head } = seat.room.feed;
  return Math.max(0, head + 1 - (cursorOf(session, seat)?.next ?? head + 1));
}

function describe(instance: string, { session, seat }: Row): ChatSubscriber {
  const { id, user, address, format, unsentBytes, connectedAt } = describeSession(instance, session);
  const cursor = cursorOf(session, seat);
  const { head } = seat.room.feed;
  const state = cursor === undefined ? 'joining' : cursor.state === 'behind' ? 'behind' : 'live';
  const next = cursor?.next ?? head + 1;
  const lag = lagOf(session, seat);
  return {
    room: seat.room.name,
    session: id,
    user,
    address,
    format,
    state,
    next,
    head,
    lag,
    unsentBytes,
    connectedAt,
  };
}
