/**
 * In which versions there is a picture of each stream: the layers of its publisher, else the rungs of
 * a ladder.
 *
 * @module
 */

import type { StreamName } from "../../base/stream-name.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { StreamHub } from "../../live/stream-hub.ts";
import type { VideoLayers } from "../../live/video-layers.ts";
import { LadderLayers, type LadderPorts } from "./ladder-layers.ts";

export interface LaddersPorts extends LadderPorts {
  readonly hub: Pick<StreamHub, "getOrCreate" | "find">;
}

export class Ladders {
  readonly #ports: LaddersPorts;
  readonly #endingsOf: (vhost: string) => readonly string[];
  readonly #ladders = new WeakMap<LiveStream, LadderLayers>();

  /** @param endingsOf Of the names of rungs on a vhost, as it is set now. */
  constructor(ports: LaddersPorts, endingsOf: (vhost: string) => readonly string[]) {
    this.#ports = ports;
    this.#endingsOf = endingsOf;
  }

  /** Whether rungs of that stream may be there, now or later. */
  hasRungs(name: StreamName): boolean {
    const endings = this.#endingsOf(name.vhost);
    return endings.length > 0 && !isRung(name.stream, endings);
  }

  /** @param stream As players of WebRTC get it. */
  layersOf(stream: LiveStream): VideoLayers | undefined {
    const { name } = stream;
    const layers = this.#ports.hub.find(name)?.publication?.publisher.layers;
    if (layers !== undefined) return layers;
    if (!this.hasRungs(name)) return undefined;
    const endings = this.#endingsOf(name.vhost);
    const known = this.#ladders.get(stream);
    if (known !== undefined && isSame(known.endings, endings)) return known;
    const ladder = new LadderLayers(stream, endings, this.#ports);
    this.#ladders.set(stream, ladder);
    return ladder;
  }
}

/** A rung has no rungs. */
function isRung(name: string, endings: readonly string[]): boolean {
  return endings.some((ending) => ending !== "" && name.endsWith(ending));
}

function isSame(before: readonly string[], after: readonly string[]): boolean {
  return before.length === after.length && before.every((ending, index) => ending === after[index]);
}
