/**
 * Goal: every client gets an answer that it takes, which says what SRS's would, and more where SRS
 * gives less; and what was agreed is what the answer says.
 *
 * Method: the offers that SRS 7 was given, whose answers are known; whole answers to offers of other
 * clients, read by eye; what is agreed with each client; offers changed in a line for each rule, and
 * at random for what is hostile.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MalformedError, ProtocolError } from "../../../../src/base/errors.ts";
import { formatSdp } from "../../../../src/codec/sdp/format-sdp.ts";
import { parseSdp } from "../../../../src/codec/sdp/parse-sdp.ts";
import { answerOffer, type Negotiated } from "../../../../src/protocols/rtc/negotiation/answer.ts";
import { hostCandidates } from "../../../../src/protocols/rtc/negotiation/host-candidates.ts";
import type { AnswerTerms } from "../../../../src/protocols/rtc/negotiation/local-terms.ts";
import { noise } from "../../../support/noise.ts";
import { parseSdpFixture, readSdpFixture, SDP_FIXTURES } from "../../../support/sdp-fixture.ts";
import { PLAY_TERMS, PUBLISH_TERMS } from "./terms.ts";

const linesOf = (text: string) => text.trimEnd().split("\r\n");
const OFFERS = SDP_FIXTURES.filter((name) => !name.endsWith(".answer"));

function answerFixture(name: string, change: Partial<AnswerTerms> = {}): Negotiated {
  const terms = /play|whep|datachannel/.test(name) ? PLAY_TERMS : PUBLISH_TERMS;
  // Without OpenH264, Firefox has no H.264.
  const own = name.startsWith("firefox-play") ? { video: [{ codec: "vp8" }] as const } : {};
  return answerOffer(parseSdpFixture(name), { ...terms, ...own, ...change });
}

/** The answer to a fixture in which `from` was replaced. */
function answerChanged(name: string, from: string | RegExp, to: string, all = false): Negotiated {
  const text = readSdpFixture(name);
  const changed = all ? text.replaceAll(from, to) : text.replace(from, to);
  expect(changed).not.toBe(text);
  return answerOffer(parseSdp(changed), /play/.test(name) ? PLAY_TERMS : PUBLISH_TERMS);
}

const sectionLines = ({ answer }: Negotiated, index: number) =>
  linesOf(formatSdp({ ...answer, sections: answer.sections.slice(index, index + 1) }));

describe("answerOffer() to what SRS was offered", () => {
  /** What differs for a reason. */
  const OTHER = /^(?:o=|s=|a=msid-semantic|a=ssrc:|a=rtpmap:116 red)/;

  test.each([
    ["srs-whip", PUBLISH_TERMS],
    ["srs-whep", PLAY_TERMS],
  ])("has SRS's lines in SRS's order: %s", (name, terms) => {
    const answer = linesOf(formatSdp(answerOffer(parseSdpFixture(name), terms).answer));
    const ofSrs = linesOf(formatSdp(parseSdpFixture(`${name}.answer`)))
      .filter((line) => !OTHER.test(line))
      .map((line) => line.replace(/^(m=video .* 106) 116$/, "$1"))
      .map((line) => line.replace(/^m=video .* 106$/, "$& 107"))
      .map((line) => line.replace(/^a=ice-ufrag:.*/, `a=ice-ufrag:${terms.ice.ufrag}`))
      .map((line) => line.replace(/^a=ice-pwd:.*/, `a=ice-pwd:${terms.ice.pwd}`));
    let at = 0;
    for (const line of ofSrs) {
      // Chrome does not offer it for audio, so that nothing may be answered.
      if (line === "a=rtcp-rsize" && !answer.slice(at, at + 3).includes(line)) continue;
      const found = answer.indexOf(line, at);
      expect(found, `${line} behind line ${at} of ${answer.join("\n")}`).toBeGreaterThanOrEqual(at);
      at = found + 1;
    }
  });
});

