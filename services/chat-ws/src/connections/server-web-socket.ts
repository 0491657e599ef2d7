import { WebSocket } from 'ws';

/** What is to be told before a close frame goes out: behind it nothing may be written (RFC 6455 §5.5.1). */
export interface CloseWatcher {
  closing(): void;
}

/**
 * A WebSocket that tells when it begins to close: `ws` calls this method itself when the other end has said goodbye or has sent what is no
 * frame. Of a socket that fails, or is ended without a close frame, it does not tell. To ask for `readyState` before each write instead would cost a cache miss for each delivery.
 */
export class ServerWebSocket extends WebSocket {
  watcher: CloseWatcher | undefined = undefined;

  override close(code?: number, reason?: string | Buffer): void {
    this.watcher?.closing();
    super.close(code, reason);
  }

  override terminate(): void {
    this.watcher?.closing();
    super.terminate();
  }
}
