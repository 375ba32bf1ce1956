/**
 * Goal: descriptions of real clients are read and written without a change, and nothing else than
 * MalformedError comes of others, in a time that grows with their size.
 *
 * Method: the fixtures, both ways; a description of each fault with the line that the error names;
 * every truncation of a fixture, fixtures with characters exchanged, and seeded noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { formatSdp } from "../../../src/codec/sdp/format-sdp.ts";
import { parseSdp } from "../../../src/codec/sdp/parse-sdp.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";
import { readSdpFixture, SDP_FIXTURES } from "../../support/sdp-fixture.ts";

const HEAD = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
const AUDIO = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n";

describe("parseSdp()", () => {
  test.each(SDP_FIXTURES)("reads %s so that it is written without a change", (name) => {
    const text = readSdpFixture(name);
    expect(formatSdp(parseSdp(text))).toBe(text);
  });

  test("reads the example of RFC 8866, section 5", () => {
    const text = [
      "v=0",
      "o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1",
      "s=Call to John Smith",
      "i=SDP Offer #1",
      "u=http://www.jdoe.example.com/home.html",
      "e=Jane Doe <jane@jdoe.example.com>",
      "p=+1 617 555-6011",
      "c=IN IP4 198.51.100.1",
      "t=0 0",
      "m=audio 49170 RTP/AVP 0",
      "m=audio 49180 RTP/AVP 0",
      "m=video 51372/2 RTP/AVP 99",
      "c=IN IP6 2001:db8::2",
      "a=rtpmap:99 h263-1998/90000",
      "",
    ].join("\r\n");
    const description = parseSdp(text);
    expect(description.origin).toEqual({
      username: "jdoe",
      sessionId: "3724394400",
      sessionVersion: "3724394405",
      networkType: "IN",
      addressType: "IP4",
      address: "198.51.100.1",
    });
    expect(description.name).toBe("Call to John Smith");
    expect(description.fields.map(({ type }) => type).join("")).toBe("iuepct");
    expect(description.sections[2]).toEqual({
      ...{ kind: "video", port: 51_372, portCount: 2, protocol: "RTP/AVP", formats: ["99"] },
      fields: [{ type: "c", value: "IN IP6 2001:db8::2" }],
      attributes: [{ name: "rtpmap", value: "99 h263-1998/90000", line: 14 }],
    });
    expect(formatSdp(description)).toBe(text);
  });

  test("takes lines that end with LF, blank lines, and a text without an end of line", () => {
    const { sections, name } = parseSdp(`${HEAD}${AUDIO}\r\na=mid:0`.replaceAll("\r\n", "\n"));
    expect(name).toBe("-");
    expect(sections[0]?.attributes).toEqual([{ name: "mid", value: "0", line: 7 }]);
  });

  test("tells a flag from an empty value", () => {
    const { attributes } = parseSdp(`${HEAD}a=ice-lite\r\na=x:\r\na=y:1:2\r\n`);
    expect(attributes.map(({ value }) => value)).toEqual([undefined, "", "1:2"]);
  });

  test.each([
    ["", "empty"],
    ["\r\n\r\n", "empty"],
    ["xxx", "line 1"],
    ["o=- 1 2 IN IP4 127.0.0.1\r\n", "begins with v=0"],
    ["v=1\r\n", "line 1"],
    ["v=0\r\ns=-\r\n", "without o="],
    ["v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n", "without s="],
    ["v=0\r\no=- 1 2 IN IP4\r\n", "line 2"],
    ["v=0\r\no=-  2 IN IP4 127.0.0.1\r\n", "line 2"],
    [`${HEAD}s=again\r\n`, "line 5"],
    [`${HEAD}o=- 1 2 IN IP4 127.0.0.1\r\n`, "line 5"],
    [`${HEAD}v=0\r\n`, "line 5"],
    [`${HEAD}${AUDIO}s=-\r\n`, "line 6"],
    [`${HEAD}x=1\r\n`, "line 5"],
    [`${HEAD}A=1\r\n`, "line 5"],
    [`${HEAD}a\r\n`, "line 5"],
    [`${HEAD}a=\r\n`, "line 5"],
    [`${HEAD}a=:1\r\n`, "line 5"],
    [`${HEAD}a=a b\r\n`, "line 5"],
    [`${HEAD}a=mid:0\rm=audio\r\n`, "a control character"],
    [`${HEAD}a=mid:\0\r\n`, "a control character"],
    [`${HEAD}a=mid:\x1b[2J\r\n`, "a control character"],
    [`${HEAD}m=\r\n`, "line 5"],
    [`${HEAD}m=audio\r\n`, "line 5"],
    [`${HEAD}m=audio 9\r\n`, "line 5"],
    [`${HEAD}m=audio 9 RTP/AVP\r\n`, "without formats"],
    [`${HEAD}m=audio 65536 RTP/AVP 0\r\n`, "without a port"],
    [`${HEAD}m=audio -1 RTP/AVP 0\r\n`, "without a port"],
    [`${HEAD}m=audio 9/2/3 RTP/AVP 0\r\n`, "without a port"],
    [`${HEAD}m=audio 9/ RTP/AVP 0\r\n`, "without a port"],
    [`${HEAD}m=audio 9 RTP//AVP 0\r\n`, "line 5"],
    [`${HEAD}m=audio 9 RTP/AVP ${"0 ".repeat(129)}\r\n`, "formats"],
    [`${HEAD}a=x:${"y".repeat(8_200)}\r\n`, "longer"],
    [HEAD + AUDIO.repeat(65), "more than 64 m-sections"],
    [HEAD + "a=x\r\n".repeat(4_093), "more than 4096 lines"],
  ])("refuses %j", (text, message) => {
    expect(() => parseSdp(text)).toThrow(MalformedError);
    expect(() => parseSdp(text)).toThrow(message);
  });

  test("says where the line starts", () => {
    expect.assertions(1);
    try {
      parseSdp(`${HEAD}x=1\r\n`);
    } catch (error) {
      expect((error as MalformedError).offset).toBe(HEAD.length);
    }
  });

  test("takes as much as it may", () => {
    const text = HEAD + AUDIO.repeat(64) + "a=x\r\n".repeat(4_096 - 68);
    expect(formatSdp(parseSdp(text))).toBe(text);
  });

  test.each([
    ["blank lines", "\n".repeat(1_000_000)],
    ["one line", `${HEAD}a=x:${"y".repeat(1_000_000)}`],
    ["formats", `${HEAD}m=audio 9 RTP/AVP${" 0".repeat(500_000)}`],
    ["spaces", `${HEAD}m=${" ".repeat(1_000_000)}`],
    ["attributes", HEAD + "a=rtpmap:96 H264/90000\r\n".repeat(45_000)],
    ["m-lines", HEAD + AUDIO.repeat(32_000)],
  ])("refuses a megabyte of %s at once", (_, text) => {
    const start = performance.now();
    expect(() => parseSdp(text)).toThrow(MalformedError);
    expect(performance.now() - start).toBeLessThan(250);
  });

  test("throws nothing but MalformedError on truncated text", () => {
    const text = readSdpFixture("obs-30.1-candidates");
    for (let length = 0; length < text.length; length++) {
      unlessMalformed(() => parseSdp(text.slice(0, length)));
    }
  });

  test("throws nothing but MalformedError on noise", () => {
    for (const bytes of noise(3_000, 60)) {
      const text = String.fromCharCode(...bytes);
      unlessMalformed(() => parseSdp(text));
      unlessMalformed(() => parseSdp(`${HEAD}m=${text}`));
      unlessMalformed(() => parseSdp(`${HEAD}a=${text}`));
    }
  });

  test("writes what it read of changed text, or refuses it", () => {
    const text = readSdpFixture("ffmpeg-8");
    for (const bytes of noise(1_500, 6)) {
      const at = ((bytes[0] ?? 0) * 256 + (bytes[1] ?? 0)) % text.length;
      const changed = text.slice(0, at) + String.fromCharCode(...bytes) + text.slice(at + 1);
      const description = unlessMalformed(() => parseSdp(changed));
      if (description === undefined) continue;
      const written = formatSdp(description);
      expect(formatSdp(parseSdp(written))).toBe(written);
    }
  });
});
