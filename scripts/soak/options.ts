/**
 * The command line of the soak test.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { ROOT } from "../programs.ts";

export interface SoakOptions {
  readonly minutes: number;
  /** Too short for a trend: what is counted must add up, memory is looked at roughly. */
  readonly isSmoke: boolean;
  /** A number or `auto`. */
  readonly workers: string;
  /** What is started: a checkout's bin/sluice or a compiled server. */
  readonly program: string;
  /** Makes the run's choices the same again; its times never are. */
  readonly seed: number;
  /** Where the reports go; `undefined` for nowhere. */
  readonly folder: string | undefined;
}

const MINUTES_DEFAULT = 10;
const SMOKE_MINUTES = 1;

export const HELP: string = `Usage: npm run soak -- [OPTIONS]

Runs a server under publishers, players, strangers and operators that come and go, and checks that
everything returns to where it began. The reports are docs/soak-report.md and .json.

  --minutes N     How long. Default ${MINUTES_DEFAULT}.
  --smoke         ${SMOKE_MINUTES} minute; checks that nothing fails and all counts return, writes no report.
  --workers N     Worker processes, or auto. Default 1.
  --program PATH  The server. Default: bin/sluice, on the runtime that SLUICE_RUNTIME names.
  --seed N        For the random choices. Default 1.
  --out FOLDER    Where the reports go. Default: docs.

Exits with 0 if all is well, 1 if something has grown or failed, 2 if the command line is wrong.
`;

/** @returns `undefined` if help is asked for. @throws {TypeError} */
export function parseSoakArguments(typed: readonly string[]): SoakOptions | undefined {
  const { values } = parseArgs({
    args: [...typed],
    options: {
      help: { type: "boolean", short: "h" },
      minutes: { type: "string" },
      smoke: { type: "boolean" },
      workers: { type: "string", default: "1" },
      program: { type: "string", default: `${ROOT}bin/sluice` },
      seed: { type: "string", default: "1" },
      out: { type: "string" },
    },
  });
  if (values.help === true) return undefined;
  const { smoke: isSmoke = false, workers, program } = values;
  if (workers !== "auto") readNumber("--workers", workers, 1);
  return {
    minutes:
      values.minutes === undefined
        ? isSmoke
          ? SMOKE_MINUTES
          : MINUTES_DEFAULT
        : readNumber("--minutes", values.minutes, 0.5),
    isSmoke,
    workers,
    program,
    seed: readNumber("--seed", values.seed, 0),
    folder: values.out ?? (isSmoke ? undefined : `${ROOT}docs`),
  };
}

function readNumber(name: string, text: string, least: number): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least) return value;
  throw new TypeError(`Cannot use ${name} ${text}: give a number from ${least} on`);
}
