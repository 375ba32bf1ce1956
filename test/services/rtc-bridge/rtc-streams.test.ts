/**
 * Goal: what others publish is played by WebRTC and the other way round, with sound, in order, and
 * transcoded only for somebody.
 *
 * Method: a hub on a manual clock, threads in memory that do the real work; frames on either side.
 */

import { describe, expect, test } from "vitest";
import { encodeAudioSpecificConfig } from "../../../src/codec/aac/audio-specific-config.ts";
import type { Frame, IncomingFrame } from "../../../src/live/frame.ts";
import type { LiveStream } from "../../../src/live/live-stream.ts";
import { StreamHub } from "../../../src/live/stream-hub.ts";
import type { StreamListener } from "../../../src/live/stream-listener.ts";
import { type AnnouncedTrack, createTrack, type Track } from "../../../src/live/track.ts";
import { targetTrack } from "../../../src/remux/audio-transcoding/transcoding-target.ts";
import { MemoryRuntime } from "../../../src/runtime/memory/memory-runtime.ts";
import { RtcStreams } from "../../../src/services/rtc-bridge/rtc-streams.ts";
import { TranscoderPool } from "../../../src/services/rtc-bridge/transcoder/transcoder-pool.ts";
import {
  createTranscoderThread,
  TRANSCODER_THREAD,
} from "../../../src/services/rtc-bridge/transcoder/transcoder-thread.ts";
import { readAacFile } from "../../support/aac-file.ts";
import { readOpusModule, readOpusPackets } from "../../support/audio-fixtures.ts";
import { RecordingLogger } from "../../support/http-peer.ts";
import { SETTINGS, VIDEO, videoFrame } from "../../support/live.ts";
import { readMp3Frames } from "../../support/mp3-file.ts";
import { fitTone } from "../../support/tone.ts";
import { recordOpus } from "../../support/transcoding.ts";

const NAME = { vhost: "__defaultVhost__", app: "live", stream: "a" };
const AAC = readAacFile("tone-44100");
const AAC_TRACK = createTrack("audio", "aac", encodeAudioSpecificConfig(AAC.config));
const OPUS_TRACK = createTrack("audio", "opus", undefined);
const PACKETS = readOpusPackets();
const TRACKS: readonly AnnouncedTrack[] = [
  { kind: "video", codec: "h264" },
  { kind: "audio", codec: "opus" },
];
const PUBLISHER = { clientId: "p", close: () => undefined };

class Listener implements StreamListener {
  readonly frames: Frame[] = [];
  readonly #tracks: { audio?: Track; video?: Track } = {};
  onMetadata(): void {}
  onTrack(track: Track): void {
    this.#tracks[track.kind] = track;
  }
  onFrame(frame: Frame): void {
    // Packagers let nothing through that belongs to a track they have not been told of.
    expect(frame.track).toBe(this.#tracks[frame.track.kind]);
    this.frames.push(frame);
  }
  onEnd(): void {}
  fail(error: unknown): void {
    throw error;
  }
  audio(): Frame[] {
    return this.frames.filter(({ track }) => track.kind === "audio");
  }
}

function setUp({
  bridgesToRtc = true,
  bridgesFromRtc = true,
  opusBitrate = 64_000,
  aacBitrate = 64_000,
} = {}) {
  const { threads, clock } = new MemoryRuntime();
  threads.mains.set(
    TRANSCODER_THREAD,
    createTranscoderThread(async () => readOpusModule()),
  );
  const logger = new RecordingLogger();
  const pool = new TranscoderPool({ threads, clock, logger, threadCountMax: 2 });
  const hub = new StreamHub(clock, () => SETTINGS);
  const settings = { bridgesToRtc, bridgesFromRtc, opusBitrate, aacBitrate };
  const streams = new RtcStreams({ hub, pool, clock, logger, settingsOf: () => settings });
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) for (const thread of threads.threads) await thread.settle();
  };
  const pass = (ms: number): void => {
    for (let left = ms; left > 0; left -= 1_000) {
      clock.advance(1_000);
      streams.sweep(clock.monotonicMs());
    }
  };
  return { hub, pool, streams, threads, clock, settle, pass };
}

function listen(stream: LiveStream): Listener {
  const listener = new Listener();
  stream.addListener(listener);
  return listener;
}

