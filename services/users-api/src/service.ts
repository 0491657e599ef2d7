import { openDatabase } from '@parley/common/runtime/database';
import { createEventFeed } from '@parley/common/runtime/event-feed';
import { mountEventFeed } from '@parley/common/runtime/event-feed-route';
import { createHttpApp, finishHttpApp } from '@parley/common/runtime/http-app';
import { listenHttp } from '@parley/common/runtime/listen';
import { createMetrics } from '@parley/common/runtime/metrics';
import { repeat } from '@parley/common/runtime/repeat';
import { createServiceTokens } from '@parley/common/runtime/service-tokens';
import type { ServiceContext, ServiceDefinition } from '@parley/common/runtime/start-service';
import { advertisedAddress } from '@parley/net/advertised-address';
import { openRegistryClient } from '@parley/net/registry-client';
import { allowOrigins } from './allow-origins.ts';
import { createKeyStore } from './keys/key-store.ts';
import { openSigningKeys } from './keys/signing-keys.ts';
import { migrations } from './migrations.ts';
import { mountRoutes } from './mount-routes.ts';
import type { Parts } from './parts.ts';
import { createPasswords } from './passwords/passwords.ts';
import { createWorkGate } from './passwords/work-gate.ts';
import { createLimiters } from './rate-limits/limiters.ts';
import { createPasswordGuard } from './rate-limits/password-guard.ts';
import { createServicePlaces } from './service-places.ts';
import { createRefreshSession } from './sessions/refresh-session.ts';
import { createSessions } from './sessions/sessions.ts';
import { type Settings, settings } from './settings.ts';
import { sweep } from './sweep.ts';
import type { Tables } from './tables.ts';
import { createChangeUsers } from './users/change-users.ts';

/** Users, sessions and signed tokens over REST. */
export const usersApi: ServiceDefinition<Settings> = { name: 'users-api', settings, create };

async function create(context: ServiceContext<Settings>) {
  const { settings, keys: keyRing, closers, log, name, instance, version } = context;
  const { host, port, dataDir, discoveryUrl } = settings;
  const metrics = createMetrics(name);
  const tokens = createServiceTokens(keyRing, name);

  const databaseUrl = settings.ownDatabaseUrl ?? settings.sharedDatabaseUrl;
  const database = await openDatabase<Tables>({ service: 'users', databaseUrl, dataDir, migrations, closers, log });
  const feed = createEventFeed({ database });

  const keys = await openSigningKeys({
    store: createKeyStore(database, keyRing),
    accessTokenMs: settings.accessTokenMs,
    rotateMs: settings.keyRotateMs,
    leadMs: settings.keyLeadMs,
    log,
  });
  repeat(keys.look, { name: 'signing keys', everyMs: keys.lookMs, log, closers });

  const refused = metrics.counter({ name: 'parley_passwords_refused_total', help: 'Passwords there was no room for' });
  const { hashConcurrency: places, hashQueue: maxWaiting } = settings;
  const gate = createWorkGate({ places, maxWaiting, onRefused: () => refused.inc() });
  metrics.gauge({ name: 'parley_passwords_waiting', help: 'Passwords to be hashed', collect: () => gate.waiting });
  const passwords = createPasswords(gate);
  const limiters = createLimiters(settings, metrics);

  const limits = {
    idleMs: settings.sessionIdleMs,
    maxMs: settings.sessionMaxMs,
    graceMs: settings.refreshGraceMs,
    perUser: settings.sessionsPerUser,
  };
  const parts: Parts = {
    settings,
    database,
    changeUsers: createChangeUsers(database, feed),
    feed,
    keys,
    passwords,
    limiters,
    passwordGuard: createPasswordGuard(limiters),
    sessions: createSessions({ database, limits }),
    refreshSession: createRefreshSession({ database, limits, log }),
  };
  repeat(() => sweep(parts, Date.now()), { name: 'sweep', everyMs: settings.sweepMs, log, closers });

  const registry = openRegistryClient({ discoveryUrl, keys: keyRing, log, closers });
  const app = createHttpApp({
    context,
    metrics,
    tokens,
    checks: [{ name: 'database', check: database.check }],
    maxBodyBytes: settings.maxBodyBytes,
    before: [allowOrigins(settings.origins)],
  });
  mountRoutes(app, parts, { version, places: createServicePlaces(registry, settings) });
  mountEventFeed(app, { feed, tokens, closers });
  finishHttpApp(app, context);

  const http = await listenHttp(app, { host, port, setting: 'USERS_API_PORT', closers });
  const address = advertisedAddress(settings);
  registry.announce({ name, instance, version, address, ports: { http: http.port }, main: 'http' });
  return { addresses: [{ label: 'REST, tokens', url: http.url }] };
}
