/**
 * Goal: what a publisher's packets say becomes frames in their order with the time they had, whatever
 * the network did to them; what is missing is asked for; what is hostile costs nothing and breaks
 * nothing.
 *
 * Method: packets straight into the receiving part, in virtual time, and what comes out: frames to a
 * list, feedback read as the publisher would.
 */

import { describe, expect, test } from "vitest";
import { encodeBase64 } from "../../../src/base/base64.ts";
import { encodeHeaderExtension } from "../../../src/codec/rtp/header-extension.ts";
import { encodeRtpPacket } from "../../../src/codec/rtp/rtp-packet.ts";
import { encodeRtxPayload } from "../../../src/codec/rtp/rtx.ts";
import { PPS, SPS } from "../../remux/mpegts/tracks.ts";
import { IDR, NON_IDR, SOUND } from "../../support/memory-rtc.ts";
import { noise } from "../../support/noise.ts";
import {
  AUDIO,
  keyFrame,
  Publishing,
  packet,
  RTX_SSRC,
  SOUND_SSRC,
  SSRC,
  VIDEO,
} from "../../support/published-media.ts";
import { createRandom } from "../../support/seeded-random.ts";

describe("frames", () => {
  test("come at once, with the time of both sources", () => {
    const publishing = new Publishing();
    publishing.take(...keyFrame(10, { timestamp: 90_000 }));
    publishing.take(
      packet(1, { payload: SOUND, payloadType: 111, ssrc: SOUND_SSRC, timestamp: 480 }),
    );
    publishing.pass(40);
    publishing.take(packet(12, { timestamp: 90_000 + 3_600 }));
    publishing.take(
      packet(2, { payload: SOUND, payloadType: 111, ssrc: SOUND_SSRC, timestamp: 480 + 1_920 }),
    );
    expect(publishing.tracks.map(({ codec }) => codec)).toEqual(["h264", "opus"]);
    const [first = 0] = publishing.frames.map(({ dtsMs }) => dtsMs);
    expect(publishing.frames.map(({ track, dtsMs }) => `${track.codec} ${dtsMs - first}`)).toEqual([
      "h264 0",
      "opus 0",
      "h264 40",
      "opus 40",
    ]);
  });

  test("do not begin before a key frame, which is asked for at once and then every half second", () => {
    const publishing = new Publishing();
    publishing.take(packet(10));
    publishing.pass(10);
    expect(publishing.feedback("pli")).toEqual([{ type: "pli", senderSsrc: 7, mediaSsrc: SSRC }]);
    for (let i = 1; i <= 10; i++) {
      publishing.take(packet(10 + i, { timestamp: i * 9_000 }));
      publishing.pass(100);
    }
    expect(publishing.feedback("pli")).toHaveLength(3);
    expect(publishing.frames).toEqual([]);
    publishing.take(...keyFrame(21, { timestamp: 99_000 }));
    publishing.pass(1_000);
    expect(publishing.feedback("pli")).toHaveLength(3);
    expect(publishing.frames).toHaveLength(1);
  });

  test("come in order of their numbers, beyond 65,535 too", () => {
    const publishing = new Publishing();
    const packets = [...keyFrame(65_534), packet(65_536, { timestamp: 3_600 })];
    packets.push(packet(65_537, { timestamp: 7_200 }));
    const [first, ...others] = packets;
    publishing.take(first ?? new Uint8Array(), ...others.reverse());
    expect(publishing.pictures).toBe("I0 P40 P80");
  });

  test("come once each, though packets come twice", () => {
    const publishing = new Publishing();
    const packets = [...keyFrame(10), packet(12, { timestamp: 3_600 })];
    publishing.take(...packets.flatMap((one) => [one, one]), ...packets);
    expect(publishing.pictures).toBe("I0 P40");
  });

  test("are dropped from what is lost to the next key frame", () => {
    const publishing = new Publishing();
    publishing.take(...keyFrame(10), packet(12, { timestamp: 3_600 }));
    publishing.take(packet(14, { timestamp: 10_800 }));
    publishing.pass(1_000);
    publishing.take(packet(15, { timestamp: 14_400 }));
    publishing.pass(10);
    expect(publishing.feedback("pli").length).toBeGreaterThan(0);
    publishing.take(...keyFrame(16, { timestamp: 18_000 }));
    expect(publishing.pictures.replaceAll(/\d+/g, "")).toBe("I P I");
  });

  test("come though parameter sets are in the description alone", () => {
    const sets = [SPS, PPS].map(encodeBase64).join(",");
    const fmtp = `packetization-mode=1;sprop-parameter-sets=${sets};profile-level-id=4d401e`;
    const publishing = new Publishing({ sections: [{ ...VIDEO, fmtp }] });
    publishing.take(packet(10, { payload: IDR }), packet(11, { timestamp: 3_600 }));
    expect(publishing.pictures).toBe("I0 P40");
  });

  test.each(["", ",", "!,!", `${"AAAA,".repeat(50_000)}`])(
    "wait for parameter sets that are none in the description",
    (sets) => {
      const fmtp = `sprop-parameter-sets=${sets}`;
      const publishing = new Publishing({ sections: [{ ...VIDEO, fmtp }] });
      publishing.take(packet(10, { payload: IDR }));
      expect(publishing.pictures).toBe("");
      publishing.take(...keyFrame(11, { timestamp: 3_600 }));
      expect(publishing.pictures).toBe("I40");
    },
  );

  test("of a payload type that is to be dropped are dropped", () => {
    const publishing = new Publishing({ droppedPayloadType: 96 });
    publishing.take(...keyFrame(10));
    expect(publishing.frames).toEqual([]);
  });
});

