/**
 * Sends one payload to thousands of peers, each with its own header and protected by its own keys.
 *
 * Spec: RFC 3711, sections 3.3 and 4; RFC 7714.
 *
 * @module
 */

import { assert } from "../../../base/assert.ts";
import {
  AES_GCM_TAG_SIZE,
  type Crypto,
  type UdpBatch,
  type UdpDestination,
  type UdpSocket,
} from "../../../runtime/runtime.ts";
import { CounterModeStream } from "./counter-mode-stream.ts";
import { TAG_SIZE } from "./counter-mode-transform.ts";
import { createSrtpLanes } from "./create-srtp-lanes.ts";
import { GaloisModeStream } from "./galois-mode-stream.ts";
import { LaneMemory } from "./lane-memory.ts";
import {
  GROUP_COUNT,
  HEADER_SIZE_MAX,
  LANE_COUNT,
  LANE_FIELD_COUNT,
  PAYLOAD_COUNT,
  PAYLOAD_SIZE_MAX,
  type SrtpLanes,
} from "./srtp-lanes.ts";
import type { SrtpSendStream } from "./srtp-send-stream.ts";
import type { SrtpSender } from "./srtp-sender.ts";
import type { SrtpStreamOptions, SrtpTarget } from "./srtp-stream-options.ts";

/**
 * For a payload: `begin`, `add` for each peer, and so on with the next one; `end` after the last. What
 * leaves in one go, such as a frame of several packets, costs least if it ends once.
 *
 * Packets in counter mode are protected in groups of four, and a group that is not full costs as much as
 * a full one. Those of a group have headers of one size and payloads of one size; they may be of several
 * payloads, so that groups are full for a single peer too if several payloads of one size follow one
 * another. The packets of a stream leave in the order in which they were added.
 */
export class SrtpFanout {
  #crypto: Crypto;
  #lanes: SrtpLanes;
  #memory: LaneMemory;
  #batch: UdpBatch;
  #payloadSize = 0;
  /** Which of the lanes' payloads it is. */
  #payloadIndex: number = PAYLOAD_COUNT - 1;
  /** For Galois mode: the payload, found when it is first needed. */
  #payload: Uint8Array | undefined;
  /** Likewise: a packet, before it is copied. */
  readonly #galoisPacket = new Uint8Array(HEADER_SIZE_MAX + PAYLOAD_SIZE_MAX + AES_GCM_TAG_SIZE);
  /** Packets in each group, whose headers have four times its number of bytes. */
  #counts = new Uint8Array(GROUP_COUNT);
  /** Of the packets of all groups: whose they are, where they go, their bytes as they were last sent. */
  #streams: CounterModeStream[] = [];
  #targets: SrtpTarget[] = [];
  #packets: Uint8Array[] = [];
  /** The memory that #packets are views of. */
  #bytes: Uint8Array;

  /** @param lanes For tests; default: the best that the runtime has. */
  constructor(
    crypto: Crypto,
    socket: Pick<UdpSocket, "createBatch">,
    lanes: SrtpLanes = createSrtpLanes(),
  ) {
    this.#crypto = crypto;
    this.#lanes = lanes;
    this.#memory = new LaneMemory(lanes, () => this.#protectRest());
    this.#batch = socket.createBatch();
    this.#bytes = lanes.bytes;
  }

  /** Makes what packets can be sent to by UDP. */
  destination(address: string, port: number): UdpDestination {
    return this.#batch.destination(address, port);
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
    this.#payloadIndex += 1;
    if (payload.length !== this.#payloadSize || this.#payloadIndex === PAYLOAD_COUNT) {
      this.#protectRest();
      this.#payloadIndex = 0;
    }
    this.#lanes.bytes.set(payload, this.#payloadOffset);
    this.#payloadSize = payload.length;
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
    const group = headerSize / 4;
    if (stream.waitingCount > 0 && stream.waitingGroup !== group) this.#protectRest();
    let keystream = stream.findKeystream(index, this.#payloadSize);
    if (keystream === undefined && stream.isAhead(index)) {
      // It takes the place of the keystream of packets that may still wait for theirs.
      if (stream.waitingCount > 0) this.#protectRest();
      keystream = stream.makeAhead(index);
    }
    const count = this.#counts[group] ?? 0;
    const place = group * LANE_COUNT + count;
    const { packets, packetStride, lanes } = this.#lanes.layout;
    const packet = packets + place * packetStride;
    if (keystream === undefined) {
      keystream = packet + headerSize;
      stream.makeAt(keystream, index, this.#payloadSize);
    }
    const { bytes, words } = this.#lanes;
    for (let i = 0; i < headerSize; i++) bytes[packet + i] = header[i] ?? 0;
    const fields = lanes / 4 + place * LANE_FIELD_COUNT;
    words[fields] = keystream;
    words[fields + 1] = stream.stateOffset;
    words[fields + 2] = Math.floor(index / 0x1_0000);
    words[fields + 3] = this.#payloadOffset;
    this.#streams[place] = stream;
    this.#targets[place] = stream.target;
    this.#counts[group] = count + 1;
    stream.waitingCount += 1;
    stream.waitingGroup = group;
    if (count + 1 === LANE_COUNT) this.#protect(group);
  }

  /** Sends what has been added. */
  end(): void {
    this.#protectRest();
    this.#batch.flush();
  }

  get #payloadOffset(): number {
    const { payloads, payloadStride } = this.#lanes.layout;
    return payloads + this.#payloadIndex * payloadStride;
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
      const stream = this.#streams[place];
      const target = this.#targets[place];
      if (stream === undefined || target === undefined) continue;
      stream.waitingCount -= 1;
      this.#send(this.#viewPacket(place, size), target);
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
    const start = this.#payloadOffset;
    this.#payload ??= this.#lanes.bytes.slice(start, start + this.#payloadSize);
    const body = stream.seal(header, this.#payload, index);
    const packet = this.#galoisPacket.subarray(0, header.length + body.length);
    packet.set(header);
    packet.set(body, header.length);
    this.#send(packet, stream.target);
  }

  #send(packet: Uint8Array, target: SrtpTarget): void {
    if (target.deliver === undefined) this.#batch.add(packet, target.destination);
    else target.deliver(packet);
  }
}
