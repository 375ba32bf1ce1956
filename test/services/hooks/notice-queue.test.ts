/**
 * Goal: what a backend is to be told comes to it in order, again if need be, and never takes more room
 * than it may; nothing disappears without being said to have.
 *
 * Method: notices whose telling tests decide, a clock that tests move.
 */

import { describe, expect, test } from "vitest";
import { ManualClock } from "../../../src/runtime/memory.ts";
import { HookError, type HookFault } from "../../../src/services/hooks/hook-answer.ts";
import { type Notice, NoticeQueue } from "../../../src/services/hooks/notice-queue.ts";
import { settle } from "../../support/memory-network.ts";

const LIMITS = { lengthMax: 100, sizeMax: 10_000 };

class Parts {
  readonly clock = new ManualClock();
  readonly queue: NoticeQueue;
  /** Names of notices in the order in which they were told. */
  readonly told: string[] = [];
  readonly lost: string[] = [];
  /** What goes wrong for whom. */
  fault: (name: string) => HookFault | undefined = () => undefined;
  /** Tellings that wait for `release`. */
  isHeld = false;
  readonly #held: (() => void)[] = [];

  constructor(concurrency = 2) {
    this.queue = new NoticeQueue({
      clock: this.clock,
      concurrency,
      onLost: ({ clientId }, why) => this.lost.push(`${clientId}: ${why}`),
    });
  }

  /** @param name The client, and which of its notices: `a1`. */
  add(name: string, more: Partial<Notice> = {}, limits = LIMITS): void {
    const notice: Notice = {
      event: "on_stop",
      clientId: name.charAt(0),
      streamUrl: "/live/show",
      size: 10,
      retriesMax: 2,
      isInOrder: false,
      tell: () => this.#tell(name),
      ...more,
    };
    this.queue.add(notice, limits);
  }

  addAll(...names: string[]): void {
    for (const name of names) this.add(name);
  }

  /** Lets what is being told come to its end. */
  async release(): Promise<void> {
    for (const resume of this.#held.splice(0)) resume();
    await settle();
  }

  /** Lets time pass as the server does. */
  async advance(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1_000) {
      this.clock.advance(1_000);
      this.queue.sweep(this.clock.monotonicMs());
      await settle();
    }
  }

  /** What has been told since the last time. */
  news(): string {
    return this.told.splice(0).join(" ");
  }

  async #tell(name: string): Promise<void> {
    this.told.push(name);
    if (this.isHeld) await new Promise<void>((resolve) => this.#held.push(resolve));
    else await Promise.resolve();
    const fault = this.fault(name);
    if (fault !== undefined) throw new HookError(fault, `It is ${fault}`);
  }
}

describe("order", () => {
  test("of one client, one after the other; of several, as many at a time as may be", async () => {
    const parts = new Parts();
    parts.isHeld = true;
    parts.addAll("a1", "a2", "b1", "c1", "a3");
    await settle();
    expect(parts.news()).toBe("a1 b1");
    await parts.release();
    expect(parts.news()).toBe("c1 a2");
    await parts.release();
    expect(parts.news()).toBe("a3");
    await parts.release();
    expect(parts.queue).toMatchObject({ length: 0, size: 0 });
  });

  test("of all, if so asked", async () => {
    const parts = new Parts();
    parts.isHeld = true;
    for (const name of ["a1", "b1", "a2"]) parts.add(name, { isInOrder: true });
    for (const name of ["a1", "b1", "a2"]) {
      await settle();
      expect(parts.news()).toBe(name);
      await parts.release();
    }
  });

  test("who is to ask for a client waits until all has been told of it, and no longer", async () => {
    const parts = new Parts();
    parts.isHeld = true;
    parts.addAll("a1", "a2", "b1");
    let isTold = false;
    void parts.queue.toldOf("a", 30_000).then(() => {
      isTold = true;
    });
    await parts.queue.toldOf("c", 30_000);
    await parts.release();
    expect(isTold).toBe(false);
    parts.add("a3");
    await parts.release();
    expect(isTold).toBe(true);
  });

  test("nor longer than it may, however many are told of before", async () => {
    const parts = new Parts(1);
    parts.isHeld = true;
    for (const name of ["b1", "c1", "a1"]) parts.add(name, { isInOrder: true });
    let isOver = false;
    void parts.queue.toldOf("a", 5_000).then(() => {
      isOver = true;
    });
    await settle();
    parts.clock.advance(4_900);
    await settle();
    expect(isOver).toBe(false);
    parts.clock.advance(200);
    await settle();
    expect(isOver).toBe(true);
    expect(parts.clock.timerCount).toBe(0);
  });

  test.each(["unsettled", "unreachable"] as const)("nor for what is %s", async (fault) => {
    const parts = new Parts();
    parts.isHeld = true;
    parts.fault = () => fault;
    parts.addAll("a1", "a2");
    const told = parts.queue.toldOf("a", 30_000);
    await parts.release();
    await told;
    await parts.queue.toldOf("a", 30_000);
    expect(parts.queue.length).toBe(2);
  });
});

