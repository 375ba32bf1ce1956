/**
 * Goal: a client publishes by WHIP and plays by WHEP what was agreed on, and deletes its session; a
 * server that refuses, or answers nonsense, is reported.
 *
 * Method: a server of WHIP on a network in memory, made of the server's own negotiation and transport,
 * that notes what it was asked.
 */

import { describe, expect, test } from "vitest";
import { parseRtcp } from "../../../../src/codec/rtcp/rtcp-packet.ts";
import { parseRtpPacket } from "../../../../src/codec/rtp/rtp-packet.ts";
import { formatSdp } from "../../../../src/codec/sdp/format-sdp.ts";
import { parseSdp } from "../../../../src/codec/sdp/parse-sdp.ts";
import {
  WhipClient,
  type WhipClientOptions,
} from "../../../../src/protocols/rtc/client/whip-client.ts";
import type { Agreement } from "../../../../src/protocols/rtc/negotiation/agreement.ts";
import { answerOffer } from "../../../../src/protocols/rtc/negotiation/answer.ts";
import { hostCandidates } from "../../../../src/protocols/rtc/negotiation/host-candidates.ts";
import { testIdentity } from "../../../support/dtls-pair.ts";
import {
  createMemoryServer,
  pass,
  RtcRecord,
  type RtcTestServer,
  rtpPacket,
  type ServedPeer,
  settle,
} from "../../../support/rtc-peers.ts";
import { PLAY_TERMS, PUBLISH_TERMS } from "../negotiation/terms.ts";

const HTTP_PORT = 1_985;

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly head: string;
}

/** Answers one request for each connection. */
class WhipTestServer {
  readonly rtc: RtcTestServer;
  readonly asked: Asked[] = [];
  peer: ServedPeer | undefined;
  agreement: Agreement | undefined;
  /** In place of the right answer to an offer. */
  answer: { status: string; body: string } | undefined;
  /** In place of the right answer to a DELETE. */
  deletion: string | undefined;

  private constructor(rtc: RtcTestServer) {
    this.rtc = rtc;
  }

  static async open(): Promise<WhipTestServer> {
    const server = new WhipTestServer(await createMemoryServer());
    await server.rtc.runtime.tcp.listen({ host: "127.0.0.1", port: HTTP_PORT }, (socket) => {
      let text = "";
      socket.handler = {
        data: (bytes) => {
          text += new TextDecoder().decode(bytes);
          const [head = "", body = ""] = text.split("\r\n\r\n", 2);
          const size = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
          if (text.includes("\r\n\r\n") && body.length >= size) {
            socket.write(new TextEncoder().encode(server.#respond(head, body)));
          }
        },
        drain: () => undefined,
        close: () => undefined,
      };
    });
    return server;
  }

  #respond(head: string, body: string): string {
    const [method = "", path = ""] = head.split(" ", 2);
    this.asked.push({ method, path, head });
    if (method === "DELETE") {
      const isThere = this.peer?.server.ends.length === 0;
      if (isThere) this.peer?.connection.close();
      const status = this.deletion ?? (isThere ? "200 OK" : "404 Not Found");
      return `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`;
    }
    const { status, body: text } = this.answer ?? { status: "201 Created", body: this.#sdp(body) };
    return `HTTP/1.1 ${status}\r\nLocation: /rtc/v1/whip/?action=delete&token=77\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
  }

  #sdp(text: string): string {
    const offer = parseSdp(text);
    const terms = offer.sections[0]?.attributes.some(({ name }) => name === "sendonly")
      ? PUBLISH_TERMS
      : PLAY_TERMS;
    const identity = testIdentity("ecdsa", "server");
    const { answer, agreement } = answerOffer(offer, {
      ...terms,
      fingerprint: { algorithm: "sha-256", value: identity.fingerprint },
      candidates: hostCandidates(this.rtc.endpoints),
    });
    this.agreement = agreement;
    this.peer = this.rtc.addPeer({
      connection: {
        ...{ local: terms.ice, remote: agreement.remoteIce, setup: agreement.setup },
        fingerprints: agreement.remoteFingerprints.map(({ value }) => value),
      },
    });
    return formatSdp(answer);
  }

  connect(changes: Partial<WhipClientOptions> = {}): [Promise<WhipClient>, RtcRecord] {
    const record = new RtcRecord();
    const client = WhipClient.connect(
      this.rtc.runtime,
      {
        url: `http://127.0.0.1:${HTTP_PORT}/rtc/v1/whip/?app=live&stream=a`,
        role: "publish",
        ...{ video: [{ codec: "h264" }], audio: [{ codec: "opus" }], host: "127.0.0.1" },
        identity: testIdentity("ecdsa", "client"),
        ...changes,
      },
      record,
    );
    return [client, record];
  }
}

const PAYLOAD = { payload: Uint8Array.of(1, 2, 3), timestamp: 9_000, isMarked: true };

