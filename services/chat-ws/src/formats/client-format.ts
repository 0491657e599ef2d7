/** What goes over a client's WebSocket: JSON, lines, or binary messages. */
export type ClientFormat = 'json' | 'text' | 'binary';

const formats: ReadonlyMap<string, ClientFormat> = new Map([
  ['parley.json.v1', 'json'],
  ['parley.text.v1', 'text'],
  ['parley.binary.v1', 'binary'],
]);

/** Which of the subprotocols that a client offers is agreed to: the first one that is spoken here, as the client put them in order of preference (RFC 6455 §4.1). */
export function chooseSubprotocol(offered: Iterable<string>): string | false {
  for (const protocol of offered) if (formats.has(protocol)) return protocol;
  return false;
}

/** The format of the subprotocol that was agreed to; '': of none. */
export function formatOf(protocol: string): ClientFormat {
  return formats.get(protocol) ?? 'json';
}
