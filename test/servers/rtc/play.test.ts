/**
 * Goal: a player sees the picture at once, from the latest key frame on, and goes on live without a gap
 * in numbers or times; what it loses comes again, whatever it says and wherever it is.
 *
 * Method: the whole server in memory; publishers by WebRTC and RTMP, players that count what comes.
 */

import { afterEach, describe, expect, test, vi } from "vitest";
import { encodeRtcp, type RtcpPacket } from "../../../src/codec/rtcp/rtcp-packet.ts";
import type { RtpPacket } from "../../../src/codec/rtp/rtp-packet.ts";
import { RtpViewer } from "../../../src/servers/rtc/rtp-viewer.ts";
import { fromHex } from "../../support/hex.ts";
import {
  type JoinOptions,
  MemoryRtcPeer,
  NON_IDR,
  PARAMETER_SETS,
  passRtc,
  RTC_CONFIG,
  settleRtc,
} from "../../support/memory-rtc.ts";
import { defaultVhost, MemoryServer, memoryConfig } from "../../support/memory-server.ts";

const SHOW = "app=live&stream=show";

async function start(publisherOptions: JoinOptions = {}, config: object = {}) {
  const server = await MemoryServer.start({ ...RTC_CONFIG, ...config });
  const publisher = await MemoryRtcPeer.join(server, "publish", SHOW, publisherOptions);
  return { server, publisher };
}

let count = 0;
const play = (server: MemoryServer, options: JoinOptions = {}, query = SHOW) => {
  count += 1;
  return MemoryRtcPeer.join(server, "play", query, { name: `view${count}`, ...options });
};

const numbers = (packets: readonly RtpPacket[]) => packets.map((one) => one.sequenceNumber);
const isConsecutive = (packets: readonly RtpPacket[]): boolean =>
  numbers(packets).every((one, i, all) => i === 0 || one === (((all[i - 1] ?? 0) + 1) & 0xffff));
const times = (packets: readonly RtpPacket[]): number[] => {
  const [first] = packets;
  return packets.map(({ timestamp }) => (timestamp - (first?.timestamp ?? 0)) | 0);
};
const isGrowing = (values: readonly number[]): boolean =>
  values.every((one, i) => i === 0 || one >= (values[i - 1] ?? 0));

function tell(player: MemoryRtcPeer, packet: RtcpPacket): Promise<void> {
  return player.sendRtcp(encodeRtcp([{ type: "receiver-report", ssrc: 1, reports: [] }, packet]));
}

function videoSsrc(player: MemoryRtcPeer): number {
  return player.packets("video")[0]?.ssrc ?? 0;
}