describe("what is not due yet", () => {
  test("is waited for by what is to be told after it, and by nothing else", async () => {
    const parts = new Parts(1);
    let become: ((isDue: boolean) => void) | undefined;
    const isDue = new Promise<boolean>((resolve) => {
      become = resolve;
    });
    parts.add("a1", { isDue });
    parts.addAll("a2", "b1");
    await parts.queue.toldOf("a", 30_000);
    await settle();
    expect(parts.news()).toBe("b1");
    become?.(true);
    await settle();
    expect(parts.news()).toBe("a1 a2");
    expect(parts.queue.length).toBe(0);
  });

  test("is not told if it does not come to be", async () => {
    const parts = new Parts();
    parts.add("a1", { isDue: Promise.resolve(false) });
    parts.add("a2");
    parts.add("b1", { isDue: Promise.resolve(false) });
    await settle();
    expect(parts.news()).toBe("a2");
    expect(parts.queue).toMatchObject({ length: 0, size: 0 });
    expect(parts.lost).toEqual([]);
  });

  test("is given up at the end like anything else", async () => {
    const parts = new Parts();
    parts.add("a1", { isDue: Promise.resolve(true) });
    parts.queue.close();
    await settle();
    expect(parts.news()).toBe("");
    expect(parts.lost).toEqual(["a: server_stopped"]);
  });
});

describe("what does not work", () => {
  test("for one is tried again later, and the others go on", async () => {
    const parts = new Parts();
    parts.fault = (name) => (name === "a1" ? "unsettled" : undefined);
    parts.addAll("a1", "a2", "b1");
    await settle();
    expect(parts.news()).toBe("a1 b1");
    await parts.advance(1_000);
    expect(parts.news()).toBe("a1");
    parts.add("a3");
    await parts.advance(1_000);
    expect(parts.news()).toBe("");
    await parts.advance(1_000);
    expect(parts.news()).toBe("a1 a2 a3");
    expect(parts.lost).toEqual(["a: It is unsettled"]);
    expect(parts.queue.length).toBe(0);
  });

  test.each(["refused", "wrong"] as const)("because it is %s is over", async (fault) => {
    const parts = new Parts();
    parts.fault = () => fault;
    parts.addAll("a1", "a2");
    await settle();
    expect(parts.news()).toBe("a1 a2");
    expect(parts.queue.length).toBe(0);
    expect(parts.lost).toEqual([]);
  });

  test("by a bug is over too", async () => {
    const parts = new Parts();
    parts.add("a1", { tell: () => Promise.reject(new Error("Cannot be")) });
    parts.add("a2");
    await settle();
    expect(parts.news()).toBe("a2");
  });
});

