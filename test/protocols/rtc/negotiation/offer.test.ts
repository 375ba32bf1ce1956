/**
 * Goal: a client of this program and its server agree, and a client agrees with SRS and with others.
 *
 * Method: the offer is answered by this program, and both sides must have agreed upon the same; the
 * offer's lines; SRS's answers, and answers that break the rules.
 */

import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../../../src/base/errors.ts";
import { formatSdp } from "../../../../src/codec/sdp/format-sdp.ts";
import { parseSdp } from "../../../../src/codec/sdp/parse-sdp.ts";
import { answerOffer } from "../../../../src/protocols/rtc/negotiation/answer.ts";
import {
  AUDIO_CODECS,
  VIDEO_CODECS,
} from "../../../../src/protocols/rtc/negotiation/choose-format.ts";
import { createOffer, type OfferTerms } from "../../../../src/protocols/rtc/negotiation/offer.ts";
import { readAnswer } from "../../../../src/protocols/rtc/negotiation/read-answer.ts";
import { parseSdpFixture, readSdpFixture } from "../../../support/sdp-fixture.ts";
import { PLAY_TERMS, PUBLISH_TERMS } from "./terms.ts";

const HASH = Array.from({ length: 32 }, () => "3C").join(":");

const PUBLISH_OFFER: OfferTerms = {
  role: "publish",
  ice: { ufrag: "cli1", pwd: "abcdefghijklmnopqrstuv" },
  fingerprint: { algorithm: "sha-256", value: HASH },
  candidates: [],
  video: [{ codec: "h264" }],
  audio: [{ codec: "opus" }],
  isNackOn: true,
  isTwccOn: true,
  sources: { audioSsrc: 11, videoSsrc: 22, rtxSsrc: 33, cname: "bench" },
  streamId: "bench",
  sessionId: "7",
  rids: [],
};
const PLAY_OFFER: OfferTerms = {
  ...PUBLISH_OFFER,
  role: "play",
  video: VIDEO_CODECS,
  audio: AUDIO_CODECS,
  sources: undefined,
};

describe("createOffer()", () => {
  test("offers one codec to publish, as a client that encodes nothing does", () => {
    const text = formatSdp(createOffer(PUBLISH_OFFER)).trimEnd().split("\r\n");
    expect(text.slice(0, 9)).toEqual([
      "v=0",
      "o=sluice 7 2 IN IP4 0.0.0.0",
      "s=-",
      "t=0 0",
      "a=extmap-allow-mixed",
      "a=group:BUNDLE 0 1",
      "a=msid-semantic: WMS bench",
      "m=audio 9 UDP/TLS/RTP/SAVPF 111",
      "c=IN IP4 0.0.0.0",
    ]);
    expect(text.slice(text.indexOf("m=video 9 UDP/TLS/RTP/SAVPF 96 97"))).toEqual([
      "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
      "c=IN IP4 0.0.0.0",
      "a=ice-ufrag:cli1",
      "a=ice-pwd:abcdefghijklmnopqrstuv",
      "a=ice-options:trickle",
      `a=fingerprint:sha-256 ${HASH}`,
      "a=setup:actpass",
      "a=mid:1",
      "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
      "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
      "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
      "a=sendonly",
      "a=msid:bench bench-video",
      "a=rtcp-mux",
      "a=rtcp-rsize",
      "a=rtpmap:96 H264/90000",
      "a=rtcp-fb:96 goog-remb",
      "a=rtcp-fb:96 transport-cc",
      "a=rtcp-fb:96 ccm fir",
      "a=rtcp-fb:96 nack",
      "a=rtcp-fb:96 nack pli",
      "a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
      "a=rtpmap:97 rtx/90000",
      "a=fmtp:97 apt=96",
      "a=ssrc-group:FID 22 33",
      "a=ssrc:22 cname:bench",
      "a=ssrc:22 msid:bench bench-video",
      "a=ssrc:33 cname:bench",
      "a=ssrc:33 msid:bench bench-video",
    ]);
  });

  test("offers all codecs to play", () => {
    const { sections } = createOffer(PLAY_OFFER);
    expect(sections.map(({ formats }) => formats.join(" "))).toEqual([
      "111 0 8",
      "96 97 98 99 100 101 102 103 104 105",
    ]);
    expect(formatSdp(createOffer(PLAY_OFFER))).not.toMatch(/a=(?:ssrc|msid:|rid)/);
  });

  test("offers layers", () => {
    const text = formatSdp(createOffer({ ...PUBLISH_OFFER, sources: undefined, rids: ["h", "l"] }));
    expect(text).toContain("a=rid:h send\r\na=rid:l send\r\na=simulcast:send h;l\r\n");
    expect(text).toContain("urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id");
  });

  test("offers one kind alone", () => {
    const { sections } = createOffer({ ...PLAY_OFFER, audio: [] });
    expect(sections.map(({ kind }) => kind)).toEqual(["video"]);
  });
});

