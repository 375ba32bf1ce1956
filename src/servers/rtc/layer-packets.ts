/**
 * The versions in which a picture is to be had, layers of a publisher or rungs of a ladder, as packets:
 * a viewer may change from one to another.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import type { Frame } from "../../live/frame.ts";
import type { Track } from "../../live/track.ts";
import type { VideoLayerListener, VideoLayers } from "../../live/video-layers.ts";
import { PacketHistory } from "../../protocols/rtc/send/packet-history.ts";
import { StreamToRtp } from "../../remux/rtp/from-stream.ts";
import type { RtpPacketizerOptions } from "../../remux/rtp/packetizer.ts";

/** What has been kept of a layer is of no use any more once it has been silent for so long. */
const SILENCE_MS_MAX = 5_000;

/** One version of the picture. */
export interface VideoVersion {
  readonly name: string;
  /** By what it may be asked for too. */
  readonly aliases: readonly string[];
  readonly history: PacketHistory;
  /** Bits per second. */
  readonly bitrate: number;
  /** By how much later than the stream's its packets come at most, in milliseconds. */
  readonly latenessMs: number;
  /** Of a ladder: what it is coded as. */
  readonly track: Track | undefined;
  /** It is the stream's own picture, among the rungs of a ladder. */
  readonly isOwn: boolean;
}

interface Layer {
  readonly history: PacketHistory;
  readonly packetizer: StreamToRtp;
  /** When its latest frame came. */
  frameMs: number;
}

export interface LayerPacketsPorts {
  readonly options: Partial<RtpPacketizerOptions>;
  /** Of the stream's own picture. */
  readonly ownHistory: PacketHistory;
  monotonicMs(): number;
  /** When frames of that time of the stream come that are not late, on the monotonic clock. */
  usualMs(timeMs: number, nowMs: number): number;
  /** Called when there are new packets. */
  appended(nowMs: number): void;
  /** A bug was found in making packets of a layer, which is a version no more. */
  failed(name: string, error: unknown): void;
}

export class LayerPackets implements VideoLayerListener {
  readonly layers: VideoLayers;
  readonly #ports: LayerPacketsPorts;
  readonly #byName = new Map<string, Layer>();
  /** What comes next has other times; who has changed to another version may have lost packets yet. */
  #former: readonly Layer[] = [];
  /** What makes the stream's time of the publisher's; `undefined` before the stream has a frame. */
  offsetMs: number | undefined;
  /** How much later than it comes a viewer may get a version, in milliseconds: never less than before. */
  deferralMs = 0;
  #nowMs = 0;
  #usualMs = 0;
  /** All viewers ask at the same time, without a frame between them. */
  #known: { readonly nowMs: number; readonly versions: readonly VideoVersion[] } | undefined;

  constructor(layers: VideoLayers, ports: LayerPacketsPorts) {
    this.layers = layers;
    this.#ports = ports;
    // The times of a ladder are the stream's.
    if (layers.ownName !== undefined) this.offsetMs = 0;
    layers.addListener(this);
  }

  get histories(): Iterable<PacketHistory> {
    return Array.from(this.#byName.values(), ({ history }) => history);
  }

  /** Those that are there, from small to large. */
  versions(nowMs: number): readonly VideoVersion[] {
    if (this.#known?.nowMs === nowMs) return this.#known.versions;
    this.free(nowMs);
    const versions = this.#findVersions(nowMs);
    this.#known = { nowMs, versions };
    return versions;
  }

  /** The layer whose packets are these. */
  nameOf(history: PacketHistory): string | undefined {
    for (const [name, layer] of this.#byName) if (layer.history === history) return name;
    return undefined;
  }

  layerFrame(name: string, frame: Frame): void {
    const { offsetMs } = this;
    if (offsetMs === undefined) return;
    this.#nowMs = this.#ports.monotonicMs();
    this.#known = undefined;
    const layer = this.#layerOf(name);
    if (layer.history.isEnded) return;
    layer.frameMs = this.#nowMs;
    const dtsMs = frame.dtsMs + offsetMs;
    const timeMs = dtsMs + frame.compositionTimeOffsetMs;
    const isLadder = this.layers.ownName !== undefined;
    this.#usualMs = isLadder ? this.#ports.usualMs(timeMs, this.#nowMs) : this.#nowMs;
    try {
      layer.packetizer.frame({ ...frame, dtsMs });
    } catch (error) {
      // A bug is no reason to end the publisher, in whose name this is called, or the other layers.
      if (!(error instanceof MalformedError)) {
        layer.history.end();
        this.#ports.failed(name, error);
      }
    }
    this.#ports.appended(this.#nowMs);
  }

  layerRestarted(name: string): void {
    const layer = this.#byName.get(name);
    if (layer !== undefined) this.#former = [...this.#former, layer];
    this.#byName.delete(name);
    this.#known = undefined;
  }

  /** Who has packets of it keeps them, until there is another version for it; see `free`. */
  close(): void {
    this.layers.removeListener(this);
  }

  /**
   * Lets go of what has been silent for long; who comes back to it begins with its next key frame.
   *
   * @returns Whether nothing is kept any more.
   */
  free(nowMs: number): boolean {
    let isEmpty = true;
    for (const { history, frameMs } of [...this.#byName.values(), ...this.#former]) {
      if (history.size === 0) continue;
      if (nowMs - frameMs >= SILENCE_MS_MAX + this.deferralMs) history.clear();
      else isEmpty = false;
    }
    this.#former = this.#former.filter(({ history }) => history.size > 0);
    return isEmpty;
  }

  #findVersions(nowMs: number): readonly VideoVersion[] {
    const versions: VideoVersion[] = [];
    const { ownName } = this.layers;
    for (const layer of this.layers.list(nowMs)) {
      const { name, isActive, bitrate, aliases = [], track, latenessMs = 0 } = layer;
      const isOwn = name === ownName;
      const history = isOwn ? this.#ports.ownHistory : this.#byName.get(name)?.history;
      if (!isActive || history === undefined || history.isEnded) continue;
      if (history.keyFrameIndex !== undefined || isOwn) {
        versions.push({ name, aliases, history, bitrate, latenessMs, track, isOwn });
      } else this.layers.requestKeyFrame(name);
    }
    this.#keepFor(versions);
    return versions.sort((a, b) => a.bitrate - b.bitrate);
  }

  /** Viewers of the latest version get the others as late, and the sound. */
  #keepFor(versions: readonly VideoVersion[]): void {
    const lateness = versions.map(({ latenessMs }) => latenessMs);
    const spreadMs = Math.max(0, ...lateness) - Math.min(0, ...lateness);
    this.deferralMs = Math.max(this.deferralMs, spreadMs);
    for (const { history } of versions) history.deferralMs = this.deferralMs;
  }

  #layerOf(name: string): Layer {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const history = new PacketHistory();
    const packetizer = new StreamToRtp(
      (payload) => history.append(payload, this.#nowMs, this.#usualMs),
      this.#ports.options,
    );
    const layer = { history, packetizer, frameMs: this.#nowMs };
    this.#byName.set(name, layer);
    return layer;
  }
}