describe("a backend that cannot be reached", () => {
  test.each([
    ["of each client", false, "a1 b1", "a1 b1 c1 d1 a2"],
    ["of all", true, "a1", "a1 b1 c1 a2 d1"],
  ])("is tried by one, and when it is back told in the order %s", async (_, isInOrder, ...told) => {
    const parts = new Parts(2);
    parts.fault = () => "unreachable";
    const kept = { retriesMax: Number.POSITIVE_INFINITY, isInOrder };
    for (const name of ["a1", "b1", "c1", "a2"]) parts.add(name, kept);
    await settle();
    expect(parts.news()).toBe(told[0]);
    expect(parts.queue.isDown).toBe(true);
    const attempts: string[] = [];
    for (let second = 1; second <= 40; second++) {
      await parts.advance(1_000);
      attempts.push(...parts.told.splice(0).map((name) => `${second} ${name}`));
    }
    expect(attempts).toEqual(["1 a1", "3 a1", "7 a1", "15 a1", "31 a1"]);
    parts.add("d1", kept);
    parts.fault = () => undefined;
    await parts.advance(30_000);
    expect(parts.news()).toBe(told[1]);
    expect(parts.queue).toMatchObject({ length: 0, size: 0, isDown: false });
    expect(parts.lost).toEqual([]);
  });

  test("costs each notice no more attempts than it may take, its own or another's", async () => {
    const parts = new Parts(2);
    parts.fault = () => "unreachable";
    parts.addAll("a1", "b1", "b2", "c1");
    parts.add("d1", { retriesMax: 0 });
    await settle();
    expect(parts.lost).toEqual(["d: It is unreachable"]);
    await parts.advance(1_000);
    parts.add("e1");
    expect(parts.lost).toHaveLength(1);
    await parts.advance(2_000);
    expect(parts.lost.slice(1)).toEqual(
      ["a", "b", "b", "c"].map((name) => `${name}: It is unreachable`),
    );
    expect(parts.queue.length).toBe(1);
    parts.fault = () => undefined;
    await parts.advance(4_000);
    expect(parts.news()).toMatch(/ e1$/);
  });
});

describe("room", () => {
  test("is for so many, and what comes then is lost, and said to be", async () => {
    const parts = new Parts();
    parts.isHeld = true;
    for (const name of ["a1", "a2", "b1"]) parts.add(name, {}, { lengthMax: 2, sizeMax: 1_000 });
    expect(parts.lost).toEqual(["b: queue_full"]);
    expect(parts.queue).toMatchObject({ length: 2, size: 20 });
    await parts.release();
    parts.add("b2", {}, { lengthMax: 2, sizeMax: 1_000 });
    await parts.release();
    expect(parts.news()).toBe("a1 a2 b2");
  });

  test("is for so many bytes", () => {
    const parts = new Parts();
    parts.isHeld = true;
    const limits = { lengthMax: 10, sizeMax: 25 };
    for (const name of ["a1", "a2", "a3"]) parts.add(name, {}, limits);
    parts.add("c1", { size: 5 }, limits);
    expect(parts.lost).toEqual(["a: queue_full"]);
    expect(parts.queue).toMatchObject({ length: 3, size: 25 });
  });
});

describe("at the end", () => {
  test("what is being told may be waited for; what waits is given up", async () => {
    const parts = new Parts(1);
    expect(parts.queue.isBusy).toBe(false);
    parts.isHeld = true;
    parts.addAll("a1", "b1");
    await settle();
    expect(parts.queue.isBusy).toBe(true);
    parts.queue.close();
    parts.add("c1");
    expect(parts.lost).toEqual(["b: server_stopped", "c: server_stopped"]);
    await parts.release();
    expect(parts.queue.isBusy).toBe(false);
    expect(parts.queue.length).toBe(0);
  });

  test.each(["unsettled", "unreachable"] as const)("what is %s is given up too", async (fault) => {
    const parts = new Parts();
    parts.isHeld = true;
    parts.fault = () => fault;
    parts.add("a1", { retriesMax: 100 });
    parts.queue.close();
    await parts.release();
    expect(parts.lost).toEqual([`a: It is ${fault}`]);
    expect(parts.queue.length).toBe(0);
  });
});
