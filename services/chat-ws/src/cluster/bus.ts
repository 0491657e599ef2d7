/**
 * What carries messages between nodes. It may lose any of them, and everything while it is away; what it carries from one node to another
 * arrives in the order of the calls, over all subjects.
 */
export interface Bus {
  readonly isUp: boolean;
  /** The longest payload that it takes, in bytes. */
  readonly maxBytes: number;
  /** Hands a message to everybody who has subscribed, the sender too. Dropped while the bus is away. */
  publish(subject: string, payload: string): void;
  /** From the next `flush` on, `take` is given what others publish, also after the bus was away. The call that comes back ends it. */
  subscribe(subject: string, take: (payload: string) => void): () => void;
  /** Resolves when everything before has reached the server, or is not going to. */
  flush(): Promise<void>;
  /** Names who is told that the bus has come or gone. */
  onChange(listener: (isUp: boolean) => void): void;
  /** What was published before still goes out. */
  close(): Promise<void>;
}
