/**
 * Which packets make up a picture.
 *
 * Spec: RFC 3550, 5.1: packets of a picture have the same timestamp, and the last of them is marked.
 *
 * @module
 */

/** All packets of one picture that came. */
export interface AssembledPicture {
  /** In ticks of the clock rate. */
  readonly timestamp: number;
  /** In order; none is empty. They are what was given, not copies. */
  readonly payloads: readonly Uint8Array[];
  /** Packets are missing before the first, which may have been of this picture. */
  readonly isAfterGap: boolean;
}

/** Takes what is done with pictures. */
export interface PictureAssemblyOutput {
  onPicture(picture: AssembledPicture): void;
  /** Packets are missing, or a picture was too large: what came of it has been dropped. */
  onLoss(): void;
}

/** Bytes and packets of one picture: more than any encoder makes for a network. */
const PICTURE_SIZE_MAX = 8 * 1024 * 1024;
const PICTURE_PACKETS_MAX = 16_384;

interface OpenPicture {
  readonly timestamp: number;
  readonly payloads: Uint8Array[];
  readonly isAfterGap: boolean;
  size: number;
  /** The latest packet is marked. */
  isMarked: boolean;
}

/** Collects packets that come in order. */
export class PictureAssembly {
  readonly #output: PictureAssemblyOutput;
  #open: OpenPicture | undefined;
  /** Packets are missing before the picture that comes next. */
  #isAfterGap = false;
  /** Of the picture that is being dropped, the rest of which is to be dropped too. */
  #droppedTimestamp: number | undefined;
  /** Of the picture that was handed over because its latest packet was marked. */
  #handedTimestamp: number | undefined;
  /**
   * Some senders mark packets in the middle of a picture. Once one was seen to do so, its pictures end
   * where the next one begins.
   */
  #trustsMarkers = true;

  constructor(output: PictureAssemblyOutput) {
    this.#output = output;
  }

  /**
   * Takes the next packet.
   *
   * @param payload Belongs to the assembly from then on. If it is empty, it only fills the line, as
   *   senders do to find out how much it carries.
   * @param timestamp Unwrapped.
   * @param isAfterGap Packets before it are missing for good.
   */
  take(payload: Uint8Array, timestamp: number, isMarked: boolean, isAfterGap: boolean): void {
    if (isAfterGap) this.#breakOff();
    if (payload.length === 0) return;
    if (this.#open !== undefined && this.#open.timestamp !== timestamp) this.#handOver();
    if (timestamp === this.#droppedTimestamp) return;
    this.#droppedTimestamp = undefined;
    if (timestamp === this.#handedTimestamp && !isAfterGap) this.#trustsMarkers = false;
    this.#open ??= {
      timestamp,
      payloads: [],
      isAfterGap: this.#isAfterGap,
      size: 0,
      isMarked: false,
    };
    this.#isAfterGap = false;
    const open = this.#open;
    open.payloads.push(payload);
    open.size += payload.length;
    open.isMarked = isMarked;
    if (open.size > PICTURE_SIZE_MAX || open.payloads.length > PICTURE_PACKETS_MAX) {
      this.#open = undefined;
      this.#droppedTimestamp = timestamp;
      this.#output.onLoss();
    } else if (isMarked && this.#trustsMarkers) {
      this.#handOver();
    }
  }

  /** No more will come: the picture that is open is as whole as it gets. */
  flush(): void {
    this.#handOver();
  }

  #handOver(): void {
    const picture = this.#open;
    if (picture === undefined) return;
    this.#open = undefined;
    this.#handedTimestamp = picture.timestamp;
    this.#output.onPicture(picture);
  }

  /** What is open lacks its end, unless the last packet before the gap was marked. */
  #breakOff(): void {
    if (this.#open?.isMarked === true) this.#handOver();
    this.#open = undefined;
    this.#isAfterGap = true;
    this.#output.onLoss();
  }
}
