import { defineSettings, optionalSetting, url } from './settings.ts';

/** Where a service with a database keeps its data: spread it into the service's table. */
export function databaseSettings(service: 'users' | 'chat' | 'worker') {
  const postgres = url('postgres:', 'postgresql:');
  return defineSettings({
    ownDatabaseUrl: optionalSetting(`${service.toUpperCase()}_DATABASE_URL`, postgres, {
      doc: 'PostgreSQL for this service alone; wins over `DATABASE_URL`',
      secret: true,
    }),
    sharedDatabaseUrl: optionalSetting('DATABASE_URL', postgres, {
      doc: `PostgreSQL of all services, each in a schema of its own; here \`${service}\``,
      defaultDoc: 'SQLite below `PARLEY_DATA_DIR`',
      secret: true,
    }),
  });
}