describe("what is missing", () => {
  test("is asked for, and what comes again fills the gap", () => {
    const publishing = new Publishing({
      sections: [AUDIO, { ...VIDEO, sources: [{ ssrc: SSRC, rtxSsrc: RTX_SSRC, cname: "x" }] }],
    });
    publishing.take(...keyFrame(10), packet(13, { timestamp: 7_200 }));
    publishing.pass(20);
    expect(publishing.feedback("nack")).toMatchObject([
      { senderSsrc: 7, mediaSsrc: SSRC, sequenceNumbers: [12] },
    ]);
    const payload = encodeRtxPayload(12, NON_IDR);
    publishing.take(packet(500, { payload, timestamp: 3_600, payloadType: 97, ssrc: RTX_SSRC }));
    expect(publishing.pictures).toBe("I0 P40 P80");
    publishing.pass(500);
    expect(publishing.feedback("nack")).toHaveLength(1);
    expect(publishing.media.figures).toMatchObject({ nackedPackets: 1, keyFrameRequests: 0 });
  });

  test("is known by what is missing, where nobody said whose retransmissions they are", () => {
    const publishing = new Publishing();
    publishing.take(...keyFrame(10), packet(13, { timestamp: 7_200 }));
    publishing.pass(20);
    const payload = encodeRtxPayload(12, NON_IDR);
    publishing.take(packet(1, { payload, timestamp: 3_600, payloadType: 97, ssrc: 0x9999 }));
    expect(publishing.pictures).toBe("I0 P40 P80");
  });

  test("is not asked for where that is off, was not agreed on, or is paused", () => {
    const off = new Publishing({ isNackOn: false });
    const refused = new Publishing({ sections: [{ ...VIDEO, feedback: [] }] });
    const paused = new Publishing();
    paused.media.isNackPaused = true;
    for (const publishing of [off, refused, paused]) {
      publishing.take(...keyFrame(10), packet(13, { timestamp: 7_200 }));
      publishing.pass(100);
      expect(publishing.feedback("nack")).toEqual([]);
    }
  });

  test("of sound is not asked for again and again: what comes goes on", () => {
    const publishing = new Publishing();
    const sound = { payload: SOUND, payloadType: 111, ssrc: SOUND_SSRC };
    publishing.take(packet(1, { ...sound, timestamp: 0 }));
    publishing.take(packet(3, { ...sound, timestamp: 1_920 }));
    publishing.pass(50);
    expect(publishing.frames).toHaveLength(2);
    expect(publishing.feedback("nack")).toEqual([]);
  });
});

