import type { Bus } from '../../src/cluster/bus.ts';

/** The bus, but that it loses what `isLost` says of what this node publishes. */
export function losing(bus: Bus, isLost: (payload: string) => boolean): Bus {
  return {
    get isUp() {
      return bus.isUp;
    },
    get maxBytes() {
      return bus.maxBytes;
    },
    publish(subject, payload) {
      if (!isLost(payload)) bus.publish(subject, payload);
    },
    subscribe: bus.subscribe,
    flush: bus.flush,
    onChange: bus.onChange,
    close: bus.close,
  };
}
