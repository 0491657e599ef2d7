import type { ClientMessage } from '@parley/common/contracts/chat/client-message';
import type { ErrorCode } from '@parley/common/contracts/error-code';
import type { Position } from '@parley/common/contracts/position';
import type { Shown } from './content.ts';

/** What a client was told, in whichever format. `id`: of the request that it answers. */
export type Told =
  | { is: 'entry'; room: string; seq: number; of: number | undefined; from: string | undefined; shown: Shown }
  | { is: 'gap'; room: string; from: number; to: number }
  | { is: 'reset'; room: string; epoch: string }
  | { is: 'removed'; room: string; reason: string }
  | { is: 'ticket'; ticket: string }
  | { is: 'drain'; reconnectAfterMs: number; ticket: string | undefined }
  | { is: 'ping' }
  | { is: 'answer'; id: number; answer: Answer };

export type Answer =
  /** Lines tell neither a ticket nor an id. */
  | { is: 'welcome'; user: string | undefined; ticket: string | undefined }
  | ({ is: 'joined'; head: number; next: number | undefined; recovered: boolean | undefined } & Pick<Position, 'epoch'>)
  | { is: 'left' }
  /** Lines do not tell `duplicate`. */
  | ({ is: 'posted'; duplicate: boolean } & Position)
  | { is: 'history'; epoch: string | undefined; messages: { seq: number; from: string | undefined; shown: Shown }[] }
  | { is: 'members'; users: string[] }
  | { is: 'error'; code: ErrorCode };

export type Request = Extract<
  ClientMessage,
  { type: 'auth' | 'join' | 'leave' | 'post' | 'edit' | 'delete' | 'history' | 'members' }
> & {
  id: number;
};

export type Wire = {
  send(request: Request): void;
  /** Answers `ping`. */
  pong(): void;
  /** Reads nothing from now on. */
  pause(): void;
  resume(): void;
  /** Ends without a goodbye (RST). */
  cut(): void;
  close(): void;
};

export type WireEvents = { onTold(told: Told): void; onClosed(): void };

export type Ports = { chat: number; gateway: number };

export type Transport = {
  name: string;
  /** Whether keys, data, changes and pages of history can be sent. */
  isRich: boolean;
  /** Rejects when there is no connection to be had. */
  open(ports: Ports, events: WireEvents): Promise<Wire>;
};
