import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

type Options<Label extends string> = { name: string; help: string; labels?: Label[] };

export type Tally = { count(value: string): void };

export type Metrics = {
  /** `collect` gives the total, where it is counted already. */
  counter<Label extends string = never>(options: Options<Label> & { collect?: () => number }): Counter<Label>;
  /** Counts by the values of one label, of which there are few, at next to no cost: for what happens with every message. */
  tally(options: { name: string; help: string; label: string }): Tally;
  /** `collect` gives the value when it is asked for. */
  gauge<Label extends string = never>(options: Options<Label> & { collect?: () => number }): Gauge<Label>;
  /** `collect` observes how things stand whenever figures are asked for; nothing of that stays for the next time. */
  histogram<Label extends string = never>(
    options: Options<Label> & { buckets: number[]; collect?: (observe: (value: number) => void) => void },
  ): Histogram<Label>;
  /** All figures in the Prometheus text format. */
  text(): Promise<string>;
};

/** A registry of its own per service, so that several live in one process. Names begin with `parley_`. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    counter({ name, help, labels = [], collect }) {
      const options = { name, help, labelNames: labels, registers };
      if (!collect) return new Counter(options);
      return new Counter({
        ...options,
        collect() {
          this.reset();
          this.inc(collect());
        },
      });
    },
    tally({ name, help, label }) {
      const counts = new Map<string, number>();
      new Counter({
        name,
        help,
        labelNames: [label],
        registers,
        collect() {
          this.reset();
          for (const [value, times] of counts) this.inc({ [label]: value }, times);
        },
      });
      return { count: (value) => void counts.set(value, (counts.get(value) ?? 0) + 1) };
    },
    gauge({ name, help, labels = [], collect }) {
      const options = { name, help, labelNames: labels, registers };
      if (!collect) return new Gauge(options);
      return new Gauge({
        ...options,
        collect() {
          this.set(collect());
        },
      });
    },
    histogram({ name, help, labels = [], buckets, collect }) {
      const options = { name, help, labelNames: labels, buckets, registers };
      if (!collect) return new Histogram(options);
      return new Histogram({
        ...options,
        collect() {
          this.reset();
          collect((value) => this.observe(value));
        },
      });
    },
    text: () => registry.metrics(),
  };
}
