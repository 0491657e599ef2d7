import type { History } from '@parley/common/contracts/chat/history';
import type { Chat } from '../chat.ts';
import { readHistory } from '../rooms/history-page.ts';
import type { Session } from '../sessions/session.ts';

/** Reads a part of a room's log, joined or not. */
export async function history(chat: Chat, session: Session, message: History): Promise<void> {
  await chat.rooms.facts(message.room, session.identity!.user, chat.now());
  session.send({ type: 'history', re: message.id, ...(await readHistory(chat.log, message)) });
}
