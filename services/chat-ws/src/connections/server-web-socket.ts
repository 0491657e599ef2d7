import { WebSocket } from 'ws';

/** What is to be told before a close frame goes out: behind it nothing may be written (RFC 6455 §5.5.1). */
export interface CloseWatcher {
  closing(): void;
}

/**
 * A WebSocket that tells when it begins to close, whoever began. `ws` closes its own way out by this same method, when the other end has
 * said goodbye or has sent what is no frame. To ask for `readyState` before each write instead would cost a cache miss for each delivery.
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
