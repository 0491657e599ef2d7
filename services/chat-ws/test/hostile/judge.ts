import { closeCodes } from '@parley/common/contracts/chat/close-code';
import { parseServerMessage } from '@parley/common/contracts/chat/server-message';
import { parseChatLinkMessage } from '@parley/common/contracts/link';
import { expect } from 'vitest';
import type { ClientFormat } from '../../src/formats/client-format.ts';
import { readBinary } from '../format-client.ts';
import type { RawSocket, Received } from './raw-socket.ts';

const words =
  'WORLD|PONG|HELP|BYE|END|ECHO:|AUTH_SUCCESS|AUTH_FAILED|JOINED|LEFT|POSTED|MEMBER|PAST|ROOM|MESSAGE|CHANGED|RESET|PRESENCE|GAP|DRAIN|TICKET|ERROR';
const line = new RegExp(`^(?:${words})(?: |$)`);

const documented: ReadonlySet<number> = new Set([1005, ...Object.values(closeCodes)]);

/** All that a client was sent is as agreed, in its format, and it was closed with a code of the list, if with any. */
export function judge(raw: RawSocket, format: ClientFormat | 'link' | 'none'): void {
  for (const message of raw.messages) judgeMessage(message, format);
  if (raw.closeCode !== undefined) expect(documented).toContain(raw.closeCode);
}

function judgeMessage({ data, isBinary }: Received, format: ClientFormat | 'link' | 'none'): void {
  if (format === 'none') return;
  if (format === 'binary') {
    expect(readBinary(data, isBinary)).toBeDefined();
    return;
  }
  expect(isBinary).toBe(false);
  const text = data.toString();
  if (format === 'text') expect(text).toMatch(line);
  else if (format === 'link') expect(parseChatLinkMessage(JSON.parse(text))).toBeDefined();
  else expect(parseServerMessage(JSON.parse(text))).toBeDefined();
}
