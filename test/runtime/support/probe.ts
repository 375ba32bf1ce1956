/**
 * Runs a small program, test/runtime/scripts/probe.ts, as a child on the runtime of the test.
 *
 * @module
 */

import process from "node:process";
import { fileURLToPath } from "node:url";
import type { ChildProcess, Runtime } from "../../../src/runtime/runtime.ts";
import { eventually } from "./eventually.ts";

const SCRIPT = fileURLToPath(new URL("../scripts/probe.ts", import.meta.url));

export interface Probe {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly printed: Record<"stdout" | "stderr", string>;
  /** Resolves once it has printed `text`. */
  whenPrinted(text: string): Promise<void>;
}

/** Starts the part of the script called `name`. */
export function startProbe(runtime: Runtime, name: string, ...args: string[]): Promise<Probe> {
  const [program = "", ...rest] = probeCommand(runtime, name, ...args);
  return start(runtime, program, rest);
}

/** Starts it from a shell, which finds its command in `"$@"`. */
export function startProbeFromShell(
  runtime: Runtime,
  shellScript: string,
  name: string,
  ...args: string[]
): Promise<Probe> {
  return start(runtime, "/bin/sh", [
    "-c",
    shellScript,
    "sh",
    ...probeCommand(runtime, name, ...args),
  ]);
}

/** The program and its arguments. */
export function probeCommand(runtime: Runtime, name: string, ...args: string[]): string[] {
  const flags = runtime.name === "deno" ? ["run", "-A", "--unstable-net"] : [];
  return [process.execPath, ...flags, SCRIPT, name, ...args];
}

async function start(
  { processes, host }: Runtime,
  program: string,
  args: readonly string[],
): Promise<Probe> {
  const printed = { stdout: "", stderr: "" };
  const child = await processes.spawn(program, args, {
    environment: { ...host.environment, NO_COLOR: "1" },
    output: (bytes, from) => {
      printed[from] += new TextDecoder().decode(bytes);
    },
  });
  const whenPrinted = (text: string): Promise<void> =>
    eventually(`"${text}" from ${args.join(" ")}`, () => printed.stdout.includes(text));
  return { child, printed, whenPrinted };
}