describe("readAnswer()", () => {
  test.each([
    ["publish", PUBLISH_OFFER, PUBLISH_TERMS],
    ["publish layers", { ...PUBLISH_OFFER, sources: undefined, rids: ["h", "l"] }, PUBLISH_TERMS],
    ["publish AV1", { ...PUBLISH_OFFER, video: [{ codec: "av1" }] as const }, PUBLISH_TERMS],
    ["play", PLAY_OFFER, PLAY_TERMS],
    ["play without NACK", { ...PLAY_OFFER, isNackOn: false, isTwccOn: false }, PLAY_TERMS],
  ])("agrees with the server: %s", (_, offerTerms, terms) => {
    const offer = parseSdp(formatSdp(createOffer(offerTerms)));
    const { answer, agreement } = answerOffer(offer, terms);
    const own = readAnswer(offer, parseSdp(formatSdp(answer)));
    expect(own.remoteIce).toEqual({ ...terms.ice, isLite: true, canTrickle: true });
    expect(own.remoteFingerprints).toEqual([terms.fingerprint]);
    expect(own.candidates).toEqual(terms.candidates);
    expect([own.setup, own.remoteSetup]).toEqual([agreement.remoteSetup, agreement.setup]);
    const common = ({ sections }: typeof own) =>
      sections.map(({ direction: _direction, sources: _sources, ...rest }) => rest);
    expect(common(own)).toEqual(common(agreement));
    for (const [index, { direction }] of own.sections.entries()) {
      expect(direction).not.toBe(agreement.sections[index]?.direction);
    }
    const received = [...own.sections, ...agreement.sections].flatMap(({ sources }) => sources);
    const expected = terms.role === "play" ? terms.sources : offerTerms.sources;
    const ssrcs = [expected?.audioSsrc, expected?.videoSsrc].filter((ssrc) => ssrc !== undefined);
    expect(received.map(({ ssrc }) => ssrc)).toEqual(ssrcs);
  });

  test.each([
    ["srs-whip", "sendonly", []],
    ["srs-whep", "recvonly", [289_080_544, 289_080_545]],
  ])("understands what SRS answered: %s", (name, direction, ssrcs) => {
    const { sections, setup, remoteIce, candidates } = readAnswer(
      parseSdpFixture(name),
      parseSdpFixture(`${name}.answer`),
    );
    expect(sections.map(({ payloadType }) => payloadType)).toEqual([111, 106]);
    expect(sections.map((section) => section.direction)).toEqual([direction, direction]);
    expect(sections.flatMap(({ sources }) => sources.map(({ ssrc }) => ssrc))).toEqual(ssrcs);
    expect(sections[1]?.feedback).toEqual(["transport-cc", "nack", "nack pli"]);
    expect(sections[1]?.extensions).toEqual({ transportWideSequenceNumber: 3 });
    expect(setup).toBe("active");
    expect(remoteIce.isLite).toBe(true);
    expect(candidates).toHaveLength(1);
  });

  test.each([
    [/m=video[\s\S]*/, "", "other m-sections"],
    [/m=video/, "m=audio", "m-section 1 is of audio"],
    [/(m=\w+) 9/g, "$1 0", "every m-section is refused"],
    [/a=recvonly/g, "a=inactive", "every m-section is refused"],
    [/a=recvonly/g, "a=sendonly", "every m-section is refused"],
    [/\b106\b/g, "108", "its format of video was not offered"],
    [/a=rtcp-mux\r\n/, "", "no a=rtcp-mux"],
    [/a=fingerprint.*\r\n/g, "", "no a=fingerprint"],
  ])("refuses an answer with %s changed", (from, to, message) => {
    const answer = parseSdp(readSdpFixture("srs-whip.answer").replace(from, to));
    const read = () => readAnswer(parseSdpFixture("srs-whip"), answer);
    expect(read).toThrow(ProtocolError);
    expect(read).toThrow(message);
  });

  test("takes an answer that refuses one kind", () => {
    const text = readSdpFixture("srs-whip.answer").replace("m=audio 9", "m=audio 0");
    const { sections } = readAnswer(parseSdpFixture("srs-whip"), parseSdp(text));
    expect(sections.map(({ kind }) => kind)).toEqual(["video"]);
  });

  test("begins DTLS if the answer leaves the choice, which it may not", () => {
    const text = readSdpFixture("srs-whip.answer").replaceAll("setup:passive", "setup:actpass");
    expect(readAnswer(parseSdpFixture("srs-whip"), parseSdp(text)).setup).toBe("active");
  });
});
