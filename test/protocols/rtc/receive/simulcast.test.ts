/**
 * Goal: of several layers one stream is made, which changes only at key frames, whose time grows,
 * and which follows the target and what the sender switches on and off.
 *
 * Method: three layers of 100, 500 and 1,500 kbit/s at 25 frames a second, in virtual time.
 */

import { expect, test } from "vitest";
import { LayerSwitch } from "../../../../src/protocols/rtc/receive/layer-switch.ts";
import { SimulcastLayers } from "../../../../src/protocols/rtc/receive/simulcast-layers.ts";

const SIZES: Record<string, number> = { low: 500, middle: 2_500, high: 7_500 };
const FRAME_MS = 40;

/** A sender whose layers have key frames only when they are asked for, but for the first. */
function createSender() {
  const layers = new SimulcastLayers();
  const layerSwitch = new LayerSwitch(layers);
  const sending = new Set(Object.keys(SIZES));
  const passed: { layer: string; isKeyFrame: boolean; timeMs: number }[] = [];
  let nowMs = 0;
  const run = (frameCount: number): void => {
    for (let frame = 0; frame < frameCount; frame++, nowMs += FRAME_MS) {
      for (const layer of sending) {
        layers.packetReceived(layer, SIZES[layer] ?? 0, nowMs);
        const isKeyFrame = nowMs === 0 || layerSwitch.wanted === layer;
        // The layers' clocks are off by some milliseconds.
        const timeMs = layerSwitch.take(layer, isKeyFrame, nowMs - (layer === "high" ? 50 : 0));
        if (timeMs !== undefined) passed.push({ layer, isKeyFrame, timeMs });
      }
      layerSwitch.tick(nowMs);
    }
  };
  return { layers, layerSwitch, sending, passed, run, now: () => nowMs };
}

test("starts with what comes first, and goes to the highest", () => {
  const { layerSwitch, passed, run } = createSender();
  run(100);
  expect(layerSwitch.current).toBe("high");
  expect(new Set(passed.map((frame) => frame.layer))).toEqual(new Set(["low", "high"]));
});

test("follows a target, at key frames, with times that grow", () => {
  const { layerSwitch, passed, run } = createSender();
  for (const [target, expected] of [
    [600_000, "middle"],
    [50_000, "low"],
    ["highest", "high"],
    [2_000_000, "high"],
    [120_000, "low"],
  ] as const) {
    layerSwitch.setTarget(target);
    run(75);
    expect(layerSwitch.current).toBe(expected);
    expect(layerSwitch.wanted).toBeUndefined();
  }
  passed.forEach((frame, index) => {
    const before = passed[index - 1];
    if (before === undefined) return;
    if (frame.timeMs <= before.timeMs) expect.fail(`${frame.timeMs} after ${before.timeMs}`);
    if (frame.layer !== before.layer && !frame.isKeyFrame) expect.fail("no key frame");
  });
});

test("leaves a layer that is switched off, and comes back", () => {
  const { layers, layerSwitch, sending, run, now } = createSender();
  run(75);
  sending.delete("high");
  run(75);
  expect(layerSwitch.current).toBe("middle");
  expect(layers.layers(now()).filter((layer) => layer.isActive)).toHaveLength(2);
  sending.add("high");
  run(75);
  expect(layerSwitch.current).toBe("high");
});

test("measures the layers", () => {
  const { layers, run, now } = createSender();
  run(100);
  const bitrates = layers.layers(now()).map(({ name, bitrate }) => [name, bitrate]);
  for (const [name, bitrate] of bitrates) {
    const expected = ((SIZES[name as string] ?? 0) * 8_000) / FRAME_MS;
    expect(Math.abs((bitrate as number) / expected - 1)).toBeLessThan(0.1);
  }
});

test("stays with a layer that is a little lower than another", () => {
  const layers = new SimulcastLayers();
  for (let nowMs = 0; nowMs < 1_000; nowMs += 10) {
    layers.packetReceived("a", 100, nowMs);
    layers.packetReceived("b", 110, nowMs);
  }
  expect(layers.choose("highest", undefined, 1_000)).toBe("b");
  expect(layers.choose("highest", "a", 1_000)).toBe("a");
  expect(layers.choose("highest", "a", 5_000)).toBeUndefined();
});

test("listens to eight layers", () => {
  const layers = new SimulcastLayers();
  for (let layer = 0; layer < 100; layer++) layers.packetReceived(`${layer}`, 100, 0);
  expect(layers.layers(0)).toHaveLength(8);
});
