import type { Logger } from '@parley/common/runtime/logger';
import type { HeartbeatLimits } from '@parley/net/heartbeat';
import type { Peer } from '@parley/net/peer';
import type { Format } from '../encoders.ts';
import type { GatewayMetrics } from '../gateway-metrics.ts';
import type { SessionContext } from '../sessions/session-context.ts';
import type { GatewaySettings } from '../settings.ts';
import type { ClientConnection } from './client-connection.ts';

/** What all clients share. */
export type ClientContext = {
  settings: Pick<
    GatewaySettings,
    | 'closeMs'
    | 'halfClosedMs'
    | 'heartbeatMs'
    | 'loginMs'
    | 'maxBadMessages'
    | 'maxFrameBytes'
    | 'maxLineBytes'
    | 'maxUnanswered'
    | 'maxUnsentBytes'
    | 'stalledMs'
  >;
  /** Of clients that speak frames. */
  heartbeat: HeartbeatLimits;
  sessions: SessionContext;
  metrics: GatewayMetrics;
  log: Logger;
  /** Everybody who is connected; a connection is in it until it is closed. */
  clients: Set<ClientConnection>;
};

export type ClientStart = {
  format: Format;
  /** The client's address and port, for the log. */
  peer: Peer;
  /** What has come already. */
  bytes?: Buffer | undefined;
  /** What is said first. */
  greeting?: Buffer | undefined;
};
