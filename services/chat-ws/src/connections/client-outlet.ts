import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { Outlet } from '@parley/common/fanout/outlet';
import { encodeMessage } from '../encode.ts';
import type { ClientFormat } from '../formats/client-format.ts';
import type { ServerWebSocket } from './server-web-socket.ts';
import { SocketWriter } from './socket-writer.ts';

/** What the feeds of a client's rooms write to. It is the writer itself: a delivery is to touch as little memory as can be. */
export class ClientOutlet extends SocketWriter implements Outlet {
  readonly format: ClientFormat;

  constructor(ws: ServerWebSocket, format: ClientFormat) {
    super(ws);
    this.format = format;
  }

  gap(room: string, from: number, to: number): void {
    this.#push({ type: 'gap', room, from, to });
  }

  reset(room: string, epoch: string, head: number): void {
    this.#push({ type: 'reset', room, epoch, head });
  }

  #push(message: ServerMessage): void {
    const frames = encodeMessage(this.format, message);
    if (frames !== undefined) this.write(frames);
  }
}
