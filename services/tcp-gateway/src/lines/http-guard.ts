import type { Line } from '@parley/common/wire/lines';
import { isHttpRequestLine } from '@parley/common/wire/text-commands';

const body = 'This port speaks Parley: lines such as HELP, or frames. It does not speak HTTP.\n';

/** The answer to a browser, or to whoever makes one type here. */
export const httpRefusal = Buffer.from(
  [
    'HTTP/1.1 400 Bad Request',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n'),
);

/** A header field's name and colon (RFC 9112 §5), as every browser sends after its request line. */
const headerLine = /^[A-Za-z][A-Za-z0-9-]*:/;

/**
 * Looks at a connection's beginning: whether it is HTTP. A request line may be longer than a line can be here; then
 * the header behind it gives it away, or a browser could be made to type commands after a very long address.
 */
export class HttpGuard {
  #state: 'first' | 'afterLong' | 'passed' = 'first';

  /** Whether this line, of a connection that has been taken for lines, begins an HTTP request. */
  isHttp(line: Line): boolean {
    const state = this.#state;
    if (state === 'passed') return false;
    this.#state = 'tooLong' in line ? 'afterLong' : 'passed';
    if (!('text' in line)) return false;
    return isHttpRequestLine(line.text) || (state === 'afterLong' && headerLine.test(line.text));
  }
}
