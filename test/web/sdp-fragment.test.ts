/**
 * Goal: candidates and restarts are told to servers as RFC 8840 and RFC 9725 have it, and the answer
 * that a browser gets after a restart is the old one but for ICE.
 *
 * Method: a short offer and answer, and the fragments that belong to them, written by hand.
 */

import { describe, expect, test } from "vitest";
import { toFragment, withNewIce, withStereoOpus } from "../../web/sdp-fragment.js";

const lines = (...all: string[]): string => `${all.join("\r\n")}\r\n`;

const OFFER = lines(
  "v=0",
  "a=group:BUNDLE 0 1",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "a=candidate:1 1 udp 2122260223 192.0.2.7 61764 typ host",
  "a=ice-ufrag:EsAw",
  "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
  "a=mid:0",
  "a=rtpmap:111 opus/48000/2",
  "a=fmtp:111 minptime=10;useinbandfec=1",
  "m=video 9 UDP/TLS/RTP/SAVPF 96",
  "a=candidate:2 1 udp 2122260223 192.0.2.7 61764 typ host",
  "a=ice-ufrag:EsAw",
  "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
  "a=mid:1",
);

describe("toFragment()", () => {
  test("has the first m-section's candidates", () => {
    expect(toFragment(OFFER)).toBe(
      lines(
        "a=ice-ufrag:EsAw",
        "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=mid:0",
        "a=candidate:1 1 udp 2122260223 192.0.2.7 61764 typ host",
      ),
    );
  });

  test("has what is given in their place, and the end", () => {
    expect(toFragment(OFFER, ["candidate:9 1 udp 1 192.0.2.8 9 typ host"], true)).toMatch(
      /a=mid:0\r\na=candidate:9 1 udp 1 192\.0\.2\.8 9 typ host\r\na=end-of-candidates\r\n$/,
    );
  });
});

describe("withNewIce()", () => {
  const answer = lines(
    "v=0",
    "a=ice-lite",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111",
    "a=ice-ufrag:old1",
    "a=ice-pwd:oldoldoldoldoldoldoldold",
    "a=mid:0",
    "a=candidate:0 1 udp 1 192.0.2.1 8000 typ host",
    "a=end-of-candidates",
    "m=video 9 UDP/TLS/RTP/SAVPF 96",
    "a=ice-ufrag:old1",
    "a=ice-pwd:oldoldoldoldoldoldoldold",
    "a=mid:1",
  );

  test("replaces credentials and candidates in each m-section", () => {
    const fragment = lines(
      "a=ice-lite",
      "a=ice-ufrag:new1",
      "a=ice-pwd:newnewnewnewnewnewnewnew",
      "m=audio 9 RTP/AVP 0",
      "a=mid:0",
      "a=candidate:0 1 udp 1 192.0.2.2 8000 typ host",
    );
    const ice = [
      "a=ice-ufrag:new1",
      "a=ice-pwd:newnewnewnewnewnewnewnew",
      "a=candidate:0 1 udp 1 192.0.2.2 8000 typ host",
    ];
    expect(withNewIce(answer, fragment)).toBe(
      lines(
        "v=0",
        "a=ice-lite",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=mid:0",
        ...ice,
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "a=mid:1",
        ...ice,
      ),
    );
  });

  test.each(["", "a=ice-ufrag:new1\r\n", "<html>"])("has none for '%s'", (fragment) => {
    expect(withNewIce(answer, fragment)).toBeUndefined();
  });
});

describe("withStereoOpus()", () => {
  test("adds the parameter to Opus", () => {
    expect(withStereoOpus(OFFER)).toBe(OFFER.replace("useinbandfec=1", "useinbandfec=1;stereo=1"));
  });

  test("leaves alone what says so already, and offers without Opus", () => {
    const stereo = withStereoOpus(OFFER);
    expect(withStereoOpus(stereo)).toBe(stereo);
    expect(withStereoOpus("v=0\r\n")).toBe("v=0\r\n");
  });
});
