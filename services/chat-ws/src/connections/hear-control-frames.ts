import type { Heartbeat } from '@parley/net/heartbeat';
import type { WebSocket } from 'ws';

/** Pings and pongs are signs of life, as messages are. */
export function hearControlFrames(ws: WebSocket, heartbeat: Heartbeat): void {
  const heard = () => heartbeat.heard();
  ws.on('pong', heard);
  ws.on('ping', heard);
}
