/**
 * Makes one video track of the layers in which a publisher sends its picture, if it sends several.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { IncomingFrame } from "../../live/frame.ts";
import type { StreamMetadata, Track } from "../../live/track.ts";
import type { VideoLayer, VideoLayerListener, VideoLayers } from "../../live/video-layers.ts";
import { LayerSwitch } from "../../protocols/rtc/receive/layer-switch.ts";
import { SimulcastLayers } from "../../protocols/rtc/receive/simulcast-layers.ts";
import type { FlvOutput } from "../../remux/flv/to-stream.ts";

export class PublishedLayers implements VideoLayers {
  readonly layers: SimulcastLayers = new SimulcastLayers();
  readonly #listeners = new Set<VideoLayerListener>();
  readonly #requestKeyFrame: (layer: string) => void;
  readonly switch: LayerSwitch = new LayerSwitch(this.layers);
  readonly #output: FlvOutput;
  readonly #clock: Pick<Clock, "monotonicMs">;
  /** The one that the output knows. */
  #written: Track | undefined;
  #given: Track | undefined;

  /** @param requestKeyFrame Has the publisher asked for a key frame of a layer. */
  constructor(
    output: FlvOutput,
    clock: Pick<Clock, "monotonicMs">,
    requestKeyFrame: (layer: string) => void,
  ) {
    this.#output = output;
    this.#clock = clock;
    this.#requestKeyFrame = requestKeyFrame;
  }

  list(nowMs: number): readonly VideoLayer[] {
    return this.layers.layers(nowMs);
  }

  addListener(listener: VideoLayerListener): void {
    this.#listeners.add(listener);
  }

  removeListener(listener: VideoLayerListener): void {
    this.#listeners.delete(listener);
  }

  requestKeyFrame(name: string): boolean {
    this.#requestKeyFrame(name);
    return true;
  }

  /** What takes the frames of a layer: they go on if the layer is the one that is chosen. */
  outputOf(layer: string): FlvOutput {
    return {
      writeMetadata: (metadata: StreamMetadata) => this.#output.writeMetadata(metadata),
      // It is told of with the first frame of its layer that goes on.
      writeTrack: (track: Track) => track,
      writeFrame: (frame: IncomingFrame) => this.#write(layer, frame),
    };
  }

  #write(layer: string, frame: IncomingFrame): void {
    for (const listener of this.#listeners) listener.layerFrame(layer, { ...frame });
    this.switch.tick(this.#clock.monotonicMs());
    const timeMs = this.switch.take(layer, frame.isKeyFrame, frame.dtsMs);
    if (timeMs === undefined) return;
    if (this.#written !== frame.track) {
      this.#written = frame.track;
      this.#given = this.#output.writeTrack(frame.track);
    }
    const track = this.#given ?? frame.track;
    this.#output.writeFrame({ ...frame, track, dtsMs: timeMs });
  }
}
