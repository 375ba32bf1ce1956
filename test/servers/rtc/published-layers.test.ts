/**
 * Goal: a picture that comes in several layers is one track, of the best that there is; each layer is
 * known by its name, is repaired, and can be had.
 *
 * Method: packets of two layers straight into the receiving part, in virtual time.
 */

import { describe, expect, test, vi } from "vitest";
import { encodeRtxPayload } from "../../../src/codec/rtp/rtx.ts";
import { PublishedSource } from "../../../src/servers/rtc/published-source.ts";
import { IDR, NON_IDR, PARAMETER_SETS, SOUND } from "../../support/memory-rtc.ts";
import {
  AUDIO,
  keyFrame,
  Publishing,
  packet,
  SOUND_SSRC,
  VIDEO,
} from "../../support/published-media.ts";

describe("layers of one picture", () => {
  const SECTIONS = [AUDIO, { ...VIDEO, rids: ["h", "l"] }];
  const LARGE = new Uint8Array(1_000);
  LARGE.set(IDR);
  const HIGH = { ssrc: 0x111, rid: "h" };
  const LOW = { ssrc: 0x222, rid: "l" };

  /** A second of both, a key frame in each frame. */
  function run(publishing: Publishing, frames: number, has = { high: true, low: true }): void {
    for (let i = 0; i < frames; i++) {
      const timestamp = Math.round(publishing.clock.monotonicMs() * 90);
      const number = 2 * Math.round(publishing.clock.monotonicMs() / 40);
      const sets = { payload: PARAMETER_SETS, isMarked: false, timestamp };
      if (has.high) {
        publishing.take(packet(number, { ...HIGH, ...sets }));
        publishing.take(packet(number + 1, { ...HIGH, payload: LARGE, timestamp }));
      }
      if (has.low) {
        publishing.take(packet(number, { ...LOW, ...sets }));
        publishing.take(packet(number + 1, { ...LOW, payload: IDR, timestamp }));
      }
      publishing.pass(40);
    }
  }
  const sizes = (publishing: Publishing) =>
    publishing.frames.map(({ payload }) => (payload.length > 500 ? "h" : "l")).join("");

  test("become one track: the larger one, once it is known", () => {
    const publishing = new Publishing({ sections: SECTIONS });
    run(publishing, 50);
    expect(publishing.frames).toHaveLength(50);
    expect(sizes(publishing)).toMatch(/^[hl]{1,30}h{20,}$/);
    const names = publishing.media.layers?.list(publishing.clock.monotonicMs());
    expect(names?.map(({ name, isActive }) => `${name} ${isActive}`)).toEqual(["h true", "l true"]);
  });

  test("the smaller one goes on when the larger one stops", () => {
    const publishing = new Publishing({ sections: SECTIONS });
    run(publishing, 50);
    run(publishing, 75, { high: false, low: true });
    expect(sizes(publishing).slice(-10)).toBe("llllllllll");
    run(publishing, 75);
    expect(sizes(publishing).slice(-10)).toBe("hhhhhhhhhh");
    const times = publishing.frames.map(({ dtsMs }) => dtsMs);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
  });

  test("a bug in what takes one of them ends that one, once", () => {
    const publishing = new Publishing({ sections: SECTIONS });
    run(publishing, 50);
    const receive = PublishedSource.prototype.packet;
    const spy = vi.spyOn(PublishedSource.prototype, "packet").mockImplementation(function (
      this: PublishedSource,
      ...args
    ) {
      if (this.layer === "h") throw new Error("a bug");
      receive.apply(this, args);
    });
    run(publishing, 60);
    expect(publishing.failedLayers).toEqual(["h"]);
    expect(sizes(publishing).slice(-10)).toBe("llllllllll");
    spy.mockImplementation(() => {
      throw new Error("a bug");
    });
    // There is no other to go on with.
    expect(() => run(publishing, 1)).toThrow("a bug");
    spy.mockRestore();
    publishing.media.close();
  });

  test("are heard by listeners, each by its name", () => {
    const publishing = new Publishing({ sections: SECTIONS });
    const heard: string[] = [];
    const listener = {
      layerFrame: (name: string) => heard.push(name),
      layerRestarted: () => heard.push("restarted"),
    };
    publishing.media.layers?.addListener(listener);
    run(publishing, 2);
    publishing.media.layers?.removeListener(listener);
    run(publishing, 2);
    expect(heard).toEqual(["h", "l", "h", "l"]);
  });

  test("sound is none of them", () => {
    const publishing = new Publishing({ sections: SECTIONS });
    publishing.take(packet(1, { payload: SOUND, payloadType: 111, ssrc: SOUND_SSRC }));
    run(publishing, 2);
    const names = publishing.media.layers?.list(publishing.clock.monotonicMs());
    expect(names?.map(({ name }) => name)).toEqual(["h", "l"]);
  });

  test("a packet without the name of its layer, or with one that was not agreed on, makes none", () => {
    const publishing = new Publishing({ sections: SECTIONS });
    publishing.take(packet(0, { ssrc: HIGH.ssrc }));
    for (let i = 0; i < 20; i++) publishing.take(packet(0, { ssrc: 0x400 + i, rid: `x${i}` }));
    run(publishing, 2);
    const names = publishing.media.layers?.list(publishing.clock.monotonicMs());
    expect(names?.map(({ name }) => name)).toEqual(["h", "l"]);
  });

  test("are repaired by the name that the repair says", () => {
    const publishing = new Publishing({ sections: SECTIONS });
    publishing.take(...keyFrame(10, HIGH), packet(13, { ...HIGH, timestamp: 7_200 }));
    publishing.pass(20);
    expect(publishing.feedback("nack")[0]).toMatchObject({ mediaSsrc: HIGH.ssrc });
    const payload = encodeRtxPayload(12, NON_IDR);
    const fields = { payload, timestamp: 3_600, payloadType: 97, ssrc: 0x7777 };
    publishing.take(packet(1, { ...fields, repairedRid: "h" }));
    expect(publishing.pictures).toBe("I0 P40 P80");
  });

  test("a viewer of one of them has that one asked for a key frame", () => {
    const publishing = new Publishing({ sections: SECTIONS });
    run(publishing, 50);
    publishing.compounds.length = 0;
    publishing.media.requestKeyFrame("l");
    expect(publishing.feedback("pli").map(({ mediaSsrc }) => mediaSsrc)).toEqual([LOW.ssrc]);
    publishing.media.requestKeyFrame();
    expect(publishing.feedback("pli").map(({ mediaSsrc }) => mediaSsrc)).toEqual([
      LOW.ssrc,
      HIGH.ssrc,
    ]);
  });

  test("may be told by SSRCs, as by older senders", () => {
    const sources = [
      { ssrc: HIGH.ssrc, rtxSsrc: undefined, cname: "x" },
      { ssrc: LOW.ssrc, rtxSsrc: undefined, cname: "x" },
    ];
    const publishing = new Publishing({ sections: [AUDIO, { ...VIDEO, sources }] });
    publishing.take(...keyFrame(10, { ssrc: HIGH.ssrc }), ...keyFrame(10, { ssrc: LOW.ssrc }));
    expect(publishing.frames).toHaveLength(1);
    const names = publishing.media.layers?.list(publishing.clock.monotonicMs());
    expect(names?.map(({ name }) => name)).toEqual([String(HIGH.ssrc), String(LOW.ssrc)]);
  });

  test("that are told by SSRCs are those that were told, and not more than eight", () => {
    const sources = Array.from({ length: 12 }, (_, i) => {
      return { ssrc: 0x500 + i, rtxSsrc: undefined, cname: "x" };
    });
    const publishing = new Publishing({ sections: [AUDIO, { ...VIDEO, sources }] });
    const heard = new Set<string>();
    const listener = {
      layerFrame: (name: string) => heard.add(name),
      layerRestarted: () => undefined,
    };
    publishing.media.layers?.addListener(listener);
    for (let i = 0; i < 100; i++) publishing.take(...keyFrame(10, { ssrc: 0x900 + i }));
    expect([...heard]).toEqual([]);
    for (const { ssrc } of sources) publishing.take(...keyFrame(10, { ssrc }));
    expect([...heard]).toEqual(sources.slice(0, 8).map(({ ssrc }) => String(ssrc)));
  });
});
