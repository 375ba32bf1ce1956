/**
 * Goal: programs of a server that has been killed are ended, with all that they have started, and those
 * that had ended before are not looked for.
 *
 * Method: the real shell, whose input ends as if the server were gone.
 */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { OrphanGuard } from "../../src/programs/orphan-guard.ts";
import { createRuntime } from "../../src/runtime/detect.ts";
import { eventually } from "./support/eventually.ts";

const { clock, processes } = await createRuntime();
const PATH = "/usr/bin:/bin";

function isAlive(pid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !text.slice(text.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return false;
  }
}

/** A program that has started another one. */
async function start(script: string) {
  let printed = "";
  const child = await processes.spawn("/bin/sh", ["-c", script], {
    environment: { PATH },
    isGroup: true,
    output: (bytes) => {
      printed += new TextDecoder().decode(bytes);
    },
  });
  await eventually("its word", () => printed.endsWith("\n"));
  return { child, pids: [child.pid, Number(printed)] };
}

test("what is left is ended, by force if need be", async () => {
  const warnings: string[] = [];
  const warn = (event: string): number => warnings.push(event);
  const logger = { debug: warn, info: warn, warn, error: warn, child: () => logger };
  const guard = new OrphanGuard({ processes, clock, logger, environment: { PATH } });
  const meek = await start("sleep 60 >/dev/null 2>&1 & echo $!; wait");
  const stubborn = await start("trap '' TERM; sleep 60 >/dev/null 2>&1 & echo $!; wait; wait");
  const other = await start("sleep 60 >/dev/null 2>&1 & echo $!; wait");
  for (const { child } of [meek, other, stubborn]) guard.add(child.pid);
  guard.remove(other.child.pid);
  await guard.close();
  for (const pid of [...meek.pids, ...stubborn.pids]) {
    await eventually(`the end of ${pid}`, () => !isAlive(pid));
  }
  expect(other.pids.map(isAlive)).toEqual([true, true]);
  other.child.kill("SIGKILL");
  await other.child.exited;
  expect(warnings).toEqual([]);
});
