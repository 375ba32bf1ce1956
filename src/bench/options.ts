/**
 * What a run is to do.
 *
 * @module
 */

export type PlayProtocol = "rtmp" | "http-flv" | "ws-flv" | "hls" | "whep";
export type PublishProtocol = "rtmp" | "whip";

/** Players of one address. */
export interface PlayOptions {
  /** `{n}` in it stands for the number of the stream. */
  readonly url: string;
  readonly protocol: PlayProtocol;
  readonly playerCount: number;
}

export interface PublishOptions {
  /** `{n}` in it as above. */
  readonly url: string;
  readonly protocol: PublishProtocol;
  readonly publisherCount: number;
  /** An FLV file; the built-in test picture if neither this nor a bitrate is given. */
  readonly file: string | undefined;
  /** Bits per second of a stream that is made up. */
  readonly bitrate: number | undefined;
}

export interface BenchOptions {
  readonly plays: readonly PlayOptions[];
  readonly publish: PublishOptions | undefined;
  /** Over how long the starts are spread; `undefined`: as long as START_RATE takes. */
  readonly rampSeconds: number | undefined;
  readonly warmupSeconds: number;
  readonly durationSeconds: number;
  /** Of the players, what share stops reading after the first frame, and what share reads slowly. */
  readonly stalledPercent: number;
  readonly slowPercent: number;
  /** Of WebRTC players, one in so many decrypts what comes; the others count packets. */
  readonly decryptEvery: number;
  /** The process to watch, with its children. */
  readonly pid: number | undefined;
  /** The server whose /metrics to read, such as `http://host:1985`. */
  readonly server: string | undefined;
  /** False: take any certificate. */
  readonly isVerified: boolean;
}

/** Starts a second, unless a ramp is given: what servers cope with while they serve others. */
export const START_RATE = 500;
/** Joins send more than a second of stream at once; after this much that is over. */
export const WARMUP_SECONDS = 3;
export const DURATION_SECONDS = 10;
/** Decrypting takes the meter longer than receiving does. */
export const DECRYPT_EVERY = 50;

/** How the paths of WHEP end: SRS's has a word of its own, too. */
const WHEP_PATH = /\/(?:whep|whip-play)\/?$/iu;
const WHIP_PATH = /\/whip\/?$/iu;

/** How long the ramp takes. */
export function rampMsOf({ rampSeconds, plays, publish }: BenchOptions): number {
  if (rampSeconds !== undefined) return rampSeconds * 1_000;
  const playerCount = plays.reduce((sum, play) => sum + play.playerCount, 0);
  return (Math.max(playerCount, publish?.publisherCount ?? 0) / START_RATE) * 1_000;
}

/** The protocol that an address is played by, or `undefined` if there is none for it. */
export function playProtocolOf(url: string): PlayProtocol | undefined {
  const [scheme, path] = splitUrl(url);
  switch (scheme) {
    case "rtmp":
    case "rtmps":
      return "rtmp";
    case "ws":
    case "wss":
      return "ws-flv";
    case "http":
    case "https":
      if (WHEP_PATH.test(path)) return "whep";
      return path.endsWith(".m3u8") ? "hls" : "http-flv";
    default:
      return undefined;
  }
}

/** The protocol that is published by to an address, or `undefined` if there is none for it. */
export function publishProtocolOf(url: string): PublishProtocol | undefined {
  const [scheme, path] = splitUrl(url);
  if (/^rtmps?$/u.test(scheme)) return "rtmp";
  return /^https?$/u.test(scheme) && WHIP_PATH.test(path) ? "whip" : undefined;
}

function splitUrl(url: string): [scheme: string, path: string] {
  const [, scheme = "", path = ""] =
    /^([a-z]+):\/\/[^/?#]+(\/[^?#]*)/iu.exec(url.replaceAll("{n}", "1")) ?? [];
  return [scheme.toLowerCase(), path];
}

/** The address of stream `number`. */
export function expandUrl(url: string, number: number): string {
  return url.replaceAll("{n}", String(number));
}

/** What a player does with what it is sent. */
export type PlayerClass = "healthy" | "slow" | "stalled";

/**
 * The class of player `index`: of any number of players in a row, the shares are as near to the
 * wanted ones as whole players can be.
 */
export function playerClassOf(
  index: number,
  options: Pick<BenchOptions, "slowPercent" | "stalledPercent">,
): PlayerClass {
  const { slowPercent, stalledPercent } = options;
  const percent = slowPercent + stalledPercent;
  if (!steps(index, percent / 100)) return "healthy";
  const ordinal = Math.floor((index * percent) / 100);
  return steps(ordinal, stalledPercent / percent) ? "stalled" : "slow";
}

/** Whether a line that climbs by `slope` passes a whole number between `index` and the next. */
function steps(index: number, slope: number): boolean {
  return Math.floor((index + 1) * slope + ROUNDING) > Math.floor(index * slope + ROUNDING);
}

/** So that 10 times a tenth is one. */
const ROUNDING = 1e-9;
