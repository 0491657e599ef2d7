import type { ClientConfig } from '@parley/common/contracts/client-config';
import type { Resolver } from '@parley/net/service-resolver';
import type { Request, RequestHandler } from 'express';
import type { ServicePlaces } from '../service-places.ts';

/**
 * `GET /api/config`: where a browser reaches the services. The addresses that services use between each other may mean
 * nothing to it, so without a public address it is the host that the browser asked, with the service's port.
 */
export function getConfigRoute(version: string, places: ServicePlaces): RequestHandler {
  return async (req, res) => {
    const [chat, worker, discovery] = await Promise.all([
      addressFor(req, places.chat),
      addressFor(req, places.worker),
      addressFor(req, places.discovery),
    ]);
    const config: ClientConfig = {
      version,
      services: {
        'users-api': `${req.protocol}://${req.host}`,
        'chat-ws': chat,
        'api-client-worker': worker,
        'udp-discovery': discovery,
      },
    };
    res.set('Cache-Control', 'no-cache').json(config);
  };
}

async function addressFor(req: Request, place: { publicUrl: string | undefined; locate: Resolver }): Promise<string> {
  if (place.publicUrl !== undefined) return place.publicUrl;
  const { port } = await place.locate();
  return `${req.protocol}://${req.hostname}${port ? `:${port}` : ''}`;
}