describe("who comes", () => {
  test("while there is a picture begins with the key frame, and is live soon", async () => {
    const { server, publisher } = await start();
    await publisher.run(30);
    const player = await play(server);
    await passRtc(server, 100);
    const burst = player.packets("video");
    expect(burst[0]?.payload).toEqual(PARAMETER_SETS);
    expect(burst).toHaveLength(31);
    // Squeezed before the live frame, so that all of it is decoded at once.
    expect(times(burst).at(-1)).toBeLessThan(90_000 / 10);
    for (let i = 0; i < 10; i++) {
      await publisher.sendFrame(1_200 + 40 * i);
      expect(player.packets("video")).toHaveLength(32 + i);
      await passRtc(server, 40);
    }
    const all = player.packets("video");
    expect(isConsecutive(all)).toBe(true);
    expect(isGrowing(times(all))).toBe(true);
    const live = times(all).slice(-10);
    expect((live[9] ?? 0) - (live[0] ?? 0)).toBe(9 * 3_600);
    expect(all.filter(({ isMarked }) => isMarked)).toHaveLength(40);
  });

  test("before anybody publishes gets all of it", async () => {
    const server = await MemoryServer.start(RTC_CONFIG);
    const player = await play(server);
    const publisher = await MemoryRtcPeer.join(server, "publish", SHOW);
    await publisher.run(10);
    expect(player.packets("video").length).toBeGreaterThanOrEqual(10);
    expect(player.packets("video")[0]?.payload).toEqual(PARAMETER_SETS);
    expect(player.packets("audio").length).toBeGreaterThan(15);
    expect(isConsecutive(player.packets("audio"))).toBe(true);
    expect(times(player.packets("audio"))).toEqual(
      player.packets("audio").map((_, index) => index * 960),
    );
  });

  test("with one kind alone gets that, and none of the other", async () => {
    const { server, publisher } = await start();
    const viewer = await play(server, { audio: [] });
    const listener = await play(server, { video: [] });
    await publisher.run(10);
    expect(viewer.rtp.map(({ payloadType }) => payloadType)).toEqual(
      viewer.packets("video").map(({ payloadType }) => payloadType),
    );
    expect(viewer.packets("video").length).toBeGreaterThan(8);
    expect(listener.rtp).toHaveLength(listener.packets("audio").length);
    expect(listener.packets("audio").length).toBeGreaterThan(15);
  });

  test("by TCP, and without encryption, gets the same", async () => {
    const { server, publisher } = await start();
    const players = [
      await play(server),
      await play(server, { transport: "tcp" }),
      await play(server, { isPlain: true }, `${SHOW}&encrypt=false`),
      await play(server, { isPlain: true, transport: "tcp" }, `${SHOW}&encrypt=false`),
    ];
    await publisher.run(10);
    const [first, ...others] = players.map((player) =>
      player.packets("video").map(({ payload, isMarked }) => [payload, isMarked]),
    );
    expect(first?.length).toBeGreaterThan(8);
    for (const other of others) expect(other).toEqual(first);
  });

  test("is told the times of both tracks within half a second", async () => {
    const { server, publisher } = await start();
    await publisher.run(5);
    const player = await play(server);
    await publisher.run(13);
    const [sound, picture, ...more] = player.feedback("sender-report");
    expect(more).toEqual([]);
    const [ofSound, ofPicture] = [player.packets("audio").at(-1), player.packets("video").at(-1)];
    expect([sound?.ssrc, picture?.ssrc]).toEqual([ofSound?.ssrc, ofPicture?.ssrc]);
    expect([sound?.ntpSeconds, sound?.ntpFraction]).toEqual([
      picture?.ntpSeconds,
      picture?.ntpFraction,
    ]);
    // What was sent at the same time has the same time by the reports: half of a frame at the most.
    const soundMs = (((ofSound?.timestamp ?? 0) - (sound?.rtpTimestamp ?? 0)) | 0) / 48;
    const pictureMs = (((ofPicture?.timestamp ?? 0) - (picture?.rtpTimestamp ?? 0)) | 0) / 90;
    expect(Math.abs(soundMs - 20 - pictureMs)).toBeLessThanOrEqual(20);
    expect(player.feedback("source-description")[0]?.chunks[0]?.cname).toMatch(/^\w+$/);
  });
});

test("a track that begins later is reported on at once", async () => {
  const { server, publisher } = await start();
  const player = await play(server);
  for (let i = 0; i < 50; i++) {
    await publisher.sendSound(40 * i);
    await passRtc(server, 40);
  }
  await passRtc(server, 500);
  expect(player.feedback("sender-report").length).toBeGreaterThan(0);
  const before = player.feedback("sender-report").length;
  await publisher.sendKeyFrame(2_000);
  await passRtc(server, 300);
  const ssrcs = player
    .feedback("sender-report")
    .slice(before)
    .map(({ ssrc }) => ssrc);
  expect(ssrcs).toContain(videoSsrc(player));
});

describe("a player without a picture", () => {
  test("has the publisher asked for a key frame", async () => {
    const { server, publisher } = await start();
    await publisher.run(10);
    const player = await play(server);
    await publisher.run(1);
    await passRtc(server, 1_000);
    const before = publisher.feedback("pli").length;
    await tell(player, { type: "pli", senderSsrc: 1, mediaSsrc: videoSsrc(player) });
    expect(publisher.feedback("pli").length - before).toBe(1);
    await passRtc(server, 1_000);
    const entries = [{ ssrc: videoSsrc(player), sequenceNumber: 1 }];
    await tell(player, { type: "fir", senderSsrc: 1, entries });
    expect(publisher.feedback("pli").length - before).toBeGreaterThanOrEqual(2);
  });

  test("of a publisher that cannot be asked gets the latest again", async () => {
    const server = await MemoryServer.start(RTC_CONFIG);
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    publisher.client.sendVideo(0, fromHex("17 00 000000 0164001fffe10000010000"));
    await publisher.startVideo();
    const player = await play(server, { audio: [] });
    await server.advance(2_000);
    const frame = fromHex("27 01 000000 000000014100000000");
    for (let i = 1; i <= 10; i++) {
      publisher.client.sendVideo(40 * i, frame);
      await passRtc(server, 40);
    }
    const before = player.packets("video").length;
    expect(before).toBeGreaterThan(9);
    await passRtc(server, 1_000);
    await tell(player, { type: "pli", senderSsrc: 1, mediaSsrc: videoSsrc(player) });
    await passRtc(server, 200);
    const all = player.packets("video");
    expect(all.length).toBeGreaterThan(before + 5);
    expect(isConsecutive(all)).toBe(true);
    expect(isGrowing(times(all))).toBe(true);
  });

  test("has no effect by asking for what is not its own", async () => {
    const { server, publisher } = await start();
    await publisher.run(10);
    const player = await play(server);
    await passRtc(server, 1_000);
    const before = publisher.feedback("pli").length;
    await tell(player, { type: "pli", senderSsrc: 1, mediaSsrc: 12_345 });
    await passRtc(server, 100);
    expect(publisher.feedback("pli")).toHaveLength(before);
  });
});