describe("answerOffer()", () => {
  test.each([
    "chromium-simulcast",
    "chromium-play",
    "chromium-datachannel",
    "firefox-play-max-bundle",
    "gstreamer-publish",
    "ffmpeg-8-video-only",
    "rfc-9725",
  ])("answers %s as in the file", (name) => {
    const file = new URL(`../../../fixtures/sdp/answers/${name}.sdp`, import.meta.url);
    const expected = readFileSync(file, "utf8").trimEnd().split(/\r?\n/);
    expect(linesOf(formatSdp(answerFixture(name).answer))).toEqual(expected);
  });

  test.each([
    ["aiortc-play", "opus 96, h264 101 102"],
    ["aiortc-publish", "opus 96, h264 101 102"],
    ["chrome-ssrc-simulcast", "opus 111, h264 108 109"],
    ["chromium-datachannel", "h264 108 109"],
    ["chromium-play", "opus 111, h264 108 109"],
    ["chromium-publish", "opus 111, h264 108 109"],
    ["chromium-publish-candidates", "opus 111, h264 108 109"],
    ["chromium-screen", "h264 108 109"],
    ["chromium-simulcast", "opus 111, h264 108 109"],
    ["ffmpeg-8", "opus 111, h264 106"],
    ["ffmpeg-8.1", "opus 111, h264 106 105"],
    ["ffmpeg-8.1-active", "opus 111, h264 106 105"],
    ["ffmpeg-8.1-video-only", "h264 106 105"],
    ["ffmpeg-8-video-only", "h264 106"],
    ["firefox-h264-play", "h264 126 127, opus 109"],
    ["firefox-h264-publish", "opus 109, h264 126 127"],
    ["firefox-h264-publish-candidates", "opus 109, h264 126 127"],
    ["firefox-h264-restart", "opus 109, h264 126 127"],
    ["firefox-h264-sendrecv", "opus 109, h264 126 127"],
    ["firefox-h264-simulcast", "opus 109, h264 126 127"],
    ["firefox-play", "opus 109, vp8 120 124"],
    ["firefox-play-candidates", "opus 109, vp8 120 124"],
    ["firefox-play-max-bundle", "opus 109, vp8 120 124"],
    ["firefox-publish", "opus 109, vp9 121 125"],
    ["firefox-simulcast", "vp9 121 125"],
    ["gstreamer-play", "h264 96 98, opus 97"],
    ["gstreamer-publish", "h264 96 100, opus 97"],
    ["gstreamer-sendrecv", "h264 96, opus 97"],
    ["larix", "opus 111, h264 100 101"],
    ["obs-29-candidates", "opus 111, h264 96"],
    ["obs-30.1-candidates", "opus 111, h264 96"],
    ["obs-av1", "opus 111, av1 96"],
    ["obs-h264", "opus 111, h264 96"],
    ["obs-h264-candidates", "opus 111, h264 96"],
    ["obs-hevc", "opus 111, hevc 96"],
    ["obs-simulcast", "opus 111, h264 96"],
    ["rfc-9725", "opus 111, vp8 96 97"],
    ["safari-18-play", "opus 111, h264 98 99"],
    ["safari-18-publish", "opus 111, h264 98 99"],
    ["srs-whep", "opus 111, h264 106 107"],
    ["srs-whip", "opus 111, h264 106 107"],
  ])("agrees with %s on %s", (name, expected) => {
    const { agreement } = answerFixture(name);
    const agreed = agreement.sections.map(({ codec, payloadType, rtxPayloadType }) =>
      [codec, payloadType, rtxPayloadType].filter((part) => part !== undefined).join(" "),
    );
    expect(agreed.join(", ")).toBe(expected);
  });

  test("has an expectation for each offer", () => {
    expect(OFFERS).toHaveLength(41);
  });

  test.each(OFFERS)("says in the answer to %s what was agreed", (name) => {
    const negotiated = answerFixture(name);
    const { answer, agreement } = negotiated;
    const offer = parseSdpFixture(name);
    expect(answer.sections.map(({ kind }) => kind)).toEqual(offer.sections.map(({ kind }) => kind));
    expect(parseSdp(formatSdp(answer)).sections).toHaveLength(offer.sections.length);
    for (const section of agreement.sections) {
      const index = answer.sections.findIndex(({ kind }) => kind === section.kind);
      const lines = sectionLines(negotiated, index);
      const { payloadType, rtxPayloadType, clockRate, feedback, extensions } = section;
      expect(lines).toContain(`a=mid:${section.mid}`);
      expect(lines).toContain(`a=${section.direction}`);
      expect(lines).toContain(`a=setup:${agreement.setup}`);
      expect(lines.join()).toMatch(new RegExp(`a=rtpmap:${payloadType} [A-Za-z0-9]+/${clockRate}`));
      if (rtxPayloadType !== undefined) {
        expect(lines).toContain(`a=fmtp:${rtxPayloadType} apt=${payloadType}`);
      }
      for (const kind of feedback) expect(lines).toContain(`a=rtcp-fb:${payloadType} ${kind}`);
      expect(Object.keys(extensions)).toHaveLength(
        lines.filter((line) => line.startsWith("a=extmap:")).length,
      );
      // Nothing is answered that was not offered, or is this side's own.
      const offered = new Set(linesOf(readSdpFixture(name)));
      for (const line of lines.filter((one) => /^a=(?:rtpmap|fmtp|rtcp-fb)/.test(one))) {
        expect(offered).toContain(line);
      }
    }
  });
});