function audioFrame(track: Track, dtsMs: number, payload: Uint8Array): IncomingFrame {
  return {
    track,
    dtsMs,
    compositionTimeOffsetMs: 0,
    isKeyFrame: true,
    payload,
    flvBody: undefined,
  };
}

/** In bit/s. @param durationMs Of each frame. */
function bitrateOf(frames: readonly Frame[], durationMs: number): number {
  const size = frames.reduce((sum, { payload }) => sum + payload.length, 0);
  return (size * 8_000) / (frames.length * durationMs);
}

/** A second of a stream of 25 pictures and its sound, in order. */
function second(startMs: number, audio: (fromMs: number, toMs: number) => IncomingFrame[]) {
  return Array.from({ length: 25 }, (_, index) => {
    const ms = startMs + index * 40;
    return [videoFrame(ms, index === 0), ...audio(ms, ms + 40)];
  }).flat();
}

const opusAudio = (fromMs: number): IncomingFrame[] =>
  [0, 20].map((ms) =>
    audioFrame(OPUS_TRACK, fromMs + ms, PACKETS[((fromMs + ms) / 20) % 50] ?? new Uint8Array(1)),
  );

function aacAudio(fromMs: number, toMs: number): IncomingFrame[] {
  const dtsOf = (index: number): number => Math.round((index * 1024) / 44.1);
  return AAC.accessUnits
    .map((payload, index) => audioFrame(AAC_TRACK, dtsOf(index), payload))
    .filter(({ dtsMs }) => dtsMs >= fromMs && dtsMs < toMs);
}

describe("a stream of RTMP that is played by WebRTC", () => {
  test("has its pictures from the key frame on, and its sound as Opus", async () => {
    const { hub, pool, streams, settle, pass } = setUp();
    const publication = await hub.publish(NAME, PUBLISHER);
    publication.writeTrack(VIDEO);
    publication.writeTrack(AAC_TRACK);
    const sent = second(0, aacAudio);
    for (const frame of sent.slice(0, 40)) publication.writeFrame(frame);
    expect(pool.jobCount).toBe(0);
    const { stream, release } = streams.forPlaying(NAME);
    const listener = listen(stream);
    expect(stream.gopCache.frames[0]?.payload).toBe(sent[0]?.payload);
    for (const frame of sent.slice(40)) publication.writeFrame(frame);
    await settle();
    expect(stream.description.audio?.codec).toBe("opus");
    // Sound of before would be late, and what is late delays all that follows in a player.
    const joinedMs = sent[40]?.dtsMs ?? Number.NaN;
    expect(listener.audio()[0]?.dtsMs).toBeGreaterThan(joinedMs - 20);
    expect(listener.audio()[0]?.dtsMs).toBeLessThan(joinedMs + 60);
    expect(listener.audio().length).toBeGreaterThan(15);
    expect(hub.find(NAME)?.isWatched).toBe(true);
    release();
    release();
    pass(7_000);
    expect([streams.size, pool.jobCount, hub.find(NAME)?.isNeeded]).toEqual([0, 0, false]);
    pass(15_000);
    expect(pool.threadCount).toBe(0);
  });

  test("has its MP3 as Opus, too, which is the tone that it was", async () => {
    const { hub, streams, settle } = setUp();
    const publication = await hub.publish(NAME, PUBLISHER);
    const track = createTrack("audio", "mp3", undefined);
    publication.writeTrack(VIDEO);
    publication.writeTrack(track);
    const listener = listen(streams.forPlaying(NAME).stream);
    const mp3 = readMp3Frames("tone-44100.mp3").map((payload, index) =>
      audioFrame(track, Math.round((index * 1152) / 44.1), payload),
    );
    const sent = second(0, (fromMs, toMs) =>
      mp3.filter(({ dtsMs }) => dtsMs >= fromMs && dtsMs < toMs),
    );
    for (const frame of sent) publication.writeFrame(frame);
    await settle();
    const audio = listener.audio();
    expect(audio.length).toBeGreaterThan(45);
    expect(new Set(audio.map((frame) => frame.track.codec))).toEqual(new Set(["opus"]));
    const packets = audio.map(({ dtsMs, payload }) => ({ dtsMs, payload: payload.slice() }));
    const recorded = recordOpus(packets, 1_000).subarray(9_600, 38_400);
    expect(fitTone({ frequency: 1_000, sampleRate: 48_000 }, recorded).snr).toBeGreaterThan(30);
  });

  test("may begin later, and begin again", async () => {
    const { hub, streams, settle } = setUp();
    const { stream } = streams.forPlaying(NAME);
    for (let i = 0; i < 2; i++) {
      const publication = await hub.publish(NAME, PUBLISHER);
      publication.writeTrack(VIDEO);
      publication.writeTrack(AAC_TRACK);
      const listener = listen(stream);
      for (const frame of second(0, aacAudio)) publication.writeFrame(frame);
      await settle();
      expect(listener.audio().length).toBeGreaterThan(45);
      publication.end(true);
      expect(stream.isLive).toBe(false);
      stream.removeListener(listener);
    }
  });

  test.each([16_000, 128_000])("has Opus of the bitrate that is set: %i", async (opusBitrate) => {
    const { hub, streams, settle } = setUp({ opusBitrate });
    const publication = await hub.publish(NAME, PUBLISHER);
    publication.writeTrack(VIDEO);
    publication.writeTrack(AAC_TRACK);
    const listener = listen(streams.forPlaying(NAME).stream);
    for (const frame of second(0, aacAudio)) publication.writeFrame(frame);
    await settle();
    const share = bitrateOf(listener.audio(), 20) / opusBitrate;
    expect(share).toBeGreaterThan(0.7);
    expect(share).toBeLessThan(1.3);
  });

  test("is not there where it is not wanted", async () => {
    const { hub, streams } = setUp({ bridgesToRtc: false });
    const publication = await hub.publish(NAME, PUBLISHER);
    publication.writeTrack(VIDEO);
    publication.writeFrame(videoFrame(0, true));
    expect(streams.forPlaying(NAME).stream.isLive).toBe(false);
    expect(hub.find(NAME)?.isNeeded).toBe(false);
  });
});

