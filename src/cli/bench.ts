/**
 * `sluice bench`: the load generator and meter.
 *
 * @module
 */

import type { Assets } from "../base/assets.ts";
import { MalformedError, ProtocolError, SystemError } from "../base/errors.ts";
import { Bench } from "../bench/bench.ts";
import type { PublishOptions } from "../bench/options.ts";
import { type BenchProgress, formatProgress } from "../bench/progress.ts";
import { formatReport } from "../bench/report-text.ts";
import { createSource, type Source } from "../bench/source.ts";
import { createSyntheticFile } from "../bench/synthetic-file.ts";
import type { Host, Runtime } from "../runtime/runtime.ts";
import { UsageError } from "./arguments.ts";
import { BENCH_HELP, parseBenchArguments } from "./bench-arguments.ts";

const EXIT_NOT_SERVED = 1;
const EXIT_USAGE = 2;
/** The built-in test picture. */
const TEST_STREAM = "/test-stream.flv";
/** Where nobody watches, a line of progress every so many seconds is enough. */
const PLAIN_LINE_SECONDS = 5;

/** Runs to the end of the measurement, or until a signal ends it. */
export async function bench(
  typed: readonly string[],
  runtime: Runtime,
  assets: Assets,
): Promise<void> {
  const { host } = runtime;
  try {
    const command = parseBenchArguments(typed);
    if (command === undefined) {
      host.print(BENCH_HELP);
      return host.exit(0);
    }
    const { options, isJson } = command;
    const source = await openSource(options.publish, runtime, assets);
    const progress = new ProgressLine(host);
    const run = new Bench(runtime, options, source, (line) => progress.show(line));
    host.onSignal("SIGINT", () => run.interrupt());
    host.onSignal("SIGTERM", () => run.interrupt());
    const report = await run.run();
    progress.end();
    host.print(isJson ? `${JSON.stringify(report)}\n` : formatReport(report));
    return host.exit(report.isOk ? 0 : EXIT_NOT_SERVED);
  } catch (error) {
    if (!isUsersFault(error)) throw error;
    host.print(`${error.message}\n`, "stderr");
    if (error instanceof UsageError) host.print("Try: sluice bench -h\n", "stderr");
    return host.exit(EXIT_USAGE);
  }
}

async function openSource(
  publish: PublishOptions | undefined,
  { files }: Runtime,
  assets: Assets,
): Promise<Source | undefined> {
  if (publish === undefined) return undefined;
  const { file, bitrate } = publish;
  if (bitrate !== undefined) return createSource(createSyntheticFile(bitrate));
  if (file !== undefined) return createSource(await files.read(file));
  return createSource(assets.get(TEST_STREAM)?.bytes ?? new Uint8Array());
}

/** A line on standard error: written over on a terminal, now and then elsewhere. */
class ProgressLine {
  readonly #host: Host;
  readonly #isTerminal: boolean;
  #count = 0;
  #width = 0;

  constructor(host: Host) {
    this.#host = host;
    this.#isTerminal = host.isTerminal();
  }

  show(progress: BenchProgress): void {
    const line = formatProgress(progress);
    this.#count += 1;
    if (this.#isTerminal) {
      this.#host.print(`\r${line.padEnd(this.#width)}`, "stderr");
      this.#width = line.length;
    } else if (this.#count % PLAIN_LINE_SECONDS === 0) {
      this.#host.print(`${line}\n`, "stderr");
    }
  }

  end(): void {
    if (this.#isTerminal && this.#width > 0) this.#host.print("\n", "stderr");
  }
}

/** The file or the command line is wrong, rather than this program. */
function isUsersFault(error: unknown): error is Error {
  return (
    error instanceof UsageError ||
    error instanceof SystemError ||
    error instanceof MalformedError ||
    error instanceof ProtocolError
  );
}
