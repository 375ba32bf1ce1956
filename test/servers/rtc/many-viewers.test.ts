/**
 * Goal: what a stream sends comes whole and in order to every viewer, however many there are: more than
 * are served at a time, and more packets than are sent in one go.
 *
 * Method: the whole server in memory; a key frame of many packets to viewers some of whom leave and come
 * while it is sent.
 */

import { expect, test } from "vitest";
import { VIEWERS_AT_ONCE } from "../../../src/servers/rtc/rtp-broadcast.ts";
import {
  MemoryRtcPeer,
  PARAMETER_SETS,
  passRtc,
  RTC_CONFIG,
  settleRtc,
} from "../../support/memory-rtc.ts";
import { MemoryServer } from "../../support/memory-server.ts";

const SHOW = "app=live&stream=show";
const VIEWER_COUNT = 2 * VIEWERS_AT_ONCE + 1;
/** So that all viewers together get more than 2,000. */
const FRAGMENT_COUNT = 40;

const play = (server: MemoryServer, number: number): Promise<MemoryRtcPeer> =>
  MemoryRtcPeer.join(server, "play", SHOW, { name: `view${number}` });

/** Pieces of a slice of an IDR picture, each as large as a packet may be (RFC 6184, section 5.8). */
function fragments(): Uint8Array[] {
  return Array.from({ length: FRAGMENT_COUNT }, (_, i) => {
    const fragment = new Uint8Array(1_200).fill(0x80 | i);
    const flags = i === 0 ? 0x80 : i === FRAGMENT_COUNT - 1 ? 0x40 : 0;
    fragment.set([0x7c, flags | 5, 0x88]);
    return fragment;
  });
}

test("a frame comes whole to every one of many viewers, whoever leaves and comes meanwhile", async () => {
  const server = await MemoryServer.start(RTC_CONFIG);
  const publisher = await MemoryRtcPeer.join(server, "publish", SHOW);
  await publisher.run(3);
  const viewers: MemoryRtcPeer[] = [];
  for (let i = 0; i < VIEWER_COUNT; i++) viewers.push(await play(server, i));
  await passRtc(server, 200);
  for (const { rtp } of viewers) rtp.length = 0;

  const packets = fragments();
  await publisher.send(
    publisher.video(PARAMETER_SETS, 900_000, { isMarked: false }),
    ...packets.map((payload, i) =>
      publisher.video(payload, 900_000, { isMarked: i === packets.length - 1 }),
    ),
  );
  viewers[10]?.close();
  const late = await play(server, VIEWER_COUNT);
  await settleRtc();
  await passRtc(server, 500);

  const expected = (40 * 1_198) / 1_199;
  for (const [i, viewer] of [...viewers, late].entries()) {
    if (i === 10) continue;
    const came = viewer.packets("video");
    const frame = came.filter(({ timestamp }) => timestamp === came.at(-1)?.timestamp);
    expect(frame.length, `viewer ${i}`).toBeGreaterThanOrEqual(expected);
    expect(frame.filter(({ isMarked }) => isMarked)).toEqual([frame.at(-1)]);
    const numbers = came.map(({ sequenceNumber }) => sequenceNumber);
    const [first = 0] = numbers;
    expect(numbers).toEqual(numbers.map((_, n) => (first + n) & 0xffff));
    // What every viewer gets is the same.
    expect(frame.map(({ payload }) => payload)).toEqual(
      viewers[0]
        ?.packets("video")
        .slice(-frame.length)
        .map(({ payload }) => payload),
    );
  }
});
