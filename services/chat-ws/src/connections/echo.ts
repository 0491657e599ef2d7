import type { RawPath } from './raw-connection.ts';

export const echoPath = '/echo';

/** Sends back what comes; a client that does not read is not read from. */
export const echo: RawPath = {
  received(connection, frame) {
    connection.send(frame);
    connection.waitUntilTaken();
  },
};
