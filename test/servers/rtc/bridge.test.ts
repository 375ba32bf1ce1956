/**
 * Goal: a stream of RTMP is played by WebRTC, with Opus for its AAC, by whoever comes before its
 * publisher or after; a stream of WebRTC is played by RTMP; and neither where the vhost says so.
 *
 * Method: the whole server in memory, with the transcoder's thread; frames of AAC from a file.
 */

import { expect, test } from "vitest";
import { encodeAudioSpecificConfig } from "../../../src/codec/aac/audio-specific-config.ts";
import {
  createTranscoderThread,
  TRANSCODER_THREAD,
} from "../../../src/services/rtc-bridge/transcoder/transcoder-thread.ts";
import { readAacFile } from "../../support/aac-file.ts";
import { readOpusModule } from "../../support/audio-fixtures.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import type { MemoryRtmpPeer } from "../../support/memory-network.ts";
import {
  MemoryRtcPeer,
  offerText,
  passRtc,
  postOffer,
  RTC_CONFIG,
  settleRtc,
} from "../../support/memory-rtc.ts";
import { type ConfigValue, defaultVhost, MemoryServer } from "../../support/memory-server.ts";

const SHOW = "app=live&stream=show";
const AAC = readAacFile("tone-44100");

async function start(rtc: ConfigValue = {}) {
  const server = await MemoryServer.start({ ...RTC_CONFIG, ...defaultVhost({ rtc }) });
  server.runtime.threads.mains.set(
    TRANSCODER_THREAD,
    createTranscoderThread(async () => readOpusModule()),
  );
  return server;
}

const play = (server: MemoryServer) => MemoryRtcPeer.join(server, "play", SHOW, { name: "play" });

/** Sends a second of pictures with a tone. */
async function sendSecond(server: MemoryServer, publisher: MemoryRtmpPeer): Promise<void> {
  const { client } = publisher;
  const config = encodeAudioSpecificConfig(AAC.config);
  await publisher.startVideo();
  client.sendAudio(0, joinBytes(fromHex("af 00"), config));
  for (const [index, payload] of AAC.accessUnits.slice(0, 43).entries()) {
    const timeMs = Math.round((index * 1_024) / 44.1);
    client.sendAudio(timeMs, joinBytes(fromHex("af 01"), payload));
    await passRtc(server, 20);
    for (const thread of server.runtime.threads.threads) await thread.settle();
    await settleRtc();
  }
}

test.each(["before", "after"])("who comes %s a publisher of AAC hears Opus", async (when) => {
  const server = await start();
  const early = when === "before" ? await play(server) : undefined;
  const publisher = await server.publish(server.rtmpUrl("live/show"));
  if (early === undefined) await publisher.startVideo();
  const player = early ?? (await play(server));
  await sendSecond(server, publisher);
  expect(player.ends).toEqual([]);
  expect(player.section("audio").codec).toBe("opus");
  const audio = player.packets("audio");
  expect(audio.length).toBeGreaterThan(30);
  const steps = audio.slice(1).map(({ timestamp }, i) => timestamp - (audio[i]?.timestamp ?? 0));
  expect(new Set(steps.map((step) => step | 0))).toEqual(new Set([960]));
});

test("who plays where rtmp_to_rtc is off is refused, or gets nothing of what comes later", async () => {
  const server = await start({ rtmp_to_rtc: false });
  const player = await play(server);
  const publisher = await server.publish(server.rtmpUrl("live/show"));
  await sendSecond(server, publisher);
  expect(player.rtp).toEqual([]);
  const refused = await postOffer(server, `whep/?${SHOW}`, offerText("play"));
  expect([refused.status, refused.text]).toEqual([
    403,
    expect.stringMatching(/rtmp_to_rtc is off/),
  ]);
  expect(server.runtime.threads.threads).toHaveLength(0);
});

test.each([true, false])(
  "who plays by RTMP gets what WebRTC publishes if rtc_to_rtmp is %s",
  async (isOn) => {
    const server = await start({ rtc_to_rtmp: isOn });
    const publisher = await MemoryRtcPeer.join(server, "publish", SHOW);
    const player = await server.play(server.rtmpUrl("live/show"));
    const viewer = await play(server);
    await publisher.run(20);
    await passRtc(server, 1_000);
    if (isOn) expect(player.count("video")).toBeGreaterThan(15);
    else expect([player.count("video"), player.count("audio")]).toEqual([0, 0]);
    expect(viewer.packets("video").length).toBeGreaterThan(15);
    expect(publisher.ends).toEqual([]);
  },
);
