type Listener<T> = (event: T) => void;

/** Listeners by the name of an event. `Events` maps each name to what its listeners are given. */
export class Emitter<Events extends Record<string, unknown>> {
  readonly #listeners = new Map<keyof Events, ReadonlySet<Listener<never>>>();

  /** Gives the function that takes the listener off again. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    this.#listeners.set(name, new Set(this.#listeners.get(name)).add(listener));
    return () => this.off(name, listener);
  }

  off<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    const left = new Set(this.#listeners.get(name));
    left.delete(listener);
    this.#listeners.set(name, left);
  }

  /** A listener that throws stops neither the others nor the one who emits: its error is uncaught, as from a timer. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    const listeners = (this.#listeners.get(name) ?? []) as ReadonlySet<Listener<Events[Name]>>;
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (thrown) {
        queueMicrotask(() => {
          throw thrown;
        });
      }
    }
  }
}
