import type { ClientConfig } from '@parley/common/contracts/client-config';
import type { Request, RequestHandler } from 'express';
import { requestOrigin } from '../request-origin.ts';
import type { ServicePlace, ServicePlaces } from '../service-places.ts';

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
        'users-api': requestOrigin(req),
        'chat-ws': chat,
        'api-client-worker': worker,
        'udp-discovery': discovery,
      },
    };
    res.set('Cache-Control', 'no-cache').json(config);
  };
}

async function addressFor(req: Request, { publicUrl, locate }: ServicePlace): Promise<string> {
  if (publicUrl !== undefined) return publicUrl;
  return Object.assign(new URL(requestOrigin(req)), { port: (await locate()).port }).origin;
}
