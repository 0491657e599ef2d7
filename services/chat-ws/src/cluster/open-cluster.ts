import { closeCodes } from '@parley/common/contracts/chat/close-code';
import { repeat } from '@parley/common/runtime/repeat';
import type { ServiceContext } from '@parley/common/runtime/start-service';
import type { Chat } from '../chat.ts';
import { loseSession } from '../sessions/close-session.ts';
import type { ChatWsSettings } from '../settings.ts';
import type { Bus } from './bus.ts';
import { Cluster } from './cluster.ts';
import type { Comparison } from './comparison.ts';
import { openNatsBus } from './nats-bus.ts';
import { createSubjects } from './subjects.ts';

export type OpenClusterOptions = {
  context: ServiceContext<ChatWsSettings>;
  retryDelayMs: (attempt: number) => number;
  /** For tests: what the bus loses. */
  wrapBus: (bus: Bus) => Bus;
};

/** This node's part in the cluster; undefined without `NATS_URL`: it is the only one. */
export function openCluster({ context, retryDelayMs, wrapBus }: OpenClusterOptions): Cluster | undefined {
  const { settings, log, instance, closers } = context;
  const {
    natsServers: servers,
    natsPrefix,
    clusterBeatMs: beatMs,
    clusterLeaseMs: leaseMs,
    clusterHoleMs: holeMs,
  } = settings;
  if (servers === undefined) return undefined;
  const bus = wrapBus(openNatsBus({ servers, name: `parley chat-ws ${instance}`, log }));
  closers.push('NATS', () => bus.close());
  const limits = { beatMs, leaseMs, holeMs };
  const cluster = new Cluster({ node: instance, bus, subjects: createSubjects(natsPrefix), limits, retryDelayMs, log });
  closers.push('cluster', () => cluster.close());
  return cluster;
}

/** Takes part: what other nodes say is done, and what they may not have been heard to say is looked up in the database. */
export function joinCluster(
  chat: Chat,
  { cluster, comparison, closers }: { cluster: Cluster; comparison: Comparison } & Pick<ServiceContext, 'closers'>,
): void {
  const { rooms, sessions, log, logger, settings } = chat;
  cluster.start({
    committed(room, epoch, entries) {
      rooms.committed(room, epoch, entries);
      log.feed.notify();
    },
    committedUpTo: (room, epoch, head) => rooms.committedUpTo(room, epoch, head),
    changed(name) {
      const room = rooms.changedElsewhere(name);
      if (room !== undefined) void comparison.run([room]);
    },
    ended(number) {
      const session = sessions.get(number);
      if (session === undefined) return;
      session.end(closeCodes.normal, 'resumed on another connection');
      // It may be on its way into the same rooms.
      loseSession(chat, session);
    },
    isBack: () => void comparison.run(),
  });
  const compare = async () => void (await comparison.run());
  repeat(compare, {
    name: 'comparison of rooms',
    everyMs: settings.clusterCompareMs,
    log: logger,
    closers,
  });
}
