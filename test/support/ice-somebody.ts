/**
 * Somebody who sends requests of ICE to a server on a network in memory, by the password of a session or
 * without, and answers its questions or not.
 *
 * @module
 */

import { type StunAttribute, StunAttributeType } from "../../src/codec/stun/attribute.ts";
import { encodeBindingMessage, encodeBindingSuccess } from "../../src/codec/stun/encode-message.ts";
import { encodePriority, encodeUseCandidate } from "../../src/codec/stun/ice-attribute.ts";
import {
  isStun,
  parseStunMessage,
  StunClass,
  type StunMessage,
} from "../../src/codec/stun/message.ts";
import { encodeTextAttribute } from "../../src/codec/stun/text-attribute.ts";
import { iceIntegrity } from "../../src/protocols/rtc/transport/binding-request.ts";
import type { UdpSocket } from "../../src/runtime/runtime.ts";
import { type RtcTestServer, type ServedPeer, settle } from "./rtc-peers.ts";

export interface RequestChanges {
  readonly username?: string;
  readonly pwd?: string;
  readonly isNominating?: boolean;
  readonly class?: StunClass;
  readonly attributes?: readonly StunAttribute[];
  readonly isProtected?: boolean;
}

export function request(
  server: RtcTestServer,
  peer: ServedPeer,
  changes: RequestChanges = {},
): Uint8Array {
  const { crypto } = server.runtime;
  const { local, remote } = peer.connection;
  const hmac = (key: Uint8Array, data: Uint8Array) => crypto.hmac("sha1", key, data);
  const { username = `${local.ufrag}:${remote.ufrag}`, pwd = local.pwd } = changes;
  return encodeBindingMessage({
    class: changes.class ?? StunClass.Request,
    transactionId: crypto.randomBytes(12),
    attributes: [
      encodeTextAttribute(StunAttributeType.Username, username),
      encodePriority(1),
      ...(changes.isNominating === true ? [encodeUseCandidate()] : []),
      ...(changes.attributes ?? []),
    ],
    ...(changes.isProtected === false ? {} : { integrity: iceIntegrity(pwd, hmac) }),
  });
}

/** A UDP socket of somebody, who is asked whether he is there, and may say so. */
export class Somebody {
  readonly received: Uint8Array[] = [];
  readonly questions: StunMessage[] = [];
  /** Whose questions he answers. */
  answersFor: ServedPeer | undefined;
  readonly #server: RtcTestServer;
  socket!: UdpSocket;

  private constructor(server: RtcTestServer) {
    this.#server = server;
  }

  static async open(server: RtcTestServer): Promise<Somebody> {
    const somebody = new Somebody(server);
    somebody.socket = await server.runtime.udp.bind(
      { host: "127.0.0.1", port: 0 },
      { datagram: (bytes) => somebody.#take(bytes.slice()), error: () => undefined },
    );
    return somebody;
  }

  #take(bytes: Uint8Array): void {
    const message = isStun(bytes) ? parseStunMessage(bytes) : undefined;
    if (message?.class !== StunClass.Request) {
      this.received.push(bytes);
      return;
    }
    this.questions.push(message);
    if (this.answersFor !== undefined) this.answer(message, this.answersFor.connection.remote.pwd);
  }

  answer(question: StunMessage, pwd: string): void {
    const { crypto } = this.#server.runtime;
    const integrity = iceIntegrity(pwd, (key, data) => crypto.hmac("sha1", key, data));
    const ip = Uint8Array.of(127, 0, 0, 1);
    const bytes = encodeBindingSuccess(question, ip, this.#server.port, integrity);
    this.socket.send(bytes, "127.0.0.1", this.#server.port);
  }

  /** @returns What came back. */
  async send(...datagrams: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    const before = this.received.length;
    for (const bytes of datagrams) this.socket.send(bytes, "127.0.0.1", this.#server.port);
    await settle();
    return this.received.slice(before);
  }
}
