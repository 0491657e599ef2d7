import { createClosers } from '@parley/common/runtime/closers';
import { openClients } from '../clients.ts';
import { serveParent } from '../serve-parent.ts';
import { parleyJson } from './languages.ts';

/** Clients that say who they are, join, and are then silent but for the heartbeat. */
export type IdleFleet = { url: string; count: number };

const closers = createClosers();

serveParent(async ({ url, count }: IdleFleet) => {
  await openClients(closers, {
    url,
    count,
    async enter(client) {
      await parleyJson.introduce(client);
      await parleyJson.join(client);
    },
  });
});