describe("a stream of WebRTC that others play", () => {
  test("goes on with the tracks of who published before, where they are the same", async () => {
    const { hub, streams, settle } = setUp();
    const before = await hub.publish(NAME, PUBLISHER);
    before.writeTrack(createTrack("video", VIDEO.codec, VIDEO.decoderConfigurationRecord));
    before.writeTrack(targetTrack("aac"));
    for (const frame of second(0, () => [])) before.writeFrame({ ...frame, track: VIDEO });
    const stream = hub.getOrCreate(NAME);
    before.end();
    const { publication } = streams.forPublishing(NAME, await hub.publish(NAME, PUBLISHER), TRACKS);
    const listener = listen(stream);
    publication.writeTrack(OPUS_TRACK);
    publication.writeTrack(VIDEO);
    for (const frame of second(0, opusAudio)) publication.writeFrame(frame);
    await settle();
    expect(listener.audio().length).toBeGreaterThan(40);
  });

  test("has AAC from the start, and sound for who comes, in the order of time", async () => {
    const { hub, pool, streams, clock, settle } = setUp();
    const main = await hub.publish(NAME, PUBLISHER);
    const { publication, end } = streams.forPublishing(NAME, main, TRACKS);
    publication.writeTrack(OPUS_TRACK);
    publication.writeTrack(VIDEO);
    for (const frame of second(0, opusAudio)) publication.writeFrame(frame);
    const stream = hub.getOrCreate(NAME);
    expect(stream.description.audio?.codec).toBe("aac");
    expect(stream.description.metadata?.fields.get("audiocodecid")).toBe(10);
    expect([pool.jobCount, pool.threadCount]).toEqual([0, 0]);
    const listener = listen(stream);
    for (const frame of second(1_000, opusAudio)) {
      publication.writeFrame(frame);
      clock.advance(20);
      await settle();
    }
    const audio = listener.audio();
    expect(audio[0]?.dtsMs).toBeLessThan(50);
    expect(audio.length).toBeGreaterThan(85);
    // The first of it is of the time before; from then on both come in order.
    const live = listener.frames.slice(60).map(({ dtsMs }) => dtsMs);
    expect(live).toEqual([...live].sort((a, b) => a - b));
    end(true);
    expect([pool.jobCount, stream.isLive, streams.find(NAME)?.isLive]).toEqual([0, false, false]);
  });

  test("is not transcoded for those who have no use for it, players by WebRTC among them", async () => {
    const { hub, pool, streams, pass } = setUp();
    const main = await hub.publish(NAME, PUBLISHER);
    const { publication } = streams.forPublishing(NAME, main, TRACKS);
    const listener = new (class extends Listener {
      isIdle = true;
    })();
    hub.getOrCreate(NAME).addListener(listener);
    streams.forPlaying(NAME);
    publication.writeTrack(OPUS_TRACK);
    publication.writeTrack(VIDEO);
    for (const frame of second(0, opusAudio)) publication.writeFrame(frame);
    expect(pool.jobCount).toBe(0);
    listener.isIdle = false;
    for (const frame of second(1_000, opusAudio)) publication.writeFrame(frame);
    expect(pool.jobCount).toBe(1);
    listener.isIdle = true;
    pass(6_000);
    for (const frame of second(7_000, opusAudio)) publication.writeFrame(frame);
    expect(pool.jobCount).toBe(0);
  });

  test.each([32_000, 128_000])("has AAC of the bitrate that is set: %i", async (aacBitrate) => {
    const { hub, streams, clock, settle } = setUp({ aacBitrate });
    const main = await hub.publish(NAME, PUBLISHER);
    const { publication } = streams.forPublishing(NAME, main, TRACKS);
    const listener = listen(hub.getOrCreate(NAME));
    publication.writeTrack(OPUS_TRACK);
    publication.writeTrack(VIDEO);
    for (const frame of [...second(0, opusAudio), ...second(1_000, opusAudio)]) {
      publication.writeFrame(frame);
      clock.advance(20);
      await settle();
    }
    const share = bitrateOf(listener.audio(), 1_024 / 48) / aacBitrate;
    expect(share).toBeGreaterThan(0.7);
    expect(share).toBeLessThan(1.3);
  });

  test("is not there for them where it is not wanted, and is not ended for that", async () => {
    const { hub, pool, streams, settle, pass } = setUp({ bridgesFromRtc: false });
    const main = await hub.publish(NAME, PUBLISHER);
    const { publication, stream } = streams.forPublishing(NAME, main, TRACKS);
    const others = listen(hub.getOrCreate(NAME));
    const listener = listen(stream);
    publication.writeTrack(OPUS_TRACK);
    publication.writeTrack(VIDEO);
    for (const frame of second(0, opusAudio)) publication.writeFrame(frame);
    await settle();
    pass(3_000);
    expect([others.frames.length, pool.jobCount]).toEqual([0, 0]);
    expect(listener.audio()).toHaveLength(50);
    expect(main.lastFrameMs).toBe(undefined);
    expect(main.lastSentMs).toBe(publication.lastFrameMs);
  });

  test("without sound is not waited for: the offer has said what will come", async () => {
    const { hub, streams } = setUp();
    const main = await hub.publish(NAME, PUBLISHER);
    const [video] = TRACKS;
    const { publication, stream } = streams.forPublishing(NAME, main, video ? [video] : []);
    publication.writeTrack(VIDEO);
    publication.writeFrame(videoFrame(0, true));
    const ready: string[] = [];
    for (const one of [stream, hub.getOrCreate(NAME)]) {
      one.addWaiter({ onStreamReady: () => ready.push(one.name.stream), fail: () => undefined });
    }
    expect(ready).toHaveLength(2);
  });

  test("goes on with its pictures when there is no sound", async () => {
    const { hub, streams, clock } = setUp();
    const main = await hub.publish(NAME, PUBLISHER);
    const { publication } = streams.forPublishing(NAME, main, TRACKS);
    const listener = listen(hub.getOrCreate(NAME));
    publication.writeTrack(OPUS_TRACK);
    publication.writeTrack(VIDEO);
    for (let i = 0; i < 10; i++) publication.writeFrame(videoFrame(i * 40, i === 0));
    clock.advance(201);
    expect(listener.frames).toHaveLength(10);
  });

  test("is the one that WebRTC plays, and no echo of it", async () => {
    const { hub, streams } = setUp();
    const playing = streams.forPlaying(NAME);
    const main = await hub.publish(NAME, PUBLISHER);
    const { publication, stream } = streams.forPublishing(NAME, main, TRACKS);
    expect(stream).toBe(playing.stream);
    const listener = listen(stream);
    publication.writeTrack(VIDEO);
    publication.writeFrame(videoFrame(0, true));
    publication.writeFrame(videoFrame(40));
    expect(listener.frames).toHaveLength(2);
  });
});