describe("reports", () => {
  test("come every second, and tell of losses and of the sender's report", () => {
    const publishing = new Publishing();
    publishing.take(...keyFrame(10), packet(13, { timestamp: 7_200 }));
    publishing.rtcp({
      ...{ type: "sender-report", ssrc: SSRC, ntpSeconds: 3_900_000_000, ntpFraction: 0x8000_0000 },
      ...{ rtpTimestamp: 7_200, packetCount: 3, octetCount: 100, reports: [] },
    });
    publishing.pass(1_000);
    const [report] = publishing.feedback("receiver-report");
    expect(report).toMatchObject({
      ssrc: 7,
      reports: [{ ssrc: SSRC, fractionLost: 64, cumulativeLost: 1, highestSequenceNumber: 13 }],
    });
    // The middle of NTP time, and a second of 65,536 parts since.
    const block = report?.reports[0];
    expect(block?.lastSenderReport).toBe((((3_900_000_000 & 0xffff) << 16) >>> 0) + 0x8000);
    expect(block?.delaySinceLastSenderReport).toBeGreaterThanOrEqual(65_000);
    expect(publishing.feedback("source-description")).toHaveLength(1);
    expect(publishing.media.figures).toMatchObject({ lostPackets: 1, lossRate: 0.25 });
    publishing.pass(3_000);
    expect(publishing.feedback("receiver-report")).toHaveLength(4);
  });

  test("stand before feedback, unless it may come alone", () => {
    const whole = new Publishing({ sections: [{ ...VIDEO, isReducedSizeRtcp: false }] });
    const reduced = new Publishing();
    for (const publishing of [whole, reduced]) {
      publishing.take(packet(10));
      publishing.pass(10);
    }
    expect(whole.compounds[0]?.map(({ type }) => type)).toEqual(["receiver-report", "pli"]);
    expect(reduced.compounds[0]?.map(({ type }) => type)).toEqual(["pli"]);
  });

  test("of arrivals come if packets are numbered, and stop when there is no time for them", () => {
    const publishing = new Publishing();
    const numbered = (number: number) =>
      encodeRtpPacket(
        { isMarked: true, payloadType: 96, sequenceNumber: number, timestamp: 0, ssrc: SSRC },
        NON_IDR,
        encodeHeaderExtension([{ id: 3, value: Uint8Array.of(0, number) }]),
      );
    publishing.take(numbered(1), numbered(3));
    publishing.pass(200);
    const [feedback] = publishing.feedback("transport-feedback");
    expect(feedback).toMatchObject({ senderSsrc: 7, mediaSsrc: SSRC, baseSequenceNumber: 1 });
    expect(feedback?.arrivals.map((one) => one !== undefined)).toEqual([true, false, true]);
    publishing.media.isTwccPaused = true;
    publishing.take(numbered(4));
    publishing.pass(200);
    expect(publishing.feedback("transport-feedback")).toHaveLength(1);
    expect(publishing.feedback("remb")).toEqual([]);
  });

  test("say a bitrate where arrivals are not reported", () => {
    const publishing = new Publishing({ isTwccOn: false });
    publishing.take(...keyFrame(10));
    publishing.pass(2_000);
    expect(publishing.feedback("remb")[0]).toMatchObject({ senderSsrc: 7, ssrcs: [SSRC] });
  });

  test("ask by FIR where PLI was not agreed on, with a number that stays in repetitions", () => {
    const publishing = new Publishing({ sections: [{ ...VIDEO, feedback: ["ccm fir"] }] });
    publishing.take(packet(10));
    publishing.pass(600);
    publishing.take(...keyFrame(11, { timestamp: 54_000 }));
    publishing.pass(500);
    publishing.media.requestKeyFrame();
    const numbers = publishing.feedback("fir").map(({ entries }) => entries);
    expect(numbers).toEqual([1, 1, 2].map((sequenceNumber) => [{ ssrc: SSRC, sequenceNumber }]));
  });
});

