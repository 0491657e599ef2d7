/** Times in ms. */
export type HeartbeatLimits = { heartbeatMs: number; heartbeatTimeoutMs: number };

/** Whether a connection is alive: it is pinged, and something has to come after a ping. */
export class Heartbeat {
  #pingedAt: number;
  /** When the first ping went out that nothing has come after. */
  #unansweredAt: number | undefined;

  constructor(now: number) {
    this.#pingedAt = now;
  }

  /** Something came. */
  heard(): void {
    this.#unansweredAt = undefined;
  }

  /** To be asked often. */
  check(now: number, { heartbeatMs, heartbeatTimeoutMs }: HeartbeatLimits): 'fine' | 'ping' | 'dead' {
    if (this.#unansweredAt !== undefined && now - this.#unansweredAt >= heartbeatTimeoutMs) return 'dead';
    if (now - this.#pingedAt < heartbeatMs) return 'fine';
    this.#pingedAt = now;
    this.#unansweredAt ??= now;
    return 'ping';
  }
}
