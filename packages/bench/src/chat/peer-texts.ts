/** Who the peers' messages are from, and their epoch: as long as Parley's, so that all write as many bytes. */
export const sender = { id: 'g_0123456789abcdef', name: 'guest-client-abcd' };
export const epoch = '0123456789ab';