describe("key frames", () => {
  test("are asked for when a viewer needs one, not more often than every half second", () => {
    const publishing = new Publishing();
    publishing.take(...keyFrame(10));
    publishing.pass(1_000);
    for (let i = 0; i < 49; i++) {
      publishing.media.requestKeyFrame();
      publishing.pass(10);
    }
    expect(publishing.feedback("pli")).toHaveLength(1);
  });

  test("are asked for in any case, if that is set", () => {
    const publishing = new Publishing({ keyFramePeriodMs: 2_000 });
    publishing.take(...keyFrame(10));
    publishing.pass(1_900);
    expect(publishing.feedback("pli")).toHaveLength(0);
    publishing.pass(200);
    expect(publishing.feedback("pli")).toHaveLength(1);
  });
});

describe("a source", () => {
  test("of another SSRC goes on with what the one before did", () => {
    const publishing = new Publishing();
    publishing.take(...keyFrame(10), packet(12, { timestamp: 3_600 }));
    publishing.pass(80);
    publishing.take(...keyFrame(40_000, { ssrc: 0x5000, timestamp: 1_000_000 }));
    publishing.pass(40);
    publishing.take(packet(40_002, { ssrc: 0x5000, timestamp: 1_003_600 }));
    const times = publishing.frames.map(({ dtsMs }) => dtsMs);
    expect(publishing.pictures.replaceAll(/\d+/g, "")).toBe("I P I P");
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    expect((times[2] ?? 0) - (times[0] ?? 0)).toBeLessThan(500);
    publishing.pass(1_000);
    const [report] = publishing.feedback("receiver-report").slice(-1);
    expect(report?.reports.map(({ ssrc }) => ssrc)).toEqual([0x5000]);
  });

  test("that says goodbye is reported on no more, and may come again", () => {
    const publishing = new Publishing();
    publishing.take(...keyFrame(10));
    publishing.rtcp({ type: "bye", ssrcs: [SSRC, 99] });
    publishing.pass(1_000);
    expect(publishing.feedback("receiver-report")[0]?.reports).toEqual([]);
    publishing.take(...keyFrame(20, { timestamp: 90_000 }));
    expect(publishing.frames).toHaveLength(2);
  });

  test("that was not agreed on is not listened to", () => {
    const publishing = new Publishing();
    publishing.take(packet(1, { payloadType: 100 }), packet(1, { payloadType: 97 }));
    publishing.pass(1_000);
    expect(publishing.feedback("receiver-report")[0]?.reports).toEqual([]);
    expect(publishing.feedback("pli")).toEqual([]);
  });
});

describe("hostile packets", () => {
  test("noise is nothing", () => {
    const publishing = new Publishing();
    for (const bytes of noise(2_000, 200)) {
      publishing.media.rtp(bytes, publishing.clock.monotonicMs());
      publishing.media.rtcp(bytes, publishing.clock.monotonicMs());
    }
    publishing.pass(1_000);
    expect(publishing.pictures).toBe("");
  });

  test("a key frame that is damaged anywhere harms nothing that comes after", () => {
    const publishing = new Publishing();
    const random = createRandom(5);
    publishing.take(...keyFrame(10));
    for (let i = 0; i < 3_000; i++) {
      const bytes = packet(12 + i, {
        payload: Uint8Array.from({ length: 1 + random(60) }, () => random(256)),
        timestamp: i * 900,
        isMarked: random(2) === 0,
      });
      publishing.take(bytes);
      if (i % 10 === 0) publishing.pass(10);
    }
    publishing.take(...keyFrame(3_012, { timestamp: 2_700_000 }));
    publishing.pass(200);
    publishing.take(...keyFrame(3_014, { timestamp: 2_703_600 }));
    expect(publishing.frames.at(-1)?.isKeyFrame).toBe(true);
  });

  test("ever new sources are bounded", () => {
    const publishing = new Publishing({
      sections: [{ ...VIDEO, rids: Array.from({ length: 50 }, (_, i) => `r${i}`) }],
    });
    for (let i = 0; i < 500; i++) publishing.take(packet(i, { ssrc: i, rid: `r${i % 50}` }));
    publishing.pass(1_000);
    const reports = publishing.feedback("receiver-report").flatMap((one) => one.reports);
    expect(reports.length).toBeLessThanOrEqual(12);
  });

  test("an end with packets still missing leaves no timer", () => {
    const publishing = new Publishing();
    publishing.take(...keyFrame(10), packet(14));
    publishing.media.close();
    expect(publishing.clock.timerCount).toBe(0);
  });
});
