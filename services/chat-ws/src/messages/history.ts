import type { History } from '@parley/common/contracts/chat/history';
import type { Chat } from '../chat.ts';
import { readerOf } from '../limits/reader-of.ts';
import { readHistoryAs } from '../rooms/history-page.ts';
import { actorOf } from '../sessions/identity.ts';
import type { Session } from '../sessions/session.ts';

/** Reads a part of a room's log, joined or not. The right to it is looked at when the turn has come: there may be a crowd before it. */
export async function history(chat: Chat, session: Session, message: History): Promise<void> {
  const identity = session.identity!;
  for (;;) {
    await session.peer.taken();
    const page = await chat.reads.run(readerOf(identity.user, session.address), async () => {
      // Who asks and goes before its turn, again and again, does not make others wait.
      if (session.ended) return undefined;
      // What others on the same link were given meanwhile may have filled it; that is not waited for with a turn in hand.
      return session.peer.taken() === undefined ? readHistoryAs(actorOf(identity), chat, message) : 'later';
    });
    if (page === 'later') continue;
    if (page !== undefined) session.send({ type: 'history', re: message.id, ...page });
    return;
  }
}
