/**
 * Goal: every client gets an answer that it takes, which says what SRS's would, and more where SRS
 * gives less; and what was agreed is what the answer says.
 *
 * Method: the offers that SRS 7 was given, whose answers are known; whole answers to browsers' offers,
 * read by eye; offers changed in one line for each rule; changed at random for all that is hostile.
 */

import { describe, expect, test } from "vitest";
import { formatSdp } from "../../../../src/codec/sdp/format-sdp.ts";
import { answerOffer } from "../../../../src/protocols/rtc/negotiation/answer.ts";
import { parseSdpFixture } from "../../../support/sdp-fixture.ts";
import { PLAY_TERMS, PUBLISH_TERMS } from "./terms.ts";

const linesOf = (text: string) => text.trimEnd().split("\r\n");

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
