/**
 * One cycle of the soak test: everything that can happen to a server, and then nothing.
 *
 * @module
 */

import { run, sleep } from "../bench/processes.ts";
import { ROOT } from "../programs.ts";
import { countServed, judgeLoad, type LoadReport, parseLoadReport } from "./load-report.ts";
import type { Random } from "./random.ts";
import type { Sample } from "./sample.ts";
import type { SoakServer } from "./server.ts";
import { sendStranger } from "./strangers.ts";

/** How often each thing has been done; the run is worth nothing without. */
export interface Deeds {
  loads: number;
  playersServed: number;
  kicks: number;
  sighups: number;
  strangers: number;
}

export interface CycleResult {
  /** After everybody has left. */
  readonly rest: Sample;
  readonly faults: readonly string[];
}

const KICK_MS = 900;
const SIGHUP_MS = 7_000;
const STRANGER_MS = 150;
const STRANGERS_MAX = 40;
/** Starts, ramps and ends of a load are within it. */
const LOAD_MARGIN_SECONDS = 6;
const REST_MS_MAX = 60_000;
const REST_POLL_MS = 500;
/** How long the memory of a server at rest is looked at; the least counts. */
const REST_SAMPLES = 8;

/** The load generator is not what is tested: it runs on what is lightest. */
const BENCH = `${ROOT}bin/sluice`;
const BENCH_ENVIRONMENT = { SLUICE_RUNTIME: "bun" };
const EXITS_OF_CHURN = [0, 1];

export class Cycle {
  readonly #server: SoakServer;
  readonly #randoms: Randoms;
  readonly #deeds: Deeds;
  readonly #name: string;
  readonly #endMs: number;
  readonly #seconds: number;
  readonly #faults: string[] = [];
  #count = 0;

  constructor(
    server: SoakServer,
    random: Random,
    deeds: Deeds,
    cycle: { readonly number: number; readonly seconds: number },
  ) {
    this.#server = server;
    this.#randoms = forkRandoms(random);
    this.#deeds = deeds;
    this.#name = `${cycle.number}`;
    this.#seconds = cycle.seconds;
    this.#endMs = performance.now() + cycle.seconds * 1_000;
  }

  /** @param baseline What there was before the first. */
  async run(baseline: Sample): Promise<CycleResult> {
    await Promise.all([
      this.#steady(),
      this.#overloaded(),
      this.#newNames(),
      this.#sameName(0, this.#randoms.firstOfName),
      this.#sameName(1_300, this.#randoms.secondOfName),
      this.#kicks(),
      this.#sighups(),
      this.#strangers(),
    ]);
    const rest = await this.#rest(baseline);
    return { rest, faults: this.#faults };
  }

  get #isOver(): boolean {
    return performance.now() >= this.#endMs || !this.#server.isRunning;
  }

  // Those who must be served --------------------------------------------------------------------

