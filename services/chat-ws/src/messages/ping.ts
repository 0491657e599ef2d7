import type { Ping } from '@parley/common/contracts/chat/ping';
import type { Chat } from '../chat.ts';
import type { Session } from '../sessions/session.ts';

export function ping(_chat: Chat, session: Session, { id: re }: Ping): void {
  session.send({ type: 'pong', re });
}