describe("what was agreed", () => {
  test("has the names and numbers of Chrome's tracks", () => {
    const { sections, remoteIce, remoteFingerprints } = answerFixture("srs-whip").agreement;
    expect(sections[1]).toEqual({
      ...{ mid: "1", kind: "video", direction: "recvonly", codec: "h264", payloadType: 106 },
      ...{ clockRate: 90_000, channels: 1, rtxPayloadType: 107, isReducedSizeRtcp: true },
      fmtp: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
      feedback: ["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"],
      extensions: { absoluteSendTime: 2, transportWideSequenceNumber: 3, mid: 4 },
      sources: [{ ssrc: 2_222, rtxSsrc: 2_223, cname: "abcdefgh12345678" }],
      rids: [],
    });
    expect(sections[0]).toMatchObject({
      ...{ kind: "audio", codec: "opus", clockRate: 48_000, channels: 2 },
      sources: [{ ssrc: 1_111, rtxSsrc: undefined, cname: "abcdefgh12345678" }],
    });
    expect(remoteIce).toEqual({
      ...{ ufrag: "aBcD", pwd: "abcdefghijklmnopqrstuvwx", isLite: false, canTrickle: true },
    });
    expect(remoteFingerprints).toEqual([PUBLISH_TERMS.fingerprint]);
  });

  test("has no sources of one who plays", () => {
    const { sections } = answerFixture("firefox-play").agreement;
    expect(sections.map(({ sources }) => sources)).toEqual([[], []]);
  });

  test("has layers by RID, or by SSRC in order of SIM", () => {
    expect(answerFixture("chromium-simulcast").agreement.sections[1]?.rids).toEqual([
      ...["h", "m", "l"],
    ]);
    const [, video] = answerFixture("chrome-ssrc-simulcast").agreement.sections;
    expect(video?.rids).toEqual([]);
    expect(video?.sources.map(({ rtxSsrc }) => rtxSsrc).slice(1)).toEqual([1_000_003, 1_000_005]);
  });

  test("has the candidates of the peer, of component 1, each once", () => {
    const { candidates } = answerFixture("firefox-play-candidates").agreement;
    expect(candidates.every(({ component }) => component === 1)).toBe(true);
    expect(new Set(candidates.map(({ transport }) => transport))).toEqual(new Set(["udp", "tcp"]));
    expect(answerFixture("obs-30.1-candidates").agreement.candidates).toHaveLength(2);
    const { agreement } = answerChanged("obs-30.1-candidates", "candidate:1 1 UDP", "candidate:1");
    expect(agreement.candidates).toHaveLength(1);
  });

  test("has the credentials of the section that carries the others", () => {
    // aiortc has others in each section.
    const { remoteIce } = answerFixture("aiortc-publish").agreement;
    const [first] = parseSdpFixture("aiortc-publish").sections;
    expect(first?.attributes).toContainEqual(
      expect.objectContaining({ name: "ice-ufrag", value: remoteIce.ufrag }),
    );
    const withoutAudio = answerFixture("aiortc-play", { audio: [] });
    const [idle] = parseSdpFixture("aiortc-play").sections;
    expect(idle?.attributes).toContainEqual(
      expect.objectContaining({
        name: "ice-ufrag",
        value: withoutAudio.agreement.remoteIce.ufrag,
      }),
    );
  });
});

