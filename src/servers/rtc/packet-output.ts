/**
 * Where packets of viewers go: by UDP in batches, protected for each, or one by one where that cannot
 * be.
 *
 * @module
 */

import { concatBytes } from "../../base/bytes.ts";
import { SrtpFanout } from "../../protocols/rtc/srtp/srtp-fanout.ts";
import type { SrtpSendStream } from "../../protocols/rtc/srtp/srtp-send-stream.ts";
import type { SrtpTarget } from "../../protocols/rtc/srtp/srtp-stream-options.ts";
import type { RtcConnection } from "../../protocols/rtc/transport/rtc-connection.ts";
import type { Crypto, UdpSocket } from "../../runtime/runtime.ts";
import type { RtpHeaderWriter } from "./rtp-header-writer.ts";

/** Who gets packets. */
export interface PacketPeer {
  readonly connection: Pick<RtcConnection, "path" | "sender" | "sentSize" | "sendRtp" | "sendRtcp">;
}

/** One source of packets to a peer. */
export interface PacketSource extends PacketPeer {
  /** `undefined`: its packets are not protected. */
  readonly stream: SrtpSendStream | undefined;
}

/** The peer has no way at present. */
const NOWHERE: SrtpTarget = { deliver: () => undefined };

/** Nothing leaves by UDP: what is written for it is lost. */
const NO_UDP: Pick<UdpSocket, "createBatch"> = {
  createBatch: () => ({
    destination: (address, port) => ({ address, port }),
    add: () => undefined,
    flush: () => undefined,
  }),
};

/** One for each UDP socket; what goes by TCP goes through any of them. */
export class PacketOutput {
  readonly #socket: UdpSocket | undefined;
  readonly #fanout: SrtpFanout;
  /** What the next packets have in common. */
  #payload: Uint8Array | undefined;

  /** @param socket `undefined` where TCP is all there is. */
  constructor(crypto: Crypto, socket: UdpSocket | undefined) {
    this.#socket = socket;
    this.#fanout = new SrtpFanout(crypto, socket ?? NO_UDP);
  }

  /** @param isSparse Its packets are few, as those that are sent again. */
  createSource({ connection }: PacketPeer, ssrc: number, isSparse: boolean): PacketSource {
    const { sender } = connection;
    const target = this.#targetOf(connection);
    const stream = sender && this.#fanout.createStream(sender, { ssrc, target, isSparse });
    return { connection, stream };
  }

  closeSource({ stream }: PacketSource): void {
    stream?.close();
  }

  /** The peer is to be reached elsewhere now. */
  moveSource({ stream, connection }: PacketSource): void {
    if (stream !== undefined) stream.target = this.#targetOf(connection);
  }

  /** Sends now or soon, at the latest with `flush`. */
  send(
    { connection, stream }: PacketSource,
    header: RtpHeaderWriter,
    payload: Uint8Array,
    index: number,
  ): void {
    if (stream === undefined) {
      connection.sendRtp(concatBytes([header.bytes, payload]), index);
      return;
    }
    if (payload !== this.#payload) {
      this.#payload = payload;
      this.#fanout.begin(payload);
    }
    connection.sentSize += header.size + payload.length;
    this.#fanout.add(stream, header.bytes, header.size, index);
  }

  flush(): void {
    this.#payload = undefined;
    this.#fanout.end();
  }

  #targetOf({ path }: PacketPeer["connection"]): SrtpTarget {
    if (path === undefined) return NOWHERE;
    const { address, port } = path;
    if (path.udp !== undefined && path.udp === this.#socket) {
      return { destination: this.#fanout.destination(address, port) };
    }
    // TCP puts a copy into its frame; a socket may keep what it sends.
    const isCopied = path.protocol === "tcp";
    const deliver = (packet: Uint8Array): void => path.send(isCopied ? packet : packet.slice());
    return { deliver };
  }
}
