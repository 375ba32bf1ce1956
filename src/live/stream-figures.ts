/**
 * What a stream has received and delivered so far.
 *
 * @module
 */

import type { Broadcast } from "./broadcast.ts";
import { Delivery } from "./delivery.ts";
import type { Frame } from "./frame.ts";
import { RateMeter, type Rates } from "./rate-meter.ts";

export class StreamFigures {
  /** Bytes of media that publishers sent, in FLV bodies if they came in such. */
  receivedSize = 0;
  videoFrameCount = 0;
  audioFrameCount = 0;
  /** By broadcasts that are gone. */
  readonly #past = new Delivery();
  readonly #rates: RateMeter;

  constructor(nowMs: number) {
    this.#rates = new RateMeter(nowMs);
  }

  /** A frame has come from its publisher. */
  received(frame: Frame): void {
    this.receivedSize += (frame.flvBody ?? frame.payload).length;
    if (frame.track.kind === "video") this.videoFrameCount += 1;
    else this.audioFrameCount += 1;
  }

  /** The last subscriber of the broadcast has left it. */
  broadcastGone(broadcast: Broadcast): void {
    this.#past.add(deliveryOf(broadcast));
  }

  /** A viewer whom no broadcast serves got so many bytes. */
  sentToGuest(size: number): void {
    this.#past.sentSize += size;
  }

  /** All so far, `broadcasts` being those that are there. Looks at each of their subscribers. */
  delivery(broadcasts: Iterable<Broadcast>): Delivery {
    const all = new Delivery();
    all.add(this.#past);
    for (const broadcast of broadcasts) all.add(deliveryOf(broadcast));
    return all;
  }

  /** Call every second or so. */
  sample(nowMs: number, broadcasts: Iterable<Broadcast>): void {
    if (!this.#rates.isDue(nowMs)) return;
    this.#rates.sample(nowMs, this.receivedSize, this.delivery(broadcasts).sentSize);
  }

  /** Bytes per second, received and sent. */
  rates(nowMs: number, sentSize: number): Rates {
    return this.#rates.rates(nowMs, this.receivedSize, sentSize);
  }
}

/** What other processes of the server got has not been sent to anybody yet. */
function deliveryOf(broadcast: Broadcast): Delivery {
  const delivery = broadcast.delivery();
  if (broadcast.format.isImmediate === true) delivery.sentSize = 0;
  return delivery;
}
