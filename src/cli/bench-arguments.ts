/**
 * The command line of `sluice bench`.
 *
 * @module
 */

import {
  type BenchOptions,
  DECRYPT_EVERY,
  DURATION_SECONDS,
  type PlayOptions,
  type PublishOptions,
  playProtocolOf,
  publishProtocolOf,
  WARMUP_SECONDS,
} from "../bench/options.ts";
import { UsageError } from "./arguments.ts";

export interface BenchCommand {
  readonly options: BenchOptions;
  readonly isJson: boolean;
}

/** What this process could hold at the most, whatever limits it is given. */
const CLIENTS_MAX = 1_000_000;
const BITRATE_MIN = 8_000;
/** 8 seconds of it are kept in memory. */
const BITRATE_MAX = 200_000_000;
const DAY_SECONDS = 86_400;
const FLAGS = ["--json", "--insecure"];
const VALUES = [
  ...["--play", "--players", "--publish", "--publishers", "--file", "--bitrate", "--ramp"],
  ...["--duration", "--warmup", "--stalled", "--slow", "--pid", "--server", "--decrypt"],
];

/**
 * Parses what was typed behind `bench`.
 *
 * @returns `undefined` if help was asked for.
 * @throws {UsageError}
 */
export function parseBenchArguments(typed: readonly string[]): BenchCommand | undefined {
  if (typed.some((word) => word === "-h" || word === "--help")) return undefined;
  const given = new Map<string, string>();
  const plays: PlayOptions[] = [];
  for (let i = 0; i < typed.length; i++) {
    const name = typed[i] ?? "";
    if (FLAGS.includes(name)) {
      given.set(name, "");
      continue;
    }
    if (!VALUES.includes(name)) throw new UsageError(`Cannot understand option "${name}"`);
    i += 1;
    const value = typed[i];
    if (value === undefined) throw new UsageError(`Cannot use option ${name}: it needs a value`);
    if (name === "--play") plays.push(readPlay(value));
    else if (name === "--players") setPlayerCount(plays, value);
    else if (given.has(name)) throw new UsageError(`Cannot use option ${name} twice`);
    else given.set(name, value);
  }
  return { options: readOptions(given, plays), isJson: given.has("--json") };
}

function readOptions(
  given: ReadonlyMap<string, string>,
  plays: readonly PlayOptions[],
): BenchOptions {
  const number = (name: string, limits: readonly [number, number]): number | undefined => {
    const value = given.get(name);
    return value === undefined ? undefined : readNumber(name, value, limits);
  };
  const seconds = (name: string): number | undefined => number(name, [0, DAY_SECONDS]);
  const publish = readPublish(given);
  if (plays.length === 0 && publish === undefined) {
    throw new UsageError("Cannot start: nothing to do, give --play or --publish");
  }
  const stalledPercent = number("--stalled", [0, 100]) ?? 0;
  const slowPercent = number("--slow", [0, 100]) ?? 0;
  if (stalledPercent + slowPercent > 100) {
    throw new UsageError("Cannot use --stalled and --slow: together they are over 100 percent");
  }
  const pid = number("--pid", [1, 2 ** 31]);
  if (pid !== undefined && !Number.isInteger(pid)) throw new UsageError(`Cannot use --pid ${pid}`);
  return {
    plays,
    publish,
    rampSeconds: seconds("--ramp"),
    warmupSeconds: seconds("--warmup") ?? WARMUP_SECONDS,
    durationSeconds: seconds("--duration") ?? DURATION_SECONDS,
    stalledPercent,
    slowPercent,
    decryptEvery: readDecryptEvery(given.get("--decrypt")),
    pid,
    server: readServer(given.get("--server")),
    isVerified: !given.has("--insecure"),
  };
}

function readPlay(url: string): PlayOptions {
  const protocol = playProtocolOf(url);
  if (protocol !== undefined) return { url, protocol, playerCount: 1 };
  throw new UsageError(
    `Cannot use --play ${url}: give rtmp://HOST/APP/STREAM, http(s)://HOST/PATH.flv, ` +
      "ws(s)://HOST/PATH.flv, http(s)://HOST/PATH.m3u8 or http(s)://HOST/.../whep/?...",
  );
}

/** `--players` is about the `--play` before it. */
function setPlayerCount(plays: PlayOptions[], value: string): void {
  const play = plays.pop();
  if (play === undefined) throw new UsageError("Cannot use --players: give --play before it");
  plays.push({ ...play, playerCount: readCount("--players", value) });
}