describe("what is lost", () => {
  /** Not encrypted: who decrypts drops what came before. */
  async function watch(options: JoinOptions = {}, config: object = {}) {
    const { server, publisher } = await start({}, config);
    await publisher.run(5);
    const query = `${SHOW}&encrypt=false`;
    const player = await play(server, { isPlain: true, ...options }, query);
    await passRtc(server, 100);
    const nack = (...sequenceNumbers: readonly number[]) =>
      tell(player, {
        ...{ type: "nack", senderSsrc: 1, mediaSsrc: videoSsrc(player) },
        sequenceNumbers,
      });
    return { server, publisher, player, nack };
  }

  test("comes again in the stream for that", async () => {
    const { player, nack } = await watch();
    const [, second, third] = player.packets("video");
    await nack(second?.sequenceNumber ?? 0, third?.sequenceNumber ?? 0);
    const { rtxPayloadType } = player.section("video");
    const again = player.rtp.filter(({ payloadType }) => payloadType === rtxPayloadType);
    expect(again.map(({ payload }) => new DataView(payload.slice().buffer).getUint16(0))).toEqual([
      second?.sequenceNumber,
      third?.sequenceNumber,
    ]);
    expect(again[0]?.payload.subarray(2)).toEqual(second?.payload);
    expect(again.map(({ timestamp, isMarked }) => [timestamp, isMarked])).toEqual(
      [second, third].map((one) => [one?.timestamp, one?.isMarked]),
    );
    expect(again[0]?.ssrc).not.toBe(second?.ssrc);
  });

  test("comes again as it was, where there is none", async () => {
    const { player, nack } = await watch({ isNackOn: false });
    expect(player.section("video").rtxPayloadType).toBeUndefined();
    const [first] = player.packets("video");
    await nack(first?.sequenceNumber ?? 0);
    const { rtp } = player;
    expect(rtp.filter((one) => one.sequenceNumber === first?.sequenceNumber)).toHaveLength(2);
  });

  test("comes once for each round trip, however often it is asked for", async () => {
    const { server, player, nack } = await watch();
    const before = player.rtp.length;
    const [first] = player.packets("video");
    for (let i = 0; i < 20; i++) await nack(first?.sequenceNumber ?? 0);
    expect(player.rtp.length - before).toBe(1);
    await passRtc(server, 500);
    await nack(first?.sequenceNumber ?? 0);
    expect(player.rtp.length - before).toBeGreaterThanOrEqual(2);
  });

  test("and never was is nothing", async () => {
    const { player, nack } = await watch();
    const before = player.rtp.length;
    const all = Array.from({ length: 65_536 }, (_, number) => number);
    const own = new Set(numbers(player.packets("video")));
    for (let i = 0; i < all.length; i += 200) {
      await nack(...all.slice(i, i + 200).filter((number) => !own.has(number)));
    }
    expect(player.rtp.length).toBe(before);
  });

  test("stays lost while there is no time, also for who comes then", async () => {
    const { server, publisher } = await start(
      {},
      {
        circuit_breaker: {
          ...{ enabled: true, high_threshold: 50, high_pulse: 1 },
          ...{ critical_pulse: 0, dying_pulse: 0 },
        },
      },
    );
    await publisher.run(5);
    const { host } = server.runtime;
    host.cpuUse = { user: host.cpuUse.user + 100_000, system: 0 };
    await passRtc(server, 1_010);
    const player = await play(server);
    await publisher.run(5);
    const [first] = player.packets("video");
    const before = player.rtp.length;
    const nack: RtcpPacket = {
      ...{ type: "nack", senderSsrc: 1, mediaSsrc: videoSsrc(player) },
      sequenceNumbers: [first?.sequenceNumber ?? 0],
    };
    expect(server.events("load of WebRTC changed")).toMatchObject([{ level: "high" }]);
    await tell(player, nack);
    expect(player.rtp).toHaveLength(before);
    await passRtc(server, 2_000);
    expect(server.events("load of WebRTC changed")).toHaveLength(2);
    await tell(player, nack);
    expect(player.rtp).toHaveLength(before + 1);
  });

  test("stays lost on a vhost without NACK", async () => {
    const { player, nack } = await watch({}, defaultVhost({ rtc: { nack: false } }));
    const before = player.rtp.length;
    await nack(...numbers(player.packets("video")));
    expect(player.rtp).toHaveLength(before);
  });
});

