/**
 * Programs that are wanted for the time being, told apart by what they are for: what is wanted no more is
 * stopped, and what takes its place begins when it has ended.
 *
 * @module
 */

/** One of them; runs from its making until it is stopped. */
export interface Run {
  /** Resolves when it has ended. */
  stop(): Promise<void>;
}

/** What is to run. */
export interface WantedRun<R extends Run> {
  /** Another text for the same purpose means another program. */
  readonly text: string;
  readonly start: () => R;
}

interface Slot<R extends Run> {
  text: string;
  run: R | undefined;
  /** What is to follow once the one before has ended. */
  next: WantedRun<R> | undefined;
  ending: Promise<void> | undefined;
}

export class ProgramSet<R extends Run> {
  readonly #slots = new Map<string, Slot<R>>();

  /** Those that have not been stopped. */
  get runs(): readonly R[] {
    return Array.from(this.#slots.values(), ({ run }) => run).filter((run) => run !== undefined);
  }

  get(purpose: string): R | undefined {
    return this.#slots.get(purpose)?.run;
  }

  /** Nothing runs, and nothing is about to end. */
  get isEmpty(): boolean {
    return this.#slots.size === 0;
  }

  /** @param wanted By purpose; what is not among them is stopped. */
  configure(wanted: ReadonlyMap<string, WantedRun<R>>): void {
    for (const purpose of [...this.#slots.keys()]) {
      if (!wanted.has(purpose)) this.#want(purpose, undefined);
    }
    for (const [purpose, run] of wanted) this.#want(purpose, run);
  }

  /** Stops one and begins it anew. */
  restart(purpose: string, wanted: WantedRun<R>): void {
    this.#want(purpose, undefined);
    this.#want(purpose, wanted);
  }

  /** Resolves when all have ended. */
  async close(): Promise<void> {
    this.configure(new Map());
    await Promise.all(Array.from(this.#slots.values(), ({ ending }) => ending));
  }

  #want(purpose: string, wanted: WantedRun<R> | undefined): void {
    let slot = this.#slots.get(purpose);
    if (slot === undefined) {
      if (wanted === undefined) return;
      slot = { text: "", run: undefined, next: undefined, ending: undefined };
      this.#slots.set(purpose, slot);
    }
    if (slot.run !== undefined && slot.text === wanted?.text) return;
    slot.next = wanted;
    if (slot.run !== undefined) this.#end(purpose, slot, slot.run);
    else if (slot.ending === undefined) this.#begin(purpose, slot);
  }

  #end(purpose: string, slot: Slot<R>, run: R): void {
    slot.run = undefined;
    slot.ending = run.stop().then(() => {
      slot.ending = undefined;
      this.#begin(purpose, slot);
    });
  }

  #begin(purpose: string, slot: Slot<R>): void {
    const { next } = slot;
    slot.next = undefined;
    if (next === undefined) return void this.#slots.delete(purpose);
    slot.text = next.text;
    slot.run = next.start();
  }
}