describe("sections", () => {
  test("of a kind that is not wanted are refused, unless they carry the others", () => {
    const withoutVideo = answerFixture("chromium-play", { video: [] });
    expect(withoutVideo.answer.sections.map(({ port }) => port)).toEqual([9, 0]);
    expect(linesOf(formatSdp(withoutVideo.answer))).toContain("a=group:BUNDLE 0");
    const withoutAudio = answerFixture("chromium-play", { audio: [] });
    expect(withoutAudio.answer.sections.map(({ port }) => port)).toEqual([9, 9]);
    expect(linesOf(formatSdp(withoutAudio.answer))).toContain("a=group:BUNDLE 0 1");
    expect(sectionLines(withoutAudio, 0)).toContain("a=inactive");
    expect(sectionLines(withoutAudio, 0)).not.toContain("a=sendonly");
    expect(withoutAudio.agreement.sections.map(({ mid }) => mid)).toEqual(["1"]);
  });

  test("that were taken away, or are second of their kind, are refused", () => {
    const { answer } = answerChanged("srs-whip", "m=video 9", "m=video 0");
    expect(answer.sections.map(({ port }) => port)).toEqual([9, 0]);
    const text = readSdpFixture("srs-whip").replaceAll("BUNDLE 0 1", "BUNDLE 0 1 2");
    const second = text.slice(text.indexOf("m=video")).replace("a=mid:1", "a=mid:2");
    const three = answerOffer(parseSdp(text + second), PUBLISH_TERMS);
    expect(three.answer.sections.map(({ port }) => port)).toEqual([9, 9, 0]);
    expect(linesOf(formatSdp(three.answer))).toContain("a=group:BUNDLE 0 1");
  });

  test("with another direction are of no use", () => {
    const { agreement } = answerChanged("srs-whip", "a=sendonly", "a=inactive");
    expect(agreement.sections.map(({ kind }) => kind)).toEqual(["video"]);
    expect(() => answerFixture("chromium-play", { role: "publish" })).toThrow(
      "no m-section sends audio or video",
    );
    expect(() => answerFixture("srs-whip", { role: "play" })).toThrow(
      "no m-section receives audio or video",
    );
  });

  test("without a direction send and receive", () => {
    expect(answerChanged("srs-whip", "a=sendonly\r\n", "", true).agreement.sections).toHaveLength(
      2,
    );
    expect(answerChanged("srs-whip", "a=sendonly", "a=sendrecv", true).agreement.sections).toEqual(
      answerFixture("srs-whip").agreement.sections,
    );
  });

  test("of one m-section need neither a group nor a name", () => {
    const { answer, agreement } = answerChanged(
      "ffmpeg-8-video-only",
      /a=group:BUNDLE 0 1\r\n|a=mid:1\r\n/g,
      "",
      true,
    );
    expect(agreement.sections[0]?.mid).toBe("");
    expect(formatSdp(answer)).not.toMatch(/a=(?:group|mid)/);
  });
});

describe("codecs and what is done about loss", () => {
  test("a forced codec is the only one", () => {
    const { agreement } = answerFixture("chromium-publish", { video: [{ codec: "vp9" }] });
    expect(agreement.sections[1]).toMatchObject({ codec: "vp9", payloadType: 98 });
    expect(() => answerFixture("chromium-publish", { video: [{ codec: "hevc" }] })).toThrow(
      "Cannot agree on a codec of video: offered VP8, rtx, H264, AV1, VP9, red, ulpfec; wanted hevc",
    );
  });

  test("without NACK there are no retransmissions, but still PLI", () => {
    const [, video] = answerFixture("srs-whip", { isNackOn: false }).agreement.sections;
    expect(video?.rtxPayloadType).toBeUndefined();
    expect(video?.feedback).toEqual(["goog-remb", "transport-cc", "ccm fir", "nack pli"]);
    const { answer } = answerFixture("srs-whep", { isNackOn: false });
    expect(formatSdp(answer)).not.toMatch(/rtx|FID/);
  });

  test("without TWCC there is neither its extension nor its feedback", () => {
    const { answer, agreement } = answerFixture("srs-whip", { isTwccOn: false });
    expect(formatSdp(answer)).not.toMatch(/transport-(?:wide-)?cc/);
    expect(agreement.sections[1]?.extensions).toEqual({ absoluteSendTime: 2, mid: 4 });
  });

  test.each([
    [14, { transportWideSequenceNumber: 14 }],
    [15, {}],
    [16, {}],
    [255, {}],
    [256, {}],
  ])("what is sent has no extension that needs two bytes for its id: %i", (id, expected) => {
    const line = /a=extmap:\d+ (.*transport-wide.*)/;
    const { agreement } = answerChanged("chromium-play", line, `a=extmap:${id} $1`);
    const {
      mid: _mid,
      absoluteSendTime: _time,
      ...extensions
    } = agreement.sections.find(({ kind }) => kind === "audio")?.extensions ?? {};
    expect(extensions).toEqual(expected);
  });

  test("a publisher's browser turns the picture itself", () => {
    expect(readSdpFixture("chromium-publish")).toContain("urn:3gpp:video-orientation");
    expect(formatSdp(answerFixture("chromium-publish").answer)).not.toContain("video-orientation");
  });

  test("simulcast is refused if it is off, or layers could not be told apart", () => {
    const off = answerFixture("chromium-simulcast", { isSimulcastOn: false });
    expect(formatSdp(off.answer)).not.toMatch(/a=(?:rid|simulcast)/);
    const blind = answerChanged("chromium-simulcast", /a=extmap:10 .*\r\n/, "");
    expect(blind.agreement.sections[1]?.rids).toEqual([]);
  });

  test("simulcast takes of each stream the layer in the chosen format", () => {
    const { answer, agreement } = answerChanged(
      "chromium-simulcast",
      /a=rid:h send[\s\S]*h;m;l/,
      [
        "a=rid:h send pt=96;max-width=1280",
        "a=rid:h2 send pt=96,108;max-width=1280",
        "a=rid:m send pt=108",
        "a=rid:l send pt=96",
        "a=simulcast:send h,h2;~m;l",
      ].join("\r\n"),
    );
    expect(agreement.sections[1]?.rids).toEqual(["h2", "m"]);
    const lines = linesOf(formatSdp(answer)).filter((line) => /^a=(?:rid|simulcast)/.test(line));
    expect(lines).toEqual([
      "a=rid:h2 recv pt=108;max-width=1280",
      "a=rid:m recv pt=108",
      "a=simulcast:recv h2;m",
    ]);
  });

  test("no two formats of a bundle have one payload type", () => {
    expect(() => answerChanged("ffmpeg-8", /\b106\b/g, "111", true)).toThrow("same payload type");
  });
});

