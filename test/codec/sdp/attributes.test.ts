/**
 * Goal: single attributes are read as their specifications say, and refused where they break them.
 *
 * Method: examples of the specifications and of clients; a table of faults; seeded noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { findTcpType, formatCandidate, parseCandidate } from "../../../src/codec/sdp/candidate.ts";
import { findDirection, reverseDirection } from "../../../src/codec/sdp/direction.ts";
import { parseFingerprint } from "../../../src/codec/sdp/fingerprint.ts";
import {
  headerExtensionAttribute,
  parseHeaderExtension,
} from "../../../src/codec/sdp/header-extension.ts";
import { findIceCredentials } from "../../../src/codec/sdp/ice-credentials.ts";
import { readMediaSources } from "../../../src/codec/sdp/media-source.ts";
import { parseSdp } from "../../../src/codec/sdp/parse-sdp.ts";
import {
  formatAttributes,
  parseFormatParameters,
  readPayloadFormats,
} from "../../../src/codec/sdp/payload-format.ts";
import type { MediaSection, SdpAttribute } from "../../../src/codec/sdp/session-description.ts";
import { readRids, readSimulcast, ridAttribute } from "../../../src/codec/sdp/simulcast.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";

function section(...lines: string[]): MediaSection {
  const text = `v=0\no=- 1 2 IN IP4 0.0.0.0\ns=-\n${lines.join("\n")}\n`;
  const [first] = parseSdp(text).sections;
  if (first === undefined) throw new Error("no m-section");
  return first;
}
const attribute = (line: string): SdpAttribute => {
  const [first] = section("m=audio 9 RTP/AVP 0", `a=${line}`).attributes;
  if (first === undefined) throw new Error("no attribute");
  return first;
};
const attributes = (...lines: string[]) => lines.map(attribute);

describe("parseCandidate()", () => {
  test.each([
    // RFC 8839, section 5.1, and RFC 6544, appendix A.
    "1 1 udp 2130706431 203.0.113.141 8998 typ host",
    "2 1 udp 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998",
    "1 1 udp 2130706431 2001:db8:8101:3a55:4858:a2a9:22ff:99b9 9 typ host",
    "1 1 tcp 2128609279 10.0.1.1 9 typ host tcptype active",
    "2 1 tcp 2124414975 10.0.1.1 8998 typ host tcptype passive",
    "842163049 1 udp 1677729535 198.51.100.9 46154 typ srflx raddr 0.0.0.0 rport 0 generation 0 ufrag EsAw network-cost 999",
    "0 2 udp 2122252542 5b3786b7-9819-499f-8509-6868a4395e7a.local 45447 typ host",
  ])("reads %s", (text) => {
    expect(formatCandidate(parseCandidate(text))).toBe(text);
    expect(parseCandidate(`candidate:${text}`)).toEqual(parseCandidate(text));
  });

  test("says what is what", () => {
    expect(parseCandidate("2 1 TCP 2124414975 2001:db8::1 8998 typ host tcptype passive")).toEqual({
      ...{ foundation: "2", component: 1, transport: "tcp", priority: 2_124_414_975 },
      ...{ address: "2001:db8::1", port: 8_998, type: "host" },
      extensions: [["tcptype", "passive"]],
    });
    expect(findTcpType(parseCandidate("2 1 tcp 1 10.0.1.1 9 typ host tcptype so"))).toBe("so");
    expect(findTcpType(parseCandidate("2 1 udp 1 10.0.1.1 9 typ host"))).toBeUndefined();
  });

  test.each([
    "",
    "1",
    "1 1 udp 1 192.0.2.1 9 typ",
    "1 1 udp 1 192.0.2.1 9 host",
    "1 257 udp 1 192.0.2.1 9 typ host",
    "1 x udp 1 192.0.2.1 9 typ host",
    "1 1 udp 4294967296 192.0.2.1 9 typ host",
    "1 1 udp 1 192.0.2.1 65536 typ host",
    "1 1 udp 1 192.0.2.1 -9 typ host",
    "1 1 udp 1 [::1] 9 typ host",
    `1 1 udp 1 ${"a".repeat(254)} 9 typ host`,
    "1 1 udp 1 192.0.2.1 9 typ host generation",
    "1 1 udp 1 192.0.2.1 9 typ host  generation 0",
    "1:2 1 udp 1 192.0.2.1 9 typ host",
    "1 1 u/p 1 192.0.2.1 9 typ host",
  ])("refuses %j", (text) => {
    expect(() => parseCandidate(text)).toThrow(MalformedError);
  });
});

describe("readPayloadFormats()", () => {
  test("reads formats in the order of the m-line, whatever the order of the attributes", () => {
    const formats = readPayloadFormats(
      section(
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 0 63 9 13",
        "a=fmtp:111 minptime=10;useinbandfec=1",
        "a=rtcp-fb:* transport-cc",
        "a=rtcp-fb:111 nack",
        "a=rtcp-fb:111 nack",
        "a=rtpmap:63 red/48000/2",
        "a=rtpmap:111 opus/48000/2",
        "a=rtpmap:112 opus/48000/2",
      ),
    );
    const fb = ["transport-cc"];
    expect(formats).toEqual([
      {
        ...{ payloadType: 111, encoding: "opus", clockRate: 48_000, channels: 2 },
        ...{ fmtp: "minptime=10;useinbandfec=1", feedback: ["nack", "transport-cc"] },
      },
      {
        ...{ payloadType: 0, encoding: "PCMU", clockRate: 8_000, channels: 1 },
        ...{ fmtp: "", feedback: fb },
      },
      {
        ...{ payloadType: 63, encoding: "red", clockRate: 48_000, channels: 2 },
        ...{ fmtp: "", feedback: fb },
      },
      {
        ...{ payloadType: 9, encoding: "G722", clockRate: 8_000, channels: 1 },
        ...{ fmtp: "", feedback: fb },
      },
    ]);
    const [opus] = formats;
    expect(opus === undefined ? [] : formatAttributes(opus)).toEqual([
      { name: "rtpmap", value: "111 opus/48000/2" },
      { name: "rtcp-fb", value: "111 nack" },
      { name: "rtcp-fb", value: "111 transport-cc" },
      { name: "fmtp", value: "111 minptime=10;useinbandfec=1" },
    ]);
  });

  test("passes over formats that are no payload types", () => {
    const media = section("m=application 9 UDP/DTLS/SCTP webrtc-datachannel");
    expect(readPayloadFormats(media)).toEqual([]);
  });

  test.each([
    "rtpmap:x H264/90000",
    "rtpmap:* H264/90000",
    "rtpmap:96 H264",
    "rtpmap:96 H264/0",
    "rtpmap:96 H264/x",
    "rtpmap:96 opus/48000/0",
    "rtpmap:96 opus/48000/2/1",
    "rtpmap:96 /90000",
    "rtpmap:96 H 264/90000",
    "rtpmap",
    "fmtp",
    "rtcp-fb:96",
    "rtcp-fb:128 nack",
  ])("refuses a=%s", (line) => {
    expect(() => readPayloadFormats(section("m=video 9 RTP/AVP 96", `a=${line}`))).toThrow(
      MalformedError,
    );
  });

  test("reads parameters", () => {
    const parameters = parseFormatParameters(
      "Profile-Level-Id=42e01f; packetization-mode=1;x; ;=1",
    );
    expect([...parameters]).toEqual([
      ["profile-level-id", "42e01f"],
      ["packetization-mode", "1"],
      ["x", ""],
    ]);
  });
});

describe("other attributes", () => {
  test("fingerprints have the size of their hash", () => {
    const hash = Array.from({ length: 32 }, () => "ab").join(":");
    expect(parseFingerprint(attribute(`fingerprint:SHA-256 ${hash}`))).toEqual({
      algorithm: "sha-256",
      value: hash.toUpperCase(),
    });
    for (const bad of ["", "sha-256", `sha-1 ${hash}`, `sha-256 ${hash}:00`, `sha-256 ${hash} x`]) {
      expect(() => parseFingerprint(attribute(`fingerprint:${bad}`))).toThrow(MalformedError);
    }
  });

  test("header extensions have an identifier, a direction and an address", () => {
    expect(parseHeaderExtension(attribute("extmap:4 urn:x extra"))).toEqual({
      ...{ id: 4, direction: "sendrecv", uri: "urn:x" },
    });
    const one = { id: 4_096, direction: "recvonly", uri: "urn:x" } as const;
    expect(headerExtensionAttribute(one)).toEqual({ name: "extmap", value: "4096/recvonly urn:x" });
    expect(parseHeaderExtension(attribute("extmap:4096/recvonly urn:x"))).toEqual(one);
    for (const bad of [
      "",
      "0 urn:x",
      "4352 urn:x",
      "1",
      "1/ urn:x",
      "1/x urn:x",
      "1/sendonly/x u",
    ]) {
      expect(() => parseHeaderExtension(attribute(`extmap:${bad}`))).toThrow(MalformedError);
    }
  });

  test("the last direction counts", () => {
    expect(findDirection(attributes("sendonly", "mid:0", "inactive"))).toBe("inactive");
    expect(findDirection(attributes("mid:0"))).toBeUndefined();
    expect(reverseDirection("sendonly")).toBe("recvonly");
    expect(reverseDirection("recvonly")).toBe("sendonly");
    expect(reverseDirection("sendrecv")).toBe("sendrecv");
  });

  test("ICE credentials come in pairs", () => {
    const pwd = "asd88fgpdd777uzjYhagZg";
    expect(findIceCredentials(attributes("ice-ufrag:8hhY", `ice-pwd:${pwd}`))).toEqual({
      ...{ ufrag: "8hhY", pwd },
    });
    expect(findIceCredentials([])).toBeUndefined();
    expect(() => findIceCredentials(attributes("ice-ufrag:8hhY"))).toThrow(MalformedError);
    expect(() => findIceCredentials(attributes(`ice-pwd:${pwd}`))).toThrow(MalformedError);
    for (const ufrag of ["8hh", "8h:hY", "8hh Y", "x".repeat(257)]) {
      const pair = attributes(`ice-ufrag:${ufrag}`, `ice-pwd:${pwd}`);
      expect(() => findIceCredentials(pair)).toThrow(MalformedError);
    }
  });

  test("sources are named once, groups as they come", () => {
    const lines = ["ssrc:1 cname:a b", "ssrc:1 msid:x y", "ssrc:2", "ssrc-group:FID 1 2"];
    expect(readMediaSources(attributes(...lines))).toEqual({
      sources: [
        { ssrc: 1, cname: "a b" },
        { ssrc: 2, cname: "" },
      ],
      groups: [{ semantics: "FID", ssrcs: [1, 2] }],
    });
    for (const bad of ["ssrc:x cname:a", "ssrc:", "ssrc-group:FID 1 -2"]) {
      expect(() => readMediaSources(attributes(bad))).toThrow(MalformedError);
    }
  });

  test("simulcast is read as in RFC 8853, section 5", () => {
    expect(readSimulcast(attributes("simulcast:send 1;~4,3 recv c"))).toEqual({
      send: [
        { rids: ["1"], isPaused: false },
        { rids: ["4", "3"], isPaused: true },
      ],
      recv: [{ rids: ["c"], isPaused: false }],
    });
    expect(readSimulcast(attributes("simulcast: send rid=1;2"))).toBeUndefined();
    for (const bad of ["send", "up 1", "send 1;", "send 1 recv", "send a;b/c", "send 1 x 2"]) {
      expect(() => readSimulcast(attributes(`simulcast:${bad}`))).toThrow(MalformedError);
    }
    const rids = readRids(attributes("rid:h send pt=97;max-width=1280", "rid:m recv"));
    expect(rids).toEqual([
      { id: "h", direction: "send", restrictions: "pt=97;max-width=1280" },
      { id: "m", direction: "recv", restrictions: "" },
    ]);
    expect(rids.map(ridAttribute).map(({ value }) => value)).toEqual([
      "h send pt=97;max-width=1280",
      "m recv",
    ]);
    for (const bad of ["", "h", "h up", "h/1 send"]) {
      expect(() => readRids(attributes(`rid:${bad}`))).toThrow(MalformedError);
    }
  });

  test("noise does nothing but MalformedError", () => {
    const media = section("m=video 9 RTP/AVP 96");
    for (const bytes of noise(1_000, 40)) {
      const value = String.fromCharCode(...bytes);
      const named = (name: string) => [{ name, value }];
      unlessMalformed(() => parseCandidate(value));
      unlessMalformed(() => parseFingerprint({ name: "fingerprint", value }));
      unlessMalformed(() => parseHeaderExtension({ name: "extmap", value }));
      unlessMalformed(() => readMediaSources([...named("ssrc"), ...named("ssrc-group")]));
      unlessMalformed(() => readSimulcast(named("simulcast")));
      unlessMalformed(() => readRids(named("rid")));
      unlessMalformed(() => findIceCredentials([...named("ice-ufrag"), ...named("ice-pwd")]));
      for (const name of ["rtpmap", "fmtp", "rtcp-fb"]) {
        unlessMalformed(() => readPayloadFormats({ ...media, attributes: named(name) }));
      }
    }
  });
});
