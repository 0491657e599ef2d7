import { type Database, openDatabase } from '@parley/common/runtime/database';
import type { ServiceContext } from '@parley/common/runtime/start-service';
import type { ChatWsSettings } from '../settings.ts';
import { chatMigrations } from './migrations.ts';
import { openRoomLog } from './open-room-log.ts';
import type { RoomLog } from './room-log.ts';
import type { ChatTables } from './tables.ts';

/** The database, and the rooms' logs in it, as the settings have them. `commitDelayMs`: for benchmarks. @throws StartError */
export async function openLog(
  { settings, log: logger, closers }: ServiceContext<ChatWsSettings>,
  commitDelayMs: number | undefined,
): Promise<{ database: Database<ChatTables>; log: RoomLog }> {
  const database = await openDatabase<ChatTables>({
    service: 'chat',
    databaseUrl: settings.ownDatabaseUrl ?? settings.sharedDatabaseUrl,
    dataDir: settings.dataDir,
    migrations: chatMigrations,
    closers,
    log: logger,
  });
  const log = openRoomLog({
    database,
    retention: {
      maxEntries: settings.keepEntries,
      maxAgeMs: settings.keepMs,
      eventMaxAgeMs: settings.keepEventsMs,
      keyMaxAgeMs: settings.keepKeysMs,
      guestMaxAgeMs: settings.guestMs,
    },
    sweepMs: settings.retentionEveryMs,
    statementTimeoutMs: settings.statementMs,
    settleMs: settings.settleMs,
    log: logger,
    ...(commitDelayMs !== undefined && { commitDelayMs }),
  });
  closers.push('room log', () => log.close());
  closers.deadline.addEventListener('abort', log.hurry);
  return { database, log };
}
