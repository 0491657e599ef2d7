/** WebSocket close codes that Parley uses (RFC 6455 §7.4; 4000–4999 are the application's own). */
export const closeCodes = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  invalidData: 1007,
  policy: 1008,
  tooBig: 1009,
  internal: 1011,
  restart: 1012,
  tooManyBadMessages: 4400,
  unauthenticated: 4401,
  heartbeatLost: 4408,
  rateLimitIgnored: 4429,
} as const;
