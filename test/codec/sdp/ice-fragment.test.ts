/**
 * Goal: candidates that trickle in, and restarts of ICE, are understood, and restarts answered.
 *
 * Method: the example of RFC 8840, section 9, and those of RFC 9725, section 4.3; a table of faults;
 * truncations and noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { parseCandidate } from "../../../src/codec/sdp/candidate.ts";
import { formatRestartAnswer, parseIceFragment } from "../../../src/codec/sdp/ice-fragment.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";
import { parseSdpFixture } from "../../support/sdp-fixture.ts";

const TRICKLED = [
  "a=group:BUNDLE 0 1",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "a=mid:0",
  "a=ice-ufrag:EsAw",
  "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
  "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1",
  "a=candidate:3471623853 1 udp 2122194687 198.51.100.2 61765 typ host generation 0 ufrag EsAw network-id 2",
  "a=candidate:473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active generation 0 ufrag EsAw network-id 1",
  "a=end-of-candidates",
  "",
].join("\r\n");

describe("parseIceFragment()", () => {
  test("reads what a WHIP client sends", () => {
    const { credentials, candidates, isEnded } = parseIceFragment(TRICKLED);
    expect(credentials).toEqual({ ufrag: "EsAw", pwd: "P2uYro0UCOQ4zxjKXaWCBui1" });
    expect(candidates.map(({ transport, port }) => `${transport} ${port}`)).toEqual([
      ...["udp 61764", "udp 61765", "tcp 9"],
    ]);
    expect(isEnded).toBe(true);
  });

  test("reads credentials and candidates that stand before the sections", () => {
    const text = [
      "a=ice-options:trickle ice2",
      "a=ice-ufrag:ysXw",
      "a=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k",
      "",
    ].join("\n");
    expect(parseIceFragment(text)).toEqual({
      credentials: { ufrag: "ysXw", pwd: "vw5LmwG4y/e6dPP/zAP9Gp5k" },
      ...{ candidates: [], isEnded: false },
    });
    expect(parseIceFragment("").credentials).toBeUndefined();
  });

  test("takes no more candidates than are of use", () => {
    const many = "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n".repeat(500);
    expect(parseIceFragment(many).candidates).toHaveLength(64);
  });

  test.each([
    ["v=0\r\n", "neither a= nor m="],
    ["xxx", "line 1"],
    ["a=ice-ufrag:EsAw\r\n", "no a=ice-pwd beside it"],
    ["a=ice-ufrag:EsAw\r\na=ice-pwd:short\r\n", "line 2"],
    ["m=audio\r\n", "line 1"],
    ["a=candidate:1\r\n", "Cannot read candidate"],
  ])("refuses %j", (text, message) => {
    expect(() => parseIceFragment(text)).toThrow(MalformedError);
    expect(() => parseIceFragment(text)).toThrow(message);
  });

  test("throws nothing but MalformedError on truncations and noise", () => {
    for (let length = 0; length < TRICKLED.length; length++) {
      unlessMalformed(() => parseIceFragment(TRICKLED.slice(0, length)));
    }
    for (const bytes of noise(2_000, 40)) {
      unlessMalformed(() => parseIceFragment(`a=candidate:${String.fromCharCode(...bytes)}`));
      unlessMalformed(() => parseIceFragment(String.fromCharCode(...bytes)));
    }
  });
});

test("formatRestartAnswer() gives new credentials and all candidates", () => {
  const [section] = parseSdpFixture("srs-whip.answer").sections;
  if (section === undefined) throw new Error("no m-section");
  const credentials = { ufrag: "289b31b754eaa438", pwd: "0b66f472495ef0ccac7bda653ab6be49" };
  const candidates = [parseCandidate("1 1 udp 2130706431 198.51.100.1 39132 typ host")];
  const text = formatRestartAnswer(section, credentials, candidates);
  expect(text.trimEnd().split("\r\n")).toEqual([
    "a=ice-lite",
    "a=ice-options:trickle",
    "a=group:BUNDLE 0",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111",
    "a=mid:0",
    "a=ice-ufrag:289b31b754eaa438",
    "a=ice-pwd:0b66f472495ef0ccac7bda653ab6be49",
    "a=candidate:1 1 udp 2130706431 198.51.100.1 39132 typ host",
    "a=end-of-candidates",
  ]);
  expect(parseIceFragment(text)).toEqual({ credentials, candidates, isEnded: true });
});