describe("publishing", () => {
  test("packets of both kinds arrive as agreed, numbered, and with reports", async () => {
    const server = await WhipTestServer.open();
    const [connecting, record] = server.connect({ bearerToken: "secret" });
    const client = await connecting;
    await settle();
    expect(record.establishedCount).toBe(1);
    expect(server.asked[0]).toMatchObject({ method: "POST" });
    expect(server.asked[0]?.head).toMatch(/\r\nContent-Type: application\/sdp\r\n/i);
    expect(server.asked[0]?.head).toContain("Authorization: Bearer secret");
    const sections = server.agreement?.sections ?? [];
    expect(sections.map(({ kind, direction }) => `${kind} ${direction}`)).toEqual([
      "audio recvonly",
      "video recvonly",
    ]);
    for (let i = 0; i < 3; i++) {
      client.send({ ...PAYLOAD, kind: "video", timestamp: 9_000 * i });
      client.send({ ...PAYLOAD, kind: "audio", timestamp: 960 * i });
    }
    await pass(server.rtc, 1_100);
    const packets = server.peer?.server.rtpPackets.map(parseRtpPacket) ?? [];
    expect(packets).toHaveLength(6);
    for (const section of sections) {
      const own = packets.filter(({ payloadType }) => payloadType === section.payloadType);
      const [first, second, third] = own;
      expect(own).toHaveLength(3);
      expect(own.every(({ ssrc }) => ssrc === section.sources[0]?.ssrc)).toBe(true);
      expect(second?.sequenceNumber).toBe((first?.sequenceNumber ?? 0) + 1);
      const step = section.kind === "video" ? 9_000 : 960;
      const passed = ((third?.timestamp ?? 0) - (first?.timestamp ?? 0) + 2 ** 32) % 2 ** 32;
      expect(passed).toBe(2 * step);
      expect(first?.payload).toEqual(PAYLOAD.payload);
      expect(first?.isMarked).toBe(true);
    }
    const reports = server.peer?.server.rtcpPackets.flatMap((packet) => parseRtcp(packet)) ?? [];
    expect(reports).toMatchObject([
      { type: "sender-report", packetCount: 3, octetCount: 9 },
      { type: "source-description" },
      { type: "sender-report", packetCount: 3, rtpTimestamp: packets.at(-2)?.timestamp },
      { type: "source-description" },
    ]);
    await client.close();
    expect(server.asked[1]).toMatchObject({
      method: "DELETE",
      path: "/rtc/v1/whip/?action=delete&token=77",
    });
    expect(server.asked[1]?.head).toContain("Authorization: Bearer secret");
    await settle();
    // It was still there then.
    expect(server.peer?.server.ends).toEqual([]);
    expect(server.peer?.connection.isClosed).toBe(true);
    await client.close();
    expect(server.asked).toHaveLength(2);
    expect(record.ends).toEqual([]);
    expect(server.rtc.runtime.clock.timerCount).toBe(0);
  });

  test("what is sent before there is a way, and what was not agreed on, goes nowhere", async () => {
    const server = await WhipTestServer.open();
    const [connecting] = server.connect({ audio: [], transport: "tcp" });
    const client = await connecting;
    client.send({ ...PAYLOAD, kind: "video" });
    await settle();
    client.send({ ...PAYLOAD, kind: "audio" });
    await settle();
    expect(server.peer?.server.establishedCount).toBe(1);
    expect(server.peer?.server.rtpPackets).toEqual([]);
    await client.close();
  });
});

describe("playing", () => {
  test("packets come, decrypted or only counted", async () => {
    for (const isRtpOpened of [true, false]) {
      const server = await WhipTestServer.open();
      const [connecting, record] = server.connect({ role: "play", isRtpOpened });
      const client = await connecting;
      await settle();
      expect(client.agreement.sections.map(({ direction }) => direction)).toEqual([
        "recvonly",
        "recvonly",
      ]);
      server.peer?.connection.sendRtp(rtpPacket(9), 9);
      await settle();
      expect(record.rtpPackets.map(({ length }) => length)).toEqual([isRtpOpened ? 15 : 25]);
      server.peer?.connection.close();
      await settle();
      expect(record.ends).toEqual([["peer_closed", undefined]]);
      await client.close();
      expect(server.asked.at(-1)?.method).toBe("DELETE");
    }
  });
});

describe("a server that", () => {
  test("refuses is quoted", async () => {
    const server = await WhipTestServer.open();
    server.answer = { status: "404 Not Found", body: "no such stream" };
    await expect(server.connect({ role: "play" })[0]).rejects.toThrow(
      "Cannot play: the server answered 404: no such stream",
    );
    expect(server.rtc.runtime.clock.timerCount).toBe(0);
  });

  test.each(["", "v=0\r\n", "nonsense"])(
    "answers %j is left, its session deleted",
    async (body) => {
      const server = await WhipTestServer.open();
      server.answer = { status: "201 Created", body };
      const [connecting, record] = server.connect();
      await expect(connecting).rejects.toThrow();
      expect(server.asked.map(({ method }) => method)).toEqual(["POST", "DELETE"]);
      expect(record.ends).toEqual([]);
      expect(server.rtc.runtime.clock.timerCount).toBe(0);
    },
  );

  test("does not delete the session is reported, and left all the same", async () => {
    const server = await WhipTestServer.open();
    const [connecting, record] = server.connect();
    const client = await connecting;
    await settle();
    server.deletion = "403 Forbidden";
    await expect(client.close()).rejects.toThrow("the server answered 403");
    expect(client.rtc.connection.isClosed).toBe(true);
    expect(record.ends).toEqual([]);
  });

  test("is not there is reported", async () => {
    const server = await WhipTestServer.open();
    const url = "http://127.0.0.1:1/rtc/v1/whip/";
    await expect(server.connect({ url })[0]).rejects.toThrow("ECONNREFUSED");
  });
});
