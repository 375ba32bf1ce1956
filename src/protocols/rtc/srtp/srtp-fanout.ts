/**
 * Sends one payload to thousands of peers, each with its own header and protected by its own keys.
 *
 * Spec: RFC 3711, sections 3.3 and 4; RFC 7714.
 *
 * @module
 */

import { assert } from "../../../base/assert.ts";
import type { Crypto, UdpBatch, UdpSocket } from "../../../runtime/runtime.ts";
import { CounterModeStream } from "./counter-mode-stream.ts";
import { TAG_SIZE } from "./counter-mode-transform.ts";
import { createSrtpLanes } from "./create-srtp-lanes.ts";
import { GaloisModeStream } from "./galois-mode-stream.ts";
import { LaneMemory } from "./lane-memory.ts";
import {
  GROUP_COUNT,
  HEADER_SIZE_MAX,
  LANE_COUNT,
  PAYLOAD_SIZE_MAX,
  type SrtpLanes,
} from "./srtp-lanes.ts";
import type { SrtpSendStream } from "./srtp-send-stream.ts";
import type { SrtpSender } from "./srtp-sender.ts";
import type { SrtpStreamOptions, SrtpTarget } from "./srtp-stream-options.ts";

/** Words that the lanes read for each packet. */
const LANE_FIELD_COUNT = 4;

/**
 * For a payload: `begin`, `add` for each peer, and so on with the next one; `end` after the last. What
 * leaves in one go, such as a frame of several packets, costs least if it ends once.
 *
 * Packets in counter mode are protected in groups of four that have one size. Peers whose headers differ
 * in size are in different groups, and a group that is not full costs as much as a full one.
 */
export class SrtpFanout {
  #crypto: Crypto;
  #lanes: SrtpLanes;
  #memory: LaneMemory;
  #batch: UdpBatch;
  #payloadSize = 0;
  #payloadNumber = 0;
  /** For Galois mode: the payload, found when it is first needed. */
  #payload: Uint8Array | undefined;
  /** Packets in each group, whose headers have four times its number of bytes. */
  #counts = new Uint8Array(GROUP_COUNT);
  /** Where the packets of all groups go, and their bytes as they were last sent. */
  #targets: SrtpTarget[] = [];
  #packets: Uint8Array[] = [];
  /** The memory that #packets are views of. */
  #bytes: Uint8Array;

  /** @param lanes For tests; default: the best that the runtime has. */
  constructor(crypto: Crypto, socket: UdpSocket, lanes: SrtpLanes = createSrtpLanes()) {
    this.#crypto = crypto;
    this.#lanes = lanes;
    this.#memory = new LaneMemory(lanes, () => this.#protectRest());
    this.#batch = socket.createBatch();
    this.#bytes = lanes.bytes;
  }

  /** Makes a source of packets of a peer; close it when the peer is gone. */
  createStream(sender: SrtpSender, options: SrtpStreamOptions): SrtpSendStream {
    return sender.profile === "aead-aes-128-gcm"
      ? new GaloisModeStream(this.#crypto, sender, options)
      : new CounterModeStream(this.#memory, sender, options);
  }

  /** Sets the payload that packets have from now on, of at most PAYLOAD_SIZE_MAX bytes. It is copied. */
  begin(payload: Uint8Array): void {
    assert(payload.length <= PAYLOAD_SIZE_MAX, "a payload fits the lanes");
    this.#protectRest();
    this.#lanes.bytes.set(payload, this.#lanes.layout.payload);
    this.#payloadSize = payload.length;
    this.#payloadNumber += 1;
    this.#payload = undefined;
  }

  /**
   * Sends the payload as a packet of the stream, now or soon, at the latest in `end`.
   *
   * @param header The RTP header with its extensions, in the first `headerSize` bytes: a multiple of 4,
   *   at most HEADER_SIZE_MAX. It is copied.
   * @param index The packet's index, of 48 bits: its sequence number, and above it how often that has
   *   wrapped. May be one from before, if the payload is the same: two payloads of a stream with the same
   *   index give both away.
   */
  add(stream: SrtpSendStream, header: Uint8Array, headerSize: number, index: number): void {
    assert(headerSize <= HEADER_SIZE_MAX && headerSize % 4 === 0, "a header fits the lanes");
    if (stream.profile === "aead-aes-128-gcm") {
      this.#sendGalois(stream, header.subarray(0, headerSize), index);
      return;
    }
    // New keystream may take the place of that of a packet which still waits.
    if (stream.payloadNumber === this.#payloadNumber) this.#protectRest();
    stream.payloadNumber = this.#payloadNumber;
    const group = headerSize / 4;
    const count = this.#counts[group] ?? 0;
    const place = group * LANE_COUNT + count;
    const { packets, packetStride, lanes } = this.#lanes.layout;
    const packet = packets + place * packetStride;
    const keystream = stream.findKeystream(index, this.#payloadSize, packet + headerSize);
    const { bytes, words } = this.#lanes;
    for (let i = 0; i < headerSize; i++) bytes[packet + i] = header[i] ?? 0;
    const fields = lanes / 4 + place * LANE_FIELD_COUNT;
    words[fields] = keystream;
    words[fields + 1] = stream.stateOffset;
    words[fields + 2] = Math.floor(index / 0x1_0000);
    this.#targets[place] = stream.target;
    this.#counts[group] = count + 1;
    if (count + 1 === LANE_COUNT) this.#protect(group);
  }

  /** Sends what has been added. */
  end(): void {
    this.#protectRest();
    this.#batch.flush();
  }

  #protectRest(): void {
    for (let group = 0; group < GROUP_COUNT; group++) {
      if ((this.#counts[group] ?? 0) > 0) this.#protect(group);
    }
  }

  #protect(group: number): void {
    const headerSize = group * 4;
    this.#lanes.protect(group, headerSize, this.#payloadSize);
    const size = headerSize + this.#payloadSize + TAG_SIZE;
    const count = this.#counts[group] ?? 0;
    this.#counts[group] = 0;
    for (let lane = 0; lane < count; lane++) {
      const place = group * LANE_COUNT + lane;
      const target = this.#targets[place];
      const packet = this.#viewPacket(place, size);
      if (target === undefined) continue;
      if (target.deliver !== undefined) target.deliver(packet);
      else this.#batch.add(size, target.address, target.port).set(packet);
    }
  }

  /** Packets of one place mostly have one size after another, so their views are kept. */
  #viewPacket(place: number, size: number): Uint8Array {
    const { bytes, layout } = this.#lanes;
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#packets = [];
    }
    const kept = this.#packets[place];
    if (kept?.length === size) return kept;
    const start = layout.packets + place * layout.packetStride;
    const packet = bytes.subarray(start, start + size);
    this.#packets[place] = packet;
    return packet;
  }

  #sendGalois(stream: GaloisModeStream, header: Uint8Array, index: number): void {
    const { bytes, layout } = this.#lanes;
    this.#payload ??= bytes.slice(layout.payload, layout.payload + this.#payloadSize);
    const body = stream.seal(header, this.#payload, index);
    const { target } = stream;
    const size = header.length + body.length;
    const isDatagram = target.deliver === undefined;
    const packet = isDatagram
      ? this.#batch.add(size, target.address, target.port)
      : new Uint8Array(size);
    packet.set(header);
    packet.set(body, header.length);
    if (!isDatagram) target.deliver?.(packet);
  }
}