describe("a stream", () => {
  test("that ends and returns goes on for who stays", async () => {
    const { server, publisher } = await start();
    const player = await play(server);
    await publisher.run(20);
    publisher.close();
    await settleRtc();
    await server.advance(3_000);
    const before = player.packets("video").length;
    const next = await MemoryRtcPeer.join(server, "publish", SHOW, { name: "next" });
    await next.run(20);
    const all = player.packets("video");
    expect(player.ends).toEqual([]);
    expect(all.length).toBeGreaterThan(before + 18);
    expect(all[before]?.payload).toEqual(PARAMETER_SETS);
    expect(isConsecutive(all)).toBe(true);
    expect(isGrowing(times(all))).toBe(true);
    expect(isConsecutive(player.packets("audio"))).toBe(true);
  });

  test("that is of another codec than agreed ends the session", async () => {
    const server = await MemoryServer.start(RTC_CONFIG);
    const player = await play(server);
    const vp8 = { video: [{ codec: "vp8" }] } as const;
    const publisher = await MemoryRtcPeer.join(server, "publish", SHOW, vp8);
    // A key frame of 16 x 16 (RFC 7741, 4.3; RFC 6386, 9.1), behind its descriptor.
    const picture = fromHex("10 50 02 00 9d012a 1000 1000 00 00 00");
    for (let i = 0; i < 5; i++) {
      await publisher.sendSound(40 * i);
      await publisher.send(publisher.video(picture, 3_600 * i));
      await passRtc(server, 40);
    }
    expect(server.events("stream not playable")).toMatchObject([{ codec: "vp8", agreed: "h264" }]);
    expect(player.ends).toEqual(["peer_closed"]);
    const again = await play(server, vp8);
    expect(again.section("video").codec).toBe("vp8");
  });

  test("whose sound cannot be made Opus is seen all the same", async () => {
    const server = await MemoryServer.start(RTC_CONFIG);
    const player = await play(server);
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    for (let i = 0; i < 5; i++) await publisher.send();
    await passRtc(server, 200);
    expect(player.ends).toEqual([]);
    expect(player.packets("video").length).toBeGreaterThan(4);
    expect(player.packets("audio")).toEqual([]);
  });

  test("with sound that is too much for a packet goes on without it, and says so once", async () => {
    const { server, publisher } = await start();
    const player = await play(server);
    await publisher.run(5);
    const before = player.packets("audio").length;
    // Two frames of 10 ms (RFC 6716, 3.2.5), of more than a datagram carries in one piece.
    const large = new Uint8Array(2_000);
    large.set(fromHex("f3 02"));
    for (let i = 0; i < 5; i++) {
      await publisher.send(publisher.audio(large, (200 + 20 * i) * 48));
    }
    await passRtc(server, 300);
    expect(player.packets("audio")).toHaveLength(before);
    expect(server.events("frames not sent to players of WebRTC")).toHaveLength(1);
    for (let i = 0; i < 5; i++) await publisher.sendSound(300 + 40 * i);
    await passRtc(server, 300);
    expect(player.packets("audio").length).toBeGreaterThanOrEqual(before + 10);
    expect(player.ends).toEqual([]);
  });

  test("is packetized as is set when a player comes, for as long as it stays", async () => {
    const { server, publisher } = await start();
    const sei = fromHex("06 05 01 ff 80");
    const configure = (keepsSei: boolean) => {
      const vhost = defaultVhost({ rtc: { keep_avc_nalu_sei: keepsSei } });
      return server.sluice.reconfigure(memoryConfig({ ...RTC_CONFIG, ...vhost }));
    };
    await publisher.run(5);
    const first = await play(server);
    await configure(false);
    const second = await play(server);
    await configure(true);
    const third = await play(server);
    await passRtc(server, 500);
    await publisher.send(publisher.video(sei, 1_000 * 90, { isMarked: false }));
    await publisher.sendFrame(1_000);
    const seen = [first, second, third].map((player) => {
      return player.packets("video").some(({ payload }) => payload[0] === 6);
    });
    expect(seen).toEqual([true, false, true]);
    expect(second.packets("video").at(-1)?.payload).toEqual(NON_IDR);
  });

  test("is sent to twenty at once, and who leaves is sent no more", async () => {
    const { server, publisher } = await start();
    const players: MemoryRtcPeer[] = [];
    for (let i = 0; i < 20; i++) players.push(await play(server));
    await publisher.run(5);
    const [leaving, ...staying] = players;
    leaving?.close();
    await settleRtc();
    const before = leaving?.rtp.length;
    await publisher.run(5);
    expect(leaving?.rtp.length).toBe(before);
    for (const player of staying) {
      expect(player.packets("video").length).toBeGreaterThanOrEqual(10);
      expect(isConsecutive(player.packets("video"))).toBe(true);
    }
    const ssrcs = new Set(staying.map(videoSsrc));
    expect(ssrcs.size).toBe(19);
  });

  test("loses pictures where there is no time, and begins again with a key frame", async () => {
    const { server, publisher } = await start(
      {},
      { circuit_breaker: { enabled: true, dying_threshold: 50, dying_pulse: 1 } },
    );
    const player = await play(server);
    await publisher.run(5);
    const { host } = server.runtime;
    host.cpuUse = { user: host.cpuUse.user + 100_000, system: 0 };
    await passRtc(server, 1_100);
    expect(server.events("load of WebRTC changed")).toMatchObject([{ level: "dying" }]);
    const before = player.packets("video").length;
    const heard = player.packets("audio").length;
    await publisher.run(5);
    expect(player.packets("video")).toHaveLength(before);
    expect(player.packets("audio").length).toBeGreaterThan(heard);
    const asked = publisher.feedback("pli").length;
    await passRtc(server, 2_000);
    expect(publisher.feedback("pli").length).toBeGreaterThan(asked);
    for (let i = 0; i < 3; i++) await publisher.send(publisher.video(NON_IDR, 500_000 + i * 3_600));
    expect(player.packets("video")).toHaveLength(before);
    await publisher.run(5);
    const all = player.packets("video");
    expect(all[before]?.payload).toEqual(PARAMETER_SETS);
    expect(isConsecutive(all)).toBe(true);
  });
});

