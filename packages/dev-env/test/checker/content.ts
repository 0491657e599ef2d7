import { isDeepStrictEqual } from 'node:util';
import { bytesOfData } from '@parley/common/wire/binary';
import { dataText, escapeText } from '@parley/common/wire/text-escape';

/** What a message says. */
export type Content = { text: string } | { data: unknown } | { deleted: true };

/** What a reader was shown of it: lines and `0x11` do not tell texts from data. `bytes` in base64. */
export type Shown = Content | { line: string } | { bytes: string };

/** Whether this is how that content looks to such a reader. */
export function shows(content: Content, shown: Shown): boolean {
  if ('line' in shown) return lineOf(content) === shown.line;
  if ('bytes' in shown) return bytesOf(content) === shown.bytes;
  return isDeepStrictEqual(content, shown);
}

/** The same for equal contents. */
export function contentKey(content: Content): string {
  return JSON.stringify(content);
}

/** For a sentence about it; contents may be long. */
export function briefly(shown: Shown | undefined): string {
  const text = JSON.stringify(shown) ?? 'nothing';
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function lineOf(content: Content): string | undefined {
  if ('deleted' in content) return undefined;
  return 'text' in content ? escapeText(content.text) : dataText(content.data);
}

function bytesOf(content: Content): string | undefined {
  if ('text' in content) return Buffer.from(content.text).toString('base64');
  return 'data' in content ? bytesOfData(content.data)?.toString('base64') : undefined;
}
