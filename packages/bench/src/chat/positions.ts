/** What one reader has of a room, and what it was not given. */
export class Positions {
  epoch: string | undefined = undefined;
  seq = 0;
  /** Messages that were left out, or came out of order or twice; and what the server calls a gap or a reset. */
  faults = 0;

  joined(epoch: string, head: number, recovered: boolean): void {
    if (this.epoch === undefined) this.seq = head;
    else if (epoch !== this.epoch || !recovered) this.faults += 1;
    this.epoch = epoch;
  }

  message(seq: number): void {
    if (seq !== this.seq + 1) this.faults += 1;
    this.seq = seq;
  }

  /** Something was said to be lost. */
  lost(): void {
    this.faults += 1;
  }

  /** Where to go on, for `join`. */
  get after(): { epoch: string; seq: number } | undefined {
    return this.epoch === undefined ? undefined : { epoch: this.epoch, seq: this.seq };
  }
}
