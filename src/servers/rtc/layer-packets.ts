/**
 * The layers in which a publisher sends its picture, as packets: each is a version that a viewer may
 * change to.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import type { Frame } from "../../live/frame.ts";
import type { VideoLayerListener, VideoLayers } from "../../live/video-layers.ts";
import { PacketHistory } from "../../protocols/rtc/send/packet-history.ts";
import { StreamToRtp } from "../../remux/rtp/from-stream.ts";
import type { RtpPacketizerOptions } from "../../remux/rtp/packetizer.ts";

/** What has been kept of a layer is of no use any more once it has been silent for so long. */
const SILENCE_MS_MAX = 5_000;

/** One version of the picture. */
export interface VideoVersion {
  readonly name: string;
  readonly history: PacketHistory;
  /** Bits per second. */
  readonly bitrate: number;
}

interface Layer {
  readonly history: PacketHistory;
  readonly packetizer: StreamToRtp;
  /** When its latest frame came. */
  frameMs: number;
}

export interface LayerPacketsPorts {
  readonly options: Partial<RtpPacketizerOptions>;
  monotonicMs(): number;
  /** Called when there are new packets. */
  appended(nowMs: number): void;
  /** A bug was found in making packets of a layer, which is a version no more. */
  failed(name: string, error: unknown): void;
}

export class LayerPackets implements VideoLayerListener {
  readonly layers: VideoLayers;
  readonly #ports: LayerPacketsPorts;
  readonly #byName = new Map<string, Layer>();
  /** What makes the stream's time of the publisher's; `undefined` before the stream has a frame. */
  offsetMs: number | undefined;
  #nowMs = 0;

  constructor(layers: VideoLayers, ports: LayerPacketsPorts) {
    this.layers = layers;
    this.#ports = ports;
    layers.addListener(this);
  }

  get histories(): Iterable<PacketHistory> {
    return Array.from(this.#byName.values(), ({ history }) => history);
  }

  /** Those that are there, from small to large. */
  versions(nowMs: number): readonly VideoVersion[] {
    this.#freeSilent(nowMs);
    const versions: VideoVersion[] = [];
    for (const { name, isActive, bitrate } of this.layers.list(nowMs)) {
      const layer = this.#byName.get(name);
      if (!isActive || layer === undefined || layer.history.isEnded) continue;
      if (layer.history.keyFrameIndex === undefined) this.layers.requestKeyFrame(name);
      else versions.push({ name, history: layer.history, bitrate });
    }
    return versions.sort((a, b) => a.bitrate - b.bitrate);
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
    const layer = this.#layerOf(name);
    if (layer.history.isEnded) return;
    layer.frameMs = this.#nowMs;
    try {
      layer.packetizer.frame({ ...frame, dtsMs: frame.dtsMs + offsetMs });
    } catch (error) {
      // A bug is no reason to end the publisher, in whose name this is called, or the other layers.
      if (!(error instanceof MalformedError)) {
        layer.history.end();
        this.#ports.failed(name, error);
      }
    }
    this.#ports.appended(this.#nowMs);
  }

  close(): void {
    this.layers.removeListener(this);
    for (const { history } of this.#byName.values()) history.clear();
  }

  /** Who comes back to it begins with its next key frame. */
  #freeSilent(nowMs: number): void {
    for (const { history, frameMs } of this.#byName.values()) {
      if (nowMs - frameMs >= SILENCE_MS_MAX && history.size > 0) history.clear();
    }
  }

  #layerOf(name: string): Layer {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const history = new PacketHistory();
    const packetizer = new StreamToRtp(
      (payload) => history.append(payload, this.#nowMs),
      this.#ports.options,
    );
    const layer = { history, packetizer, frameMs: this.#nowMs };
    this.#byName.set(name, layer);
    return layer;
  }
}
