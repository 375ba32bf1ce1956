/**
 * The players of one address.
 *
 * @module
 */

import { createDtlsIdentity, type DtlsIdentity } from "../protocols/rtc/dtls/dtls-identity.ts";
import { startHttpFlvPlayer, startWsFlvPlayer } from "./flv-player.ts";
import { startHlsClient } from "./hls-client.ts";
import { HlsTotals } from "./hls-totals.ts";
import {
  type BenchOptions,
  expandUrl,
  type PlayerClass,
  type PlayOptions,
  playerClassOf,
} from "./options.ts";
import type { Player, PlayerPorts, PlayerTarget } from "./player.ts";
import { PlayerMeter } from "./player-meter.ts";
import { PlayerTotals } from "./player-totals.ts";
import { startRtcPlayer } from "./rtc-player.ts";
import { startRtmpPlayer } from "./rtmp-player.ts";
import { SlowReader } from "./slow-reader.ts";
import type { WallTime } from "./wall-time.ts";

const CLASSES: readonly PlayerClass[] = ["healthy", "slow", "stalled"];
/** What slow players are slowed by where nobody shows how fast the stream is: 500 kbit/s. */
const DEFAULT_BYTES_PER_MS = 62.5;

export interface PlayGroupContext {
  readonly ports: PlayerPorts;
  readonly wallTime: WallTime;
  readonly options: BenchOptions;
}

const STARTERS = {
  rtmp: startRtmpPlayer,
  "http-flv": startHttpFlvPlayer,
  "ws-flv": startWsFlvPlayer,
} as const;

export class PlayGroup {
  readonly options: PlayOptions;
  readonly totals: ReadonlyMap<PlayerClass, PlayerTotals>;
  readonly hlsTotals: HlsTotals = new HlsTotals();
  readonly #context: PlayGroupContext;
  readonly #players: Player[] = [];
  readonly #meters: PlayerMeter[] = [];
  readonly #slowReaders: SlowReader[] = [];
  /** What a healthy player has received, were it here since the start; and by whom that is told. */
  #healthySize = 0;
  #pattern: PlayerMeter | undefined;
  #patternSize = 0;
  #isStopped = false;
  /** One for all: to make one takes longer than to connect. */
  #identity: DtlsIdentity | undefined;
  #throttledMs = -1;

  constructor(options: PlayOptions, context: PlayGroupContext) {
    this.options = options;
    this.#context = context;
    const totals = new Map<PlayerClass, PlayerTotals>();
    for (const playerClass of CLASSES) {
      const count = this.#countOf(playerClass);
      if (count > 0) totals.set(playerClass, new PlayerTotals(count));
    }
    this.totals = totals;
  }

  /** Players that neither play nor have failed, those that are yet to be started included. */
  get pendingCount(): number {
    let count = 0;
    for (const { wantedCount, joinedCount, failures } of this.totals.values()) {
      count += wantedCount - joinedCount - failures.count;
    }
    return count;
  }

  /** Starts player `index` on stream `number`. */
  start(index: number, number: number): void {
    const { wallTime, options } = this.#context;
    const playerClass = this.#classOf(index);
    const totals = this.totals.get(playerClass);
    if (totals === undefined || this.#isStopped) return;
    const meter = new PlayerMeter(totals, wallTime, this.options.protocol !== "hls");
    const url = expandUrl(this.options.url, number);
    const target: PlayerTarget = { url, meter, tls: { isVerified: options.isVerified } };
    const player = this.#startPlayer(target, index);
    if (playerClass === "stalled") meter.onFirstFrame = () => player.pause();
    if (playerClass === "slow") this.#slowReaders.push(new SlowReader(player, meter));
    this.#players.push(player);
    this.#meters.push(meter);
  }

  /** Once a second: finds stalls that go on. */
  sweep(nowMs: number): void {
    for (const meter of this.#meters) if (meter.isConnected) meter.sweep(nowMs);
  }

  /** Several times a second: holds slow players back. */
  throttle(nowMs: number): void {
    if (this.#slowReaders.length === 0) return;
    const passedMs = this.#throttledMs < 0 ? 0 : nowMs - this.#throttledMs;
    this.#throttledMs = nowMs;
    if (this.#pattern?.isConnected !== true) this.#choosePattern();
    const pattern = this.#pattern;
    if (pattern === undefined) this.#healthySize += passedMs * DEFAULT_BYTES_PER_MS;
    else {
      this.#healthySize += pattern.receivedSize - this.#patternSize;
      this.#patternSize = pattern.receivedSize;
    }
    for (const reader of this.#slowReaders) reader.check(this.#healthySize);
  }

  clearWindow(): void {
    for (const totals of this.totals.values()) totals.clearWindow();
    this.hlsTotals.clearWindow();
  }

  /** Ends the account: what happens from now on is our doing. */
  finish(nowMs: number): void {
    for (const meter of this.#meters) meter.finish(nowMs);
  }

  stop(): void {
    this.#isStopped = true;
    for (const player of this.#players) player.stop();
  }

  /** One is enough: what all receive has the joins of newcomers in it. */
  #choosePattern(): void {
    const healthy = this.totals.get("healthy");
    this.#pattern =
      healthy === undefined || healthy.connectedCount === 0
        ? undefined
        : this.#meters.find((meter) => meter.totals === healthy && isPlaying(meter));
    this.#patternSize = this.#pattern?.receivedSize ?? 0;
  }

  #startPlayer(target: PlayerTarget, index: number): Player {
    const { ports, wallTime, options } = this.#context;
    const { protocol } = this.options;
    if (protocol === "hls") {
      return startHlsClient({ ports, wallTime, totals: this.hlsTotals }, target);
    }
    if (protocol !== "whep") return STARTERS[protocol](ports, target);
    this.#identity ??= createDtlsIdentity(ports.crypto, ports.clock, "ecdsa", "bench");
    const isSample = index % options.decryptEvery === 0;
    return startRtcPlayer(ports, target, { identity: this.#identity, isSample });
  }

  /** HLS and WebRTC do not notice who does not read. */
  #classOf(index: number): PlayerClass {
    const { protocol } = this.options;
    return protocol === "hls" || protocol === "whep"
      ? "healthy"
      : playerClassOf(index, this.#context.options);
  }

  #countOf(playerClass: PlayerClass): number {
    let count = 0;
    for (let i = 0; i < this.options.playerCount; i++) {
      if (this.#classOf(i) === playerClass) count += 1;
    }
    return count;
  }
}

function isPlaying({ isConnected, hasFirstFrame }: PlayerMeter): boolean {
  return isConnected && hasFirstFrame;
}