describe("transport", () => {
  test.each([
    ["actpass", "passive", "passive"],
    ["actpass", "active", "active"],
    ["active", "active", "passive"],
    ["passive", "passive", "active"],
  ] as const)("setup:%s and own %s become %s", (offered, own, expected) => {
    const text = readSdpFixture("srs-whip").replaceAll("setup:actpass", `setup:${offered}`);
    const { answer, agreement } = answerOffer(parseSdp(text), { ...PUBLISH_TERMS, setup: own });
    expect(agreement.setup).toBe(expected);
    expect(agreement.remoteSetup).not.toBe(expected);
    expect(
      linesOf(formatSdp(answer)).filter((line) => line === `a=setup:${expected}`),
    ).toHaveLength(2);
  });

  test("candidates are for UDP and TCP, IPv4 and IPv6", () => {
    const candidates = hostCandidates([
      { transport: "udp", address: "192.0.2.1", port: 8_000 },
      { transport: "udp", address: "2001:db8::1", port: 8_000 },
      { transport: "tcp", address: "192.0.2.1", port: 8_000 },
    ]);
    const lines = sectionLines(answerFixture("srs-whip", { candidates }), 1).slice(-4);
    expect(lines).toEqual([
      "a=candidate:0 1 udp 2130706431 192.0.2.1 8000 typ host generation 0",
      "a=candidate:1 1 udp 2130706175 2001:db8::1 8000 typ host generation 0",
      "a=candidate:2 1 tcp 1520434687 192.0.2.1 8000 typ host tcptype passive generation 0",
      "a=end-of-candidates",
    ]);
  });

  test("a player gets one MediaStream whose name has no blank", () => {
    const { answer } = answerFixture("srs-whep", { streamId: "live/caf\u00e9 \r\na=x:1" });
    const lines = linesOf(formatSdp(answer));
    expect(lines).toContain("a=msid:live-caf----a-x-1 live-caf----a-x-1-video");
    expect(lines).toContain("a=ssrc:289080545 msid:live-caf----a-x-1 live-caf----a-x-1-video");
    expect(lines).toContain("a=ssrc:289080544 msid:live-caf----a-x-1 live-caf----a-x-1-audio");
    expect(lines).toContain("a=ssrc-group:FID 289080545 289080546");
    expect(
      new Set(lines.filter((line) => line.includes(" cname:")).map((l) => l.slice(-3))),
    ).toEqual(new Set(["x49"]));
  });

  test.each([
    [/a=ice-ufrag:.*\r\n|a=ice-pwd:.*\r\n/g, "", "no a=ice-ufrag"],
    [/a=fingerprint:.*\r\n/g, "", "no a=fingerprint"],
    [/sha-256 (?:..:){12}/g, "sha-1 ", "no fingerprint of sha-256, but of sha-1"],
    [/a=rtcp-mux\r\n/, "", "no a=rtcp-mux in the m-section of audio"],
    [/a=group:BUNDLE.*\r\n/, "", "no a=group:BUNDLE"],
    [/BUNDLE 0 1/, "BUNDLE 0", "m-section of video is not in a=group:BUNDLE"],
    [/a=extmap-allow-mixed/, "a=ice-lite", "both sides are ice-lite"],
    [/UDP\/TLS\/RTP\/SAVPF/g, "RTP/AVP", "no m-section sends audio or video"],
  ] as const)("without %s says why", (from, to, message) => {
    const change = () => answerChanged("srs-whip", from, to, from.global);
    expect(change).toThrow(ProtocolError);
    expect(change).toThrow(message);
  });

  test.each([
    ["a=ice-ufrag:aBcD", "a=ice-ufrag:a", "line 11"],
    ["a=ice-ufrag:aBcD", "a=ice-ufrag:aBcD a=x", "line 11"],
    ["a=ice-ufrag:aBcD\r\n", "", "no a=ice-ufrag beside it"],
    ["a=ice-pwd:abcdefghijklmnopqrstuvwx\r\n", "", "no a=ice-pwd beside it"],
    ["a=ice-pwd:abcdefghijklmnopqrstuvwx", "a=ice-pwd:short", "line 12"],
    ["sha-256 A5", "sha-256 G5", "line 14"],
    ["sha-256 A5:", "sha-256 ", "not the 32 bytes of sha-256"],
    ["a=setup:actpass", "a=setup:holdconn", "line 15"],
    ["a=mid:0", "a=mid:0 1", "line 16"],
    ["a=mid:0", "a=mid:", "line 16"],
    ["a=mid:0", "a=mid:1", "the name of another section"],
    ["a=mid:0", `a=mid:${"x".repeat(65)}`, "line 16"],
    ["a=extmap:1 ", "a=extmap:0 ", "line 17"],
    ["a=extmap:1 ", "a=extmap:1/up ", "line 17"],
    ["a=rtpmap:111 opus/48000/2", "a=rtpmap:111 opus", "line 23"],
    ["a=rtpmap:111 opus/48000/2", "a=rtpmap:111", "line 23"],
    ["a=rtpmap:111 ", "a=rtpmap:128 ", "line 23"],
    ["a=ssrc:1111 cname", "a=ssrc:4294967296 cname", "line 31"],
    ["FID 2222", "FID x", "line 77"],
  ])("with %s changed to %s says where", (from, to, message) => {
    const change = () => answerChanged("srs-whip", from, to);
    expect(change).toThrow(MalformedError);
    expect(change).toThrow(message);
  });
});

