/**
 * What a program prints when it is asked for something small.
 *
 * @module
 */

import { programEnvironment } from "../../programs/environment.ts";
import type { Runtime } from "../../runtime/runtime.ts";

/** A program that only says what it is does so at once, but the machine may be busy. */
const RUN_MS_MAX = 10_000;
/** FFmpeg's list of encoders has some twenty kilobytes. */
const OUTPUT_SIZE_MAX = 262_144;

export interface ProgramAnswer {
  /** `undefined` if it was ended, for taking too long. */
  readonly code: number | undefined;
  readonly output: string;
}

/** @throws {SystemError} If it cannot be started. */
export async function runProgram(
  { processes, host, clock }: Runtime,
  program: string,
  args: readonly string[],
): Promise<ProgramAnswer> {
  const decoder = new TextDecoder();
  let output = "";
  const child = await processes.spawn(program, args, {
    environment: programEnvironment(host.environment),
    input: new Uint8Array(),
    output: (bytes) => {
      if (output.length < OUTPUT_SIZE_MAX) output += decoder.decode(bytes, { stream: true });
    },
  });
  const timer = clock.setTimer(RUN_MS_MAX, () => child.kill("SIGKILL"));
  const { code } = await child.exited;
  timer.cancel();
  return { code, output };
}
