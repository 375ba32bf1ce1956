/**
 * Goal: WebRTC is as quick as it is for: pictures are a fraction of a second old, the first one comes at
 * once, and a network that loses, repeats and reorders stops them for no longer than it has to.
 *
 * Method: one server, one page with publishers and players; pictures with the time in them; relays that
 * treat datagrams badly, the same way on every run. With nothing beside them, as it is about time.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RtcPage, type RtcPeerOptions } from "../support/rtc-page.ts";
import { rtcConfig, startServer, type TestServer } from "../support/server.ts";
import { type UdpFaults, UdpRelay } from "../support/udp-relay.ts";

let server: TestServer;
let page: RtcPage;

beforeAll(async () => {
  server = await startServer({ config: rtcConfig });
  page = await RtcPage.open(server);
});

afterAll(async () => {
  await page?.close();
  await server?.stop();
});

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** A relay, and what makes a peer go by it alone. */
async function behindRelay(
  faults: UdpFaults,
  onTestFinished: (close: () => void) => void,
): Promise<[UdpRelay, RtcPeerOptions]> {
  const relay = await UdpRelay.start(server.ports.rtc, faults);
  onTestFinished(() => relay.close());
  const query = `&eip=127.0.0.1:${relay.port}`;
  return [relay, { query, candidates: ` 127.0.0.1 ${relay.port} ` }];
}

test("pictures are young, and the first comes at once", async () => {
  const publisher = await page.publish("young");
  const player = await page.play("young");
  const playing = await player.decode(75);
  expect(median(playing.ages)).toBeLessThan(300);
  expect(playing.frozenSeconds).toBeLessThan(1);
  for (let i = 0; i < 3; i++) {
    const late = await page.play("young");
    const { firstFrameMs } = await late.until("a picture", (now) => now.firstFrameMs !== undefined);
    expect(firstFrameMs).toBeLessThan(1_500);
    await late.stop();
  }
  expect(median((await player.figures()).ages)).toBeLessThan(300);
  await player.stop();
  await publisher.stop();
});

describe.concurrent("a bad network", () => {
  test.for([
    [1, 1],
    [5, 2],
    [20, 8],
  ])(
    "through a network that loses %i percent both ways",
    async ([lossPercent = 0, frozenSecondsMax = 0], { onTestFinished }) => {
      const stream = `loss-${lossPercent}`;
      const faults = { lossPercent, duplicatePercent: 2, jitterMs: 10 };
      const [sending, sendingOptions] = await behindRelay(faults, onTestFinished);
      const [receiving, receivingOptions] = await behindRelay(faults, onTestFinished);
      const publisher = await page.publish(stream, sendingOptions);
      const player = await page.play(stream, receivingOptions);
      const before = await player.decode(1);
      const after = await player.decode(200);
      expect(Math.min(sending.lostCount, receiving.lostCount)).toBeGreaterThan(0);
      expect(after.frozenSeconds - before.frozenSeconds).toBeLessThan(frozenSecondsMax);
      if (lossPercent >= 5) {
        expect(after.nacks).toBeGreaterThan(0);
        expect(after.repaired).toBeGreaterThan(0);
        const { sentNacks, sentAgain } = await publisher.figures();
        expect(sentNacks).toBeGreaterThan(0);
        expect(sentAgain).toBeGreaterThan(0);
      }
      await player.stop();
      await publisher.stop();
    },
  );
});