describe("packets", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test("of a layer cost those who see another one nothing", async () => {
    const rids = ["h", "l"];
    const { server, publisher } = await start({ rids });
    const id = publisher.section("video").extensions.rtpStreamId ?? 0;
    const send = async (frames: number) => {
      for (let i = 0; i < frames; i++) {
        for (const [index, rid] of rids.entries()) {
          const value = new TextEncoder().encode(rid);
          await publisher.sendKeyFrame(server.runtime.clock.monotonicMs(), {
            ssrc: 0x100 + index,
            elements: [{ id, value }],
          });
        }
        await passRtc(server, 40);
      }
    };
    await send(30);
    const players = [];
    for (const layer of rids) players.push(await play(server, {}, `${SHOW}&layer=${layer}`));
    await send(50);
    const serve = vi.spyOn(RtpViewer.prototype, "serve");
    await send(5);
    const viewers = serve.mock.contexts as RtpViewer[];
    const served = serve.mock.calls.map(([history], i) => viewers[i]?.takes(history));
    expect(served.length).toBeGreaterThanOrEqual(20);
    expect(served).not.toContain(false);
    for (const player of players) expect(isConsecutive(player.packets("video"))).toBe(true);
  });

  test("that are due later and meet a bug end the stream's players, and nothing else", async () => {
    const { server, publisher } = await start();
    await publisher.run(30);
    vi.spyOn(RtpViewer.prototype, "catchUp")
      .mockImplementationOnce(() => false)
      .mockImplementation(() => {
        throw new Error("a bug");
      });
    const player = await play(server);
    await passRtc(server, 100);
    await settleRtc();
    expect(player.ends).toEqual(["peer_closed"]);
    expect(publisher.ends).toEqual([]);
  });
});
