const escapes: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };

/** Backslash and control characters (C0, DEL, C1: Unicode category Cc). */
const special = /[\\\p{Cc}]/gu;
const control = /\p{Cc}/gu;

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}

/** Text so that it stays on its line and cannot drive a terminal: `\\`, `\n`, `\r`, any other control character `\xNN`. */
export function escapeText(text: string): string {
  return text.replace(special, (character) => escapes[character] ?? `\\x${hex(character, 2)}`);
}

/**
 * Data as compact JSON on one line. It stays JSON: its backslashes are not doubled, and the control characters that
 * JSON leaves as they are (DEL and C1) are written as JSON's own `\u00NN`.
 */
export function dataText(data: unknown): string {
  return JSON.stringify(data).replace(control, (character) => `\\u${hex(character, 4)}`);
}