describe("hostile offers", () => {
  test("break out of no line of the answer", () => {
    const text = readSdpFixture("chromium-simulcast");
    for (const bytes of noise(1_500, 6)) {
      const at = ((bytes[0] ?? 0) * 256 + (bytes[1] ?? 0)) % text.length;
      const inserted = String.fromCharCode(...bytes.map((byte) => byte & 0x7f));
      const changed = text.slice(0, at) + inserted + text.slice(at);
      try {
        const { answer } = answerOffer(parseSdp(changed), PUBLISH_TERMS);
        expect(parseSdp(formatSdp(answer)).sections).toHaveLength(answer.sections.length);
      } catch (error) {
        expect(error instanceof MalformedError || error instanceof ProtocolError).toBe(true);
      }
    }
  });

  test("with as many lines as there may be are answered at once", () => {
    const text = readSdpFixture("srs-whip");
    const room = 4_096 - linesOf(text).length;
    const start = performance.now();
    for (const [index, line] of [
      "a=rtcp-fb:106 nack x",
      "a=fmtp:106 a=b;c=d",
      "a=extmap:1 urn:x",
      "a=candidate:1 1 udp 1 192.0.2.1 1 typ host",
      "a=ssrc:2222 cname:x",
      "a=ssrc-group:FID 1 2",
      "a=x",
    ].entries()) {
      const many = Array.from({ length: room }, (_, i) => `${line}${index === 0 ? i : ""}`);
      answerOffer(parseSdp(`${text}${many.join("\r\n")}\r\n`), PUBLISH_TERMS);
    }
    expect(performance.now() - start).toBeLessThan(1_500);
    const sources = Array.from({ length: 65 }, (_, index) => `a=ssrc:${index} cname:x\r\n`).join(
      "",
    );
    expect(() => answerOffer(parseSdp(text + sources), PUBLISH_TERMS)).toThrow(MalformedError);
  });
});
