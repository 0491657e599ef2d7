import type { RegistryClient } from '@parley/net/registry-client';
import type { Resolver } from '@parley/net/service-resolver';
import type { Settings } from './settings.ts';

/** Where another service is: for this one, and for browsers where that is set. */
export type ServicePlace = { publicUrl: string | undefined; locate: Resolver };

export type ServicePlaces = { chat: ServicePlace; worker: ServicePlace; discovery: ServicePlace };

export function createServicePlaces(registry: RegistryClient, settings: Settings): ServicePlaces {
  const here = (port: number) => `http://127.0.0.1:${port}`;
  return {
    chat: {
      publicUrl: settings.chatPublicUrl,
      locate: registry.resolver('chat-ws', settings.chatUrl, here(8081), 'http'),
    },
    worker: {
      publicUrl: settings.workerPublicUrl,
      locate: registry.resolver('api-client-worker', settings.workerUrl, here(8082), 'http'),
    },
    discovery: {
      publicUrl: settings.discoveryPublicUrl,
      locate: registry.resolver('udp-discovery', undefined, here(8083), 'http'),
    },
  };
}
