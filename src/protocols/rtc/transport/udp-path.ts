/**
 * A way to a peer by UDP.
 *
 * @module
 */

import type { UdpSocket } from "../../../runtime/runtime.ts";
import type { RtcPath } from "./rtc-path.ts";

export class UdpPath implements RtcPath {
  readonly protocol = "udp";
  readonly udp: UdpSocket;
  readonly address: string;
  readonly port: number;
  readonly isOpen = true;

  constructor(udp: UdpSocket, address: string, port: number) {
    this.udp = udp;
    this.address = address;
    this.port = port;
  }

  send(datagram: Uint8Array): void {
    this.udp.send(datagram, this.address, this.port);
  }
}
