/**
 * Goal: packagers begin with what can be decoded, with all tracks that there are, and learn of changes
 * where these can take effect.
 *
 * Method: frames in, and what the gate says behind it written down as a sentence.
 */

import { describe, expect, test } from "vitest";
import type { Frame } from "../../../src/live/frame.ts";
import type { StreamDescription, Track } from "../../../src/live/track.ts";
import { type FrameSink, TrackGate } from "../../../src/services/packager/track-gate.ts";
import { AAC, AAC_44, H264, H264_OTHER, picture, sound } from "../../support/packaging-frames.ts";

class Sink implements FrameSink {
  text = "";

  begin({ video, audio }: StreamDescription, first: Frame, ageMs: number): void {
    const tracks = [video && "v", audio && "a"].filter(Boolean).join("+");
    this.text += `begin(${tracks}@${first.dtsMs}${ageMs === 0 ? "" : ` ${ageMs} ago`}) `;
  }

  frame({ track, dtsMs, isKeyFrame }: Frame): void {
    const isKey = track.kind === "video" && isKeyFrame;
    this.text += `${track.kind[0]}${dtsMs}${isKey ? "!" : ""} `;
  }

  end(): void {
    this.text += "end ";
  }

  /** What has come since the last call. */
  news(): string {
    const { text } = this;
    this.text = "";
    return text.trim();
  }
}

interface Stage {
  readonly sink: Sink;
  readonly gate: TrackGate;
  readonly warnings: number[];
}

function start(tracks: readonly Track[] = [H264, AAC], isReady = true): Stage {
  const sink = new Sink();
  const warnings: number[] = [];
  const gate = new TrackGate(
    sink,
    ({ codec }) => codec !== "g711a",
    () => void warnings.push(1),
  );
  for (const track of tracks) gate.track(track);
  if (isReady) gate.ready();
  return { sink, gate, warnings };
}

const key = (ms: number, track = H264): Frame => picture(ms, { isKeyFrame: true, track });

describe("the beginning", () => {
  test("is a key frame; what comes before it is let go", () => {
    const { sink, gate } = start();
    for (const frame of [sound(0), picture(10), sound(20), key(50), sound(40), picture(90)]) {
      gate.frame(frame);
    }
    expect(sink.news()).toBe("begin(v+a@50) v50! a40 v90");
    expect(gate.droppedFrames).toBe(3);
  });

  test("is any frame where there is no video", () => {
    const { sink, gate } = start([AAC]);
    gate.frame(sound(0));
    expect(sink.news()).toBe("begin(a@0) a0");
  });

  test("waits until it is known what there is, and says how old its frame is by then", () => {
    const { sink, gate } = start([H264], false);
    for (const frame of [key(0), picture(40), picture(900)]) gate.frame(frame);
    expect(sink.news()).toBe("");
    gate.track(AAC);
    gate.ready();
    gate.frame(sound(920));
    expect(sink.news()).toBe("begin(v+a@0 900 ago) v0! v40 v900 a920");
  });

  test("does not wait for ever where too much comes", () => {
    const { sink, gate } = start([H264], false);
    gate.frame(key(0));
    for (let i = 1; i < 4_097; i++) gate.frame(picture(i));
    expect(sink.news()).toMatch(/^begin\(v@0 4096 ago\) v0! v1 /);
  });

  test("is 15 s later where there are no key frames, and said so once", () => {
    const { sink, gate, warnings } = start();
    for (let ms = 0; ms < 15_000; ms += 100) gate.frame(picture(ms));
    expect(sink.news()).toBe("");
    gate.frame(sound(15_010));
    expect(sink.news()).toBe("begin(v+a@15010) a15010");
    expect(warnings).toHaveLength(1);
  });

  test("is not hastened by frames of two tracks that come a little out of order", () => {
    const { sink, gate } = start();
    for (const frame of [picture(100), sound(80), picture(60), sound(0)]) gate.frame(frame);
    expect(sink.news()).toBe("");
    gate.frame(key(140));
    expect(sink.news()).toBe("begin(v+a@140) v140!");
  });

  test("does not wait for timestamps that have begun anew to come where they were", () => {
    const { sink, gate } = start();
    for (const frame of [picture(100_000), picture(100_040), picture(0)]) gate.frame(frame);
    expect(sink.news()).toBe("begin(v+a@0) v0");
  });

  test("leaves out what cannot be packaged", () => {
    const other: Track = { ...AAC, codec: "g711a" };
    const { sink, gate } = start([H264, other]);
    for (const frame of [key(0), sound(20, { track: other }), picture(40)]) gate.frame(frame);
    expect(sink.news()).toBe("begin(v@0) v0! v40");
  });
});

describe("a change", () => {
  test("of the video takes effect with its first key frame", () => {
    const { sink, gate } = start();
    gate.frame(key(0));
    gate.track(H264_OTHER);
    const others = [picture(40, { track: H264_OTHER }), sound(50), key(80, H264_OTHER), sound(90)];
    for (const frame of others) gate.frame(frame);
    expect(sink.news()).toBe("begin(v+a@0) v0! a50 begin(v+a@80) v80! a90");
  });

  test("of the audio takes effect with the next key frame of the video", () => {
    const { sink, gate } = start();
    gate.frame(key(0));
    gate.track(AAC_44);
    for (const frame of [sound(20, { track: AAC_44 }), picture(40), key(80)]) gate.frame(frame);
    gate.frame(sound(90, { track: AAC_44 }));
    expect(sink.news()).toBe("begin(v+a@0) v0! v40 begin(v+a@80) v80! a90");
  });

  test("of what there is, when a track comes late", () => {
    const { sink, gate } = start([H264]);
    gate.frame(key(0));
    gate.track(AAC);
    for (const frame of [sound(20), picture(40), key(80), sound(90)]) gate.frame(frame);
    expect(sink.news()).toBe("begin(v@0) v0! v40 begin(v+a@80) v80! a90");
  });

  test("that is none is not taken for one", () => {
    const { sink, gate } = start();
    gate.frame(key(0));
    gate.track(H264);
    gate.track(AAC);
    gate.frame(key(40));
    expect(sink.news()).toBe("begin(v+a@0) v0! v40!");
  });
});

describe("the end", () => {
  test("lets out what was held back, and forgets what the stream was made of", () => {
    const { sink, gate } = start([H264], false);
    gate.frame(key(0));
    gate.end();
    expect(sink.news()).toBe("begin(v@0) v0! end");
    gate.track(AAC);
    gate.ready();
    gate.frame(sound(10));
    expect(sink.news()).toBe("begin(a@10) a10");
  });

  test("of what has not begun is nothing", () => {
    const { sink, gate } = start();
    gate.frame(picture(0));
    gate.end();
    gate.end();
    expect(sink.news()).toBe("");
  });
});