  /** Streams that run through, with players of every kind, none of whom may wait or miss anything. */
  #steady(): Promise<void> {
    const { rtmp, http, webSocket } = this.#urls("steady/{n}");
    const players = [rtmp, http, webSocket].flatMap((url) => play(url, 8));
    return this.#loadThrough([...publish(rtmp, 4), ...players]);
  }

  /** A stream too fat for some of its players. The others may not notice. */
  #overloaded(): Promise<void> {
    const { rtmp, http, webSocket } = this.#urls("fat/one");
    const players = [rtmp, http, webSocket].flatMap((url) => play(url, 4));
    const unfit = ["--stalled", "25", "--slow", "25"];
    return this.#loadThrough([...publish(rtmp, 1), "--bitrate", "6M", ...players, ...unfit]);
  }

  async #loadThrough(options: readonly string[]): Promise<void> {
    const seconds = Math.max(2, this.#seconds - LOAD_MARGIN_SECONDS);
    const times = ["--ramp", "2", "--warmup", "1", "--duration", String(seconds)];
    const { report, code, errors } = await this.#load([...options, ...times]);
    if (report === undefined) {
      this.#faults.push(`A load ended with ${code}: ${errors}`);
      return;
    }
    this.#deeds.playersServed += countServed(report);
    this.#faults.push(...judgeLoad(report));
  }

  // Those who come and go -----------------------------------------------------------------------

  /** Streams that nobody has heard of before, for some seconds. */
  async #newNames(): Promise<void> {
    while (!this.#isOver) {
      this.#count += 1;
      const { rtmp, http, webSocket } = this.#urls(`churn/${this.#name}-${this.#count}-{n}`);
      const players = [rtmp, http, webSocket].flatMap((url) => play(url, 3));
      await this.#churn([...publish(rtmp, 3), ...players], this.#randoms.newNames);
    }
  }

  /** A name over and over, also while somebody else has it; its players outlast some publishers. */
  async #sameName(delayMs: number, random: Random): Promise<void> {
    await sleep(delayMs);
    while (!this.#isOver) {
      const { rtmp, http } = this.#urls("churn/same");
      await this.#churn([...publish(rtmp, 1), ...play(rtmp, 2), ...play(http, 2)], random);
      await sleep(random.integer(3_000));
    }
  }

  /** They may be refused and are kicked, so that only a broken load is a fault. */
  async #churn(options: readonly string[], random: Random): Promise<void> {
    const seconds = String(1 + random.integer(3));
    const times = ["--ramp", "0.5", "--warmup", "0", "--duration", seconds];
    const { code, errors } = await this.#load([...options, ...times]);
    if (!EXITS_OF_CHURN.includes(code)) this.#faults.push(`A load ended with ${code}: ${errors}`);
  }

  // Those who interfere -------------------------------------------------------------------------

  async #kicks(): Promise<void> {
    while (!this.#isOver) {
      await sleep(KICK_MS);
      await this.#guard("kick", async () => {
        const { text } = await this.#server.ask("/api/v1/clients/?count=1000");
        const { clients } = JSON.parse(text) as { clients: { id: string; url: string }[] };
        const victim = this.#randoms.kicks.pick(
          clients.filter(({ url }) => url.startsWith("/churn/")),
        );
        if (victim === undefined) return;
        const answer = await this.#server.ask(`/api/v1/clients/${victim.id}`, "DELETE");
        const { code } = JSON.parse(answer.text) as { code: number };
        if (code === 0) this.#deeds.kicks += 1;
      });
    }
  }

  async #sighups(): Promise<void> {
    for (;;) {
      await sleep(Math.min(SIGHUP_MS, (this.#seconds * 1_000) / 3));
      if (this.#isOver) return;
      this.#server.hangUp();
      this.#deeds.sighups += 1;
    }
  }

  async #strangers(): Promise<void> {
    const here = new Set<Promise<void>>();
    while (!this.#isOver) {
      await sleep(STRANGER_MS);
      if (here.size >= STRANGERS_MAX) await Promise.race(here);
      const stranger = sendStranger(this.#server, this.#randoms.strangers).then(() => {
        here.delete(stranger);
      });
      here.add(stranger);
      this.#deeds.strangers += 1;
    }
    await Promise.all(here);
  }

  // Rest ----------------------------------------------------------------------------------------

  /** Waits until everybody has left and every stream is forgotten, then looks at the memory. */
  async #rest(baseline: Sample): Promise<Sample> {
    const endMs = performance.now() + REST_MS_MAX;
    let sample = await this.#server.sample();
    while (!isAtRest(sample, baseline) && performance.now() < endMs) {
      await sleep(REST_POLL_MS);
      sample = await this.#server.sample();
    }
    const unrest = describeUnrest(sample, baseline);
    if (unrest !== "") this.#faults.push(`No rest after ${REST_MS_MAX / 1_000} s: ${unrest}`);
    let { residentBytes, heapBytes } = sample;
    for (let n = 0; n < REST_SAMPLES; n++) {
      await sleep(REST_POLL_MS);
      sample = await this.#server.sample();
      residentBytes = Math.min(residentBytes, sample.residentBytes);
      heapBytes = Math.min(heapBytes, sample.heapBytes);
    }
    return { ...sample, residentBytes, heapBytes };
  }

  // ---------------------------------------------------------------------------------------------

  #urls(path: string): {
    readonly rtmp: string;
    readonly http: string;
    readonly webSocket: string;
  } {
    return {
      rtmp: this.#server.rtmp(path),
      http: this.#server.http(path),
      webSocket: this.#server.webSocket(path),
    };
  }

  async #load(
    options: readonly string[],
  ): Promise<{ report: LoadReport | undefined; code: number; errors: string }> {
    const command = [BENCH, "bench", ...options, "--json"];
    const { output, errors, code } = await run(command, { environment: BENCH_ENVIRONMENT });
    this.#deeds.loads += 1;
    return { report: parseLoadReport(output), code, errors: errors.slice(-500) };
  }

  async #guard(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#faults.push(`Cannot ${what}: ${String(error)}`);
    }
  }
}

/** Everything is as it was, but for what only grows. */
export function isAtRest(sample: Sample, baseline: Sample): boolean {
  return describeUnrest(sample, baseline) === "";
}

/** What there is more of than there was; empty at rest. */
function describeUnrest(sample: Sample, baseline: Sample): string {
  const names = ["sessions", "streams", "connections", "openFiles", "timers"] as const;
  return names
    .filter((name) => sample[name] > baseline[name])
    .map((name) => `${name} is ${sample[name]}, and was ${baseline[name]}`)
    .join("; ");
}

/** Of each task that goes on at the same time, so that their choices do not hang on who is first. */
interface Randoms {
  readonly newNames: Random;
  readonly firstOfName: Random;
  readonly secondOfName: Random;
  readonly kicks: Random;
  readonly strangers: Random;
}

function forkRandoms(random: Random): Randoms {
  return {
    newNames: random.fork(),
    firstOfName: random.fork(),
    secondOfName: random.fork(),
    kicks: random.fork(),
    strangers: random.fork(),
  };
}

function publish(url: string, count: number): string[] {
  return ["--publish", url, "--publishers", String(count)];
}

function play(url: string, count: number): string[] {
  return ["--play", url, "--players", String(count)];
}
