import { z } from 'zod';

const address = z.url({ protocol: /^https?$/ });

/** Answer of `GET /api/config`: where a browser reaches the services. */
export const clientConfig = z.object({
  version: z.string(),
  services: z.object({
    'users-api': address,
    'chat-ws': address,
    'api-client-worker': address,
    'udp-discovery': address,
  }),
});
export type ClientConfig = z.infer<typeof clientConfig>;