function readPublish(given: ReadonlyMap<string, string>): PublishOptions | undefined {
  const url = given.get("--publish");
  const file = given.get("--file");
  const bitrate = given.get("--bitrate");
  const count = given.get("--publishers");
  if (url === undefined) {
    const other = ["--publishers", "--file", "--bitrate"].find((name) => given.has(name));
    if (other === undefined) return undefined;
    throw new UsageError(`Cannot use ${other}: give --publish too`);
  }
  const protocol = publishProtocolOf(url);
  if (protocol === undefined) {
    throw new UsageError(
      `Cannot use --publish ${url}: give rtmp://HOST/APP/STREAM or http(s)://HOST/.../whip/?...`,
    );
  }
  if (file !== undefined && bitrate !== undefined) {
    throw new UsageError("Cannot use --file and --bitrate together");
  }
  const publisherCount = count === undefined ? 1 : readCount("--publishers", count);
  if (publisherCount > 1 && !url.includes("{n}")) {
    throw new UsageError("Cannot publish more than once to one address: put {n} into --publish");
  }
  return {
    url,
    protocol,
    publisherCount,
    file,
    bitrate: bitrate === undefined ? undefined : readBitrate(bitrate),
  };
}

function readDecryptEvery(value: string | undefined): number {
  return value === undefined ? DECRYPT_EVERY : readCount("--decrypt", value);
}

function readServer(server: string | undefined): string | undefined {
  if (server === undefined || /^https?:\/\/[^/]/iu.test(server)) return server;
  throw new UsageError(`Cannot use --server ${server}: give http://HOST:PORT`);
}

function readCount(name: string, value: string): number {
  const count = readNumber(name, value, [1, CLIENTS_MAX]);
  if (!Number.isInteger(count))
    throw new UsageError(`Cannot use ${name} ${value}: give a whole number`);
  return count;
}

/** `200000`, `200k` or `1.5M`. */
function readBitrate(value: string): number {
  const [, digits = "", unit = ""] = /^([\d.]+)([kKmM]?)$/u.exec(value) ?? [];
  const factor = { "": 1, k: 1e3, m: 1e6 }[unit.toLowerCase()] ?? Number.NaN;
  const bitrate = digits === "" ? Number.NaN : Number(digits) * factor;
  if (bitrate >= BITRATE_MIN && bitrate <= BITRATE_MAX) return bitrate;
  throw new UsageError(`Cannot use --bitrate ${value}: give bits per second, 8k to 200M`);
}

function readNumber(name: string, value: string, [min, max]: readonly [number, number]): number {
  const number = /^\d+(\.\d+)?$/u.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`Cannot use ${name} ${value}: give a number from ${min} to ${max}`);
}

export const BENCH_HELP: string = `Usage: sluice bench [--play URL [--players N]]... [--publish URL [--publishers N]] [OPTIONS]

Plays and publishes by the thousand and measures how that goes.

  --play URL         Play rtmp://HOST/APP/STREAM, http://HOST/PATH.flv, ws://HOST/PATH.flv or
                     http://HOST/PATH.m3u8 (rtmps, https, wss too), or by WebRTC, as
                     http://HOST/rtc/v1/whep/?app=APP&stream=STREAM. May be given several times.
  --players N        So many players of the --play before it. Default 1.
  --publish URL      Publish to rtmp://HOST/APP/STREAM, or by WebRTC to
                     http://HOST/rtc/v1/whip/?app=APP&stream=STREAM.
  --publishers N     So many publishers. Default 1.
                     {n} in an address is the number of the stream: publisher 1, 2, ... N, and
                     player i plays stream ((i - 1) modulo N) + 1; without publishers, stream i.
  --file FILE        Publish this FLV file, looped. Default: a built-in test picture.
  --bitrate RATE     Publish a made-up stream of this rate, such as 200k or 2.5M.
  --ramp SECONDS     Spread the starts over this time. Default: 500 starts a second.
  --warmup SECONDS   Wait after the ramp before measuring. Default ${WARMUP_SECONDS}.
  --duration SECONDS Measure for so long. Default ${DURATION_SECONDS}.
  --stalled PERCENT  So many of the players stop reading after the first frame.
  --slow PERCENT     So many of them read at a tenth of the rate.
  --decrypt N        Of WebRTC players, one in N decrypts what comes, which latency needs.
                     Default ${DECRYPT_EVERY}.
  --pid PID          Watch processor time and memory of that process and its children.
  --server URL       The same from URL/metrics, such as http://127.0.0.1:1985.
  --insecure         Take any TLS certificate.
  --json             Print the report as one JSON object on standard output.

Exits with 0 if all publishers and all players (but for stalled and slow ones) were served to the
end, 1 if not, 2 if the command line is wrong. Ctrl-C ends early and reports.

Example:
  sluice bench --publish rtmp://127.0.0.1/live/show --play http://127.0.0.1:8080/live/show.flv \\
    --players 1000 --duration 30
`;
