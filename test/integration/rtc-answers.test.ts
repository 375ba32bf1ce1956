/**
 * Goal: Chromium takes the answers that its offers are given, and does what they say.
 *
 * Method: a page makes offers of every kind, this process answers them, and the page's connection
 * tells what became of its transceivers. Nothing is connected: no port is opened.
 */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatSdp } from "../../src/codec/sdp/format-sdp.ts";
import { parseSdp } from "../../src/codec/sdp/parse-sdp.ts";
import { answerOffer } from "../../src/protocols/rtc/negotiation/answer.ts";
import type { AnswerTerms } from "../../src/protocols/rtc/negotiation/local-terms.ts";
import { createOffer } from "../../src/protocols/rtc/negotiation/offer.ts";
import { readAnswer } from "../../src/protocols/rtc/negotiation/read-answer.ts";
import { PLAY_TERMS, PUBLISH_TERMS } from "../protocols/rtc/negotiation/terms.ts";
import { launchChromium } from "../support/chromium.ts";

/** What the page does, in its own words: the types of a browser are not at hand here. */
const PAGE = `
  async function makeOffer({ direction, rids = [], bundlePolicy = "balanced" }) {
    globalThis.peer = new RTCPeerConnection({ bundlePolicy });
    globalThis.streams = [];
    peer.ontrack = ({ streams: all, track }) => {
      streams.push(all.map(({ id }) => id).join() + " " + track.kind);
    };
    peer.addTransceiver("audio", { direction });
    peer.addTransceiver("video", { direction, sendEncodings: rids.map((rid) => ({ rid })) });
    await peer.setLocalDescription();
    return peer.localDescription.sdp;
  }
  async function takeAnswer(sdp) {
    await peer.setRemoteDescription({ type: "answer", sdp });
    const senders = peer.getTransceivers().map(({ mid, currentDirection, sender }) => {
      const { codecs, encodings } = sender.getParameters();
      const name = codecs.length === 0 ? "" : " " + codecs[0].mimeType;
      return { name: mid + " " + currentDirection + name, encodings };
    });
    peer.close();
    return {
      transceivers: senders.map(({ name }) => name),
      streams,
      layers: senders.flatMap(({ encodings }) => encodings).flatMap(({ rid }) => rid ?? []),
    };
  }
  async function answer(sdp) {
    const peer = new RTCPeerConnection();
    await peer.setRemoteDescription({ type: "offer", sdp });
    for (const transceiver of peer.getTransceivers()) transceiver.direction = "sendrecv";
    await peer.setLocalDescription();
    const text = peer.localDescription.sdp;
    peer.close();
    return text;
  }
`;

interface OfferedTransceivers {
  readonly direction: "sendonly" | "recvonly";
  readonly rids?: readonly string[];
  readonly bundlePolicy?: "balanced" | "max-bundle";
}

/** What became of it. */
interface TakenAnswer {
  /** Such as `0 sendonly audio/opus`; those that were refused are gone. */
  readonly transceivers: readonly string[];
  /** The stream's name and the kind of each track that came. */
  readonly streams: readonly string[];
  readonly layers: readonly string[];
}

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await launchChromium();
  page = await browser.newPage();
  await page.addScriptTag({ content: PAGE });
});

afterAll(async () => {
  await browser?.close();
});

async function negotiate(offered: OfferedTransceivers, terms: AnswerTerms): Promise<TakenAnswer> {
  const offer: string = await page.evaluate(`makeOffer(${JSON.stringify(offered)})`);
  const answer = formatSdp(answerOffer(parseSdp(offer), terms).answer);
  return await page.evaluate(`takeAnswer(${JSON.stringify(answer)})`);
}

describe("Chromium", () => {
  test.each([
    ["h264", "video/H264"],
    ["vp8", "video/VP8"],
    ["vp9", "video/VP9"],
    ["av1", "video/AV1"],
  ] as const)("publishes %s", async (codec, mimeType) => {
    const terms = { ...PUBLISH_TERMS, video: [{ codec }] };
    const { transceivers } = await negotiate({ direction: "sendonly" }, terms);
    expect(transceivers).toEqual(["0 sendonly audio/opus", `1 sendonly ${mimeType}`]);
  });

  test("publishes with the server beginning DTLS", async () => {
    const terms = { ...PUBLISH_TERMS, setup: "active" } as const;
    const { transceivers } = await negotiate({ direction: "sendonly" }, terms);
    expect(transceivers).toEqual(["0 sendonly audio/opus", "1 sendonly video/H264"]);
  });

  test.each([
    [true, ["h", "m", "l"]],
    [false, ["h"]],
  ])("publishes layers if simulcast is on: %s", async (isSimulcastOn, expected) => {
    const offered = { direction: "sendonly", rids: ["h", "m", "l"] } as const;
    const { layers } = await negotiate(offered, { ...PUBLISH_TERMS, isSimulcastOn });
    expect(layers).toEqual(expected);
  });

  test.each(["balanced", "max-bundle"] as const)("plays, %s", async (bundlePolicy) => {
    const offered = { direction: "recvonly", bundlePolicy } as const;
    const { transceivers, streams } = await negotiate(offered, PLAY_TERMS);
    expect(transceivers).toEqual(["0 recvonly", "1 recvonly"]);
    expect(streams).toEqual(["live-livestream audio", "live-livestream video"]);
  });

  test.each(["balanced", "max-bundle"] as const)("plays one kind, %s", async (bundlePolicy) => {
    const offered = { direction: "recvonly", bundlePolicy } as const;
    const picture = await negotiate(offered, { ...PLAY_TERMS, audio: [] });
    expect(picture.transceivers).toEqual(["0 inactive", "1 recvonly"]);
    expect(picture.streams).toEqual(["live-livestream video"]);
    const sound = await negotiate(offered, { ...PLAY_TERMS, video: [] });
    expect(sound.transceivers).toEqual(["0 recvonly"]);
    expect(sound.streams).toEqual(["live-livestream audio"]);
  });

  test.each(["publish", "play"] as const)("answers our offer to %s", async (role) => {
    const terms = role === "publish" ? PLAY_TERMS : { ...PUBLISH_TERMS, sources: undefined };
    const offer = createOffer({ ...terms, role, rids: [] });
    const answer: string = await page.evaluate(`answer(${JSON.stringify(formatSdp(offer))})`);
    const { sections } = readAnswer(parseSdp(formatSdp(offer)), parseSdp(answer));
    expect(sections.map(({ codec, direction }) => `${codec} ${direction}`)).toEqual(
      role === "publish" ? ["opus sendonly", "h264 sendonly"] : ["opus recvonly", "h264 recvonly"],
    );
    expect(sections[1]?.rtxPayloadType).toBe(97);
  });
});
