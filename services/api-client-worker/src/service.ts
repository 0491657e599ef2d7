import { createTokenVerifier } from '@parley/common/runtime/access-tokens';
import { openDatabase } from '@parley/common/runtime/database';
import { createHttpApp, finishHttpApp } from '@parley/common/runtime/http-app';
import { httpUrl, listenHttp } from '@parley/common/runtime/listen';
import { createMetrics } from '@parley/common/runtime/metrics';
import { createServiceTokens } from '@parley/common/runtime/service-tokens';
import type { ServiceContext, ServiceDefinition } from '@parley/common/runtime/start-service';
import { advertisedAddress } from '@parley/net/advertised-address';
import { openRegistryClient } from '@parley/net/registry-client';
import { migrations } from './database/migrations.ts';
import type { Tables } from './database/tables.ts';
import { followFeeds } from './feeds/follow-feeds.ts';
import { createFigures } from './figures.ts';
import { createTargetPolicy } from './guard/target-policy.ts';
import { createJobStore } from './jobs/job-store.ts';
import { mountJobRoutes } from './jobs/routes.ts';
import { createOwnPorts } from './own-ports.ts';
import { startMaintenance } from './queue/maintenance.ts';
import { startQueue } from './queue/start-queue.ts';
import { requireScope } from './rights.ts';
import { type Settings, settings } from './settings.ts';
import { mountWebhookRoutes } from './webhooks/routes.ts';
import { createWebhookStore } from './webhooks/webhook-store.ts';

/** Follows the feeds of users-api and chat-ws and delivers their events, signed, to whoever registered a webhook. */
export const worker: ServiceDefinition<Settings> = { name: 'api-client-worker', settings, create };

async function create(context: ServiceContext<Settings>): Promise<{ addresses: { label: string; url: string }[] }> {
  const { name, instance, version, settings, log, keys, closers } = context;
  const { ownDatabaseUrl: databaseUrl = settings.sharedDatabaseUrl, dataDir, secretOverlapMs } = settings;

  const metrics = createMetrics(name);
  const figures = createFigures(metrics);
  const tokens = createServiceTokens(keys, name);
  const database = await openDatabase<Tables>({ service: 'worker', databaseUrl, dataDir, migrations, closers, log });

  const ownPorts = createOwnPorts(settings);
  const policy = createTargetPolicy({ allowNets: settings.allowNets, ownPorts: ownPorts.all });
  const queue = await startQueue({ context, database, figures, policy });
  const webhooks = createWebhookStore({ database, keys, ...settings, onChange: queue.endpointChanged });
  const unreadable = await webhooks.resealSecrets();
  if (unreadable.length > 0)
    log.error({ webhooks: unreadable }, 'secrets were sealed with an unknown service secret; rotate them');
  const jobs = createJobStore({ database, maxFailures: settings.retrySchedule.length, onJobs: queue.wake });

  const registry = openRegistryClient({ discoveryUrl: settings.discoveryUrl, keys, log, closers });
  const { host, usersApiUrl, chatWsUrl } = settings;
  const usersApi = ownPorts.watching(
    registry.resolver('users-api', usersApiUrl, httpUrl(host, settings.usersApiPort), 'http'),
  );
  const chatWs = ownPorts.watching(registry.resolver('chat-ws', chatWsUrl, httpUrl(host, settings.chatWsPort), 'http'));
  const sources = { 'users-api': usersApi, 'chat-ws': chatWs };
  const feeds = followFeeds({ context, database, figures, tokens, sources, onJobs: queue.wake });
  startMaintenance({ context, database, figures, jobs, feeds });

  const verifier = createTokenVerifier({ jwksUrl: async () => new URL('/.well-known/jwks.json', await usersApi()) });
  const checks = [{ name: 'database', check: database.check }, ...feeds.checks];
  const app = createHttpApp({ context, metrics, tokens, checks });
  const guards = requireScope(verifier, 'webhooks');
  mountWebhookRoutes(app, { webhooks, jobs, policy, secretOverlapMs, guards });
  mountJobRoutes(app, jobs, requireScope(verifier, 'jobs'));
  finishHttpApp(app, context);

  const { port, url } = await listenHttp(app, { host, port: settings.port, setting: 'WORKER_PORT', closers });
  ownPorts.add(port);
  registry.announce({
    name,
    instance,
    version,
    address: advertisedAddress(settings),
    ports: { http: port },
    main: 'http',
  });
  return { addresses: [{ label: 'webhooks and jobs', url }] };
}
