/**
 * Goal: what is wanted runs, once; what takes another's place waits for its end.
 */

import { expect, test } from "vitest";
import { ProgramSet, type Run, type WantedRun } from "../../src/programs/program-set.ts";
import { settle } from "../support/memory-network.ts";

class Played implements Run {
  readonly text: string;
  isStopping = false;
  end: () => void = () => undefined;

  constructor(text: string) {
    this.text = text;
  }

  stop(): Promise<void> {
    this.isStopping = true;
    return new Promise((resolve) => {
      this.end = resolve;
    });
  }
}

function setUp(): {
  readonly set: ProgramSet<Played>;
  readonly made: Played[];
  want(wanted: Readonly<Record<string, string>>): void;
} {
  const set = new ProgramSet<Played>();
  const made: Played[] = [];
  const toRun = (text: string): WantedRun<Played> => ({
    text,
    start: () => {
      const run = new Played(text);
      made.push(run);
      return run;
    },
  });
  const want = (wanted: Readonly<Record<string, string>>): void =>
    set.configure(new Map(Object.entries(wanted).map(([key, text]) => [key, toRun(text)])));
  return { set, made, want };
}

test("what is the same goes on, what is another one begins when the one before has ended", async () => {
  const { set, made, want } = setUp();
  want({ a: "1", b: "1" });
  want({ a: "1", b: "2" });
  expect(made.map(({ text, isStopping }) => [text, isStopping])).toEqual([
    ["1", false],
    ["1", true],
  ]);
  expect(set.runs).toHaveLength(1);
  made[1]?.end();
  await settle();
  expect(set.get("b")?.text).toBe("2");
  expect(made).toHaveLength(3);
});

test("of several that are to follow, the last one does", async () => {
  const { set, made, want } = setUp();
  want({ a: "1" });
  want({ a: "2" });
  want({});
  want({ a: "3" });
  expect(made).toHaveLength(1);
  made[0]?.end();
  await settle();
  expect(made.map(({ text }) => text)).toEqual(["1", "3"]);
  want({});
  made[1]?.end();
  await settle();
  expect(set.isEmpty).toBe(true);
});

test("its end is that of all, also of those that were about to end", async () => {
  const { set, made, want } = setUp();
  want({ a: "1", b: "1" });
  want({ b: "1" });
  let isClosed = false;
  void set.close().then(() => {
    isClosed = true;
  });
  made[1]?.end();
  await settle();
  expect(isClosed).toBe(false);
  made[0]?.end();
  await settle();
  expect(isClosed).toBe(true);
  expect(made).toHaveLength(2);
});
