/**
 * Goal: who may play a stream may have a picture of it, of the latest key frame and no older than the
 * interval; one decoder works on a stream however many ask; what cannot be decoded, or not in time, is said.
 *
 * Method: the whole server in memory; the test plays the decoder.
 */

import { describe, expect, test } from "vitest";
import {
  createAvcDecoderConfigurationRecord,
  encodeAvcDecoderConfigurationRecord,
} from "../../src/codec/h264/decoder-configuration-record.ts";
import type { MemoryChild } from "../../src/runtime/memory/memory-processes.ts";
import { H264_PPS, h264Sps } from "../support/h264-units.ts";
import { fromHex, joinBytes } from "../support/hex.ts";
import {
  type FetchedAnswer,
  KEY_FRAME,
  type MemoryRtmpPeer,
  settle,
} from "../support/memory-network.ts";
import { programsOf, runningOf } from "../support/memory-programs.ts";
import {
  type ConfigValue,
  defaultVhost,
  MemoryServer,
  memoryConfig,
} from "../support/memory-server.ts";
import { H264 } from "../support/packaging-frames.ts";

const SHOW = "rtmp://127.0.0.1/live/show";
const PATH = "/live/show.jpg";
/** A sequence header with a picture size, which MP4 is to have. */
const HEADER = new Uint8Array([
  ...fromHex("17 00 000000"),
  ...(H264.decoderConfigurationRecord ?? []),
]);
const JPEG = "\u00ff";

async function start(
  snapshot: ConfigValue = {},
  more: ConfigValue = {},
): Promise<{ server: MemoryServer; publisher: MemoryRtmpPeer }> {
  const server = await MemoryServer.start(
    defaultVhost({
      publish: { normal_timeout: 100_000 },
      snapshot: { enabled: true, ...snapshot },
      ...more,
    }),
  );
  const publisher = await server.publish(SHOW);
  publisher.client.sendVideo(0, HEADER);
  await publisher.send(KEY_FRAME);
  return { server, publisher };
}

/** Plays a decoder that does its work. */
async function decode(child: MemoryChild | undefined, text = JPEG): Promise<void> {
  const { output } = child?.options ?? {};
  const bytes = new Uint8Array([0xff, 0xd8, ...new TextEncoder().encode(text), 0xff, 0xd9]);
  if (typeof output === "function") {
    output(bytes.subarray(0, 3), "stdout");
    output(bytes.subarray(3), "stdout");
  }
  child?.finish({ code: 0, signal: undefined });
  await settle();
}

function ask(server: MemoryServer, path = PATH, method = "GET"): Promise<FetchedAnswer> {
  return server.fetch(path, { method });
}

describe("a picture", () => {
  test("is decoded once for all who ask, and again when it is old", async () => {
    const { server, publisher } = await start({ interval: 10, width: 320 });
    const first = [ask(server), ask(server), ask(server, `${PATH}?x=y`)];
    await settle();
    expect(programsOf(server).map(({ command }) => command.join(" "))).toEqual([
      "ffmpeg -hide_banner -loglevel error -max_alloc 117440512 -threads 1 -max_pixels 35651584 -f mp4 -i pipe:0 -an -frames:v 1 -vf scale=320:'min(4*ow,max(2,2*round(ow/a/2)))' -threads 1 -pix_fmt yuvj420p -q:v 4 -f mjpeg pipe:1",
    ]);
    const [input] = programsOf(server)[0]?.input ?? [];
    const text = new TextDecoder("latin1").decode(input);
    for (const box of ["ftyp", "moov", "avcC", "moof", "mdat"]) expect(text).toContain(box);
    await decode(programsOf(server)[0]);
    for (const { status, head } of await Promise.all(first)) {
      expect(status).toBe(200);
      expect(head.fields.get("content-type")).toBe("image/jpeg");
      expect(head.fields.get("cache-control")).toBe("public, max-age=10");
    }
    await server.advance(9_000);
    expect((await ask(server)).head.fields.get("cache-control")).toBe("public, max-age=1");
    expect(programsOf(server)).toHaveLength(1);
    await publisher.send(KEY_FRAME);
    await server.advance(1_000);
    const second = ask(server);
    await settle();
    await decode(programsOf(server)[1]);
    expect((await second).status).toBe(200);
    expect(server.events("program started")).toEqual([]); // Not worth a line.
  });

  test("answers HEAD, conditions and nothing that writes", async () => {
    const { server } = await start();
    const first = ask(server);
    await settle();
    await decode(programsOf(server)[0]);
    const etag = (await first).head.fields.get("etag") ?? "";
    const head = await ask(server, PATH, "HEAD");
    expect([head.status, head.text]).toEqual([200, ""]);
    const again = await server.fetch(PATH, { fields: [["If-None-Match", etag]] });
    expect(again.status).toBe(304);
    expect((await ask(server, PATH, "POST")).status).toBe(405);
  });

  test("of a stream without GOP cache is of the next key frame", async () => {
    const { server, publisher } = await start({}, { play: { gop_cache: false } });
    const answer = ask(server);
    await settle();
    expect(programsOf(server)).toEqual([]);
    await publisher.send(KEY_FRAME);
    await decode(programsOf(server)[0]);
    expect((await answer).status).toBe(200);
  });

  test("that does not come in time is not waited for", async () => {
    const { server } = await start({}, { play: { gop_cache: false } });
    const answer = ask(server);
    await settle();
    await server.advance(16_000);
    expect((await answer).status).toBe(503);
    expect(server.events("snapshot failed")).toMatchObject([{ url: "/live/show" }]);
  });

  test.each([
    ["fails", (child: MemoryChild) => child.finish({ code: 1, signal: undefined })],
    ["has nothing to show", (child: MemoryChild) => child.finish({ code: 0, signal: undefined })],
    [
      "shows what is no picture",
      (child: MemoryChild) => {
        child.print("<html>");
        child.finish({ code: 0, signal: undefined });
      },
    ],
    ["hangs", () => undefined],
  ])("is not to be had where the decoder %s, nor tried again at once", async (_, play) => {
    const { server } = await start();
    const answers = [ask(server), ask(server)];
    await settle();
    const [child] = programsOf(server);
    child?.print("moov atom not found\n", "stderr");
    if (child !== undefined) play(child);
    await server.advance(11_000);
    for (const { status, text } of await Promise.all(answers)) {
      expect([status, JSON.parse(text).message]).toEqual([
        503,
        "Cannot take a picture of this stream now",
      ]);
    }
    expect(runningOf(server)).toEqual([]);
    expect(server.events("snapshot failed")).toHaveLength(1);
  });

  test("is tried again after a while", async () => {
    const { server } = await start();
    const first = ask(server);
    await settle();
    programsOf(server)[0]?.finish({ code: 1, signal: undefined });
    expect((await first).status).toBe(503);
    expect((await ask(server)).status).toBe(503);
    expect(programsOf(server)).toHaveLength(1);
    await server.advance(4_000);
    const second = ask(server);
    await settle();
    await decode(programsOf(server)[1]);
    expect((await second).status).toBe(200);
  });

  test.each([
    [16_000, 16_000, false, false],
    [8_192, 4_352, true, true],
    [4_096, 2_160, true, false],
  ])("of %i x %i samples: taken %s, made smaller %s", async (width, height, isTaken, isSmaller) => {
    const { server, publisher } = await start();
    const record = createAvcDecoderConfigurationRecord([h264Sps(width, height)], [H264_PPS]);
    const header = encodeAvcDecoderConfigurationRecord(record);
    publisher.client.sendVideo(0, joinBytes(fromHex("17 00 000000"), header));
    await publisher.send(KEY_FRAME);
    const answer = ask(server);
    await settle();
    expect(programsOf(server)).toHaveLength(isTaken ? 1 : 0);
    const [program] = programsOf(server);
    expect(program?.command.some((word) => word.startsWith("scale=4096:")) ?? false).toBe(
      isSmaller,
    );
    if (program !== undefined) await decode(program);
    expect((await answer).status).toBe(isTaken ? 200 : 503);
    expect(server.events("snapshot failed").map(({ reason }) => reason)).toEqual(
      isTaken ? [] : ["Cannot take a picture of 16000x16000 samples"],
    );
  });

  test("of ten streams at once takes no more than four decoders", async () => {
    const { server } = await start();
    const paths: string[] = [];
    for (let i = 0; i < 10; i++) {
      const publisher = await server.publish(`${SHOW}${i}`);
      publisher.client.sendVideo(0, HEADER);
      await publisher.send(KEY_FRAME);
      paths.push(`/live/show${i}.jpg`);
    }
    const answers = paths.map((path) => ask(server, path));
    await settle();
    for (let i = 0; i < 10; i++) {
      expect(runningOf(server)).toHaveLength(Math.min(4, 10 - i));
      await decode(runningOf(server)[0]);
    }
    for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
  });
});

describe("no picture", () => {
  test("of what nobody publishes", async () => {
    const { server } = await start();
    const { status, text } = await ask(server, "/live/other.jpg");
    expect([status, JSON.parse(text).message]).toEqual([
      404,
      'Cannot show "/live/other": nobody publishes it',
    ]);
  });

  test("where it is not enabled", async () => {
    const { server } = await start({ enabled: false });
    expect((await ask(server)).status).toBe(404);
    expect(programsOf(server)).toEqual([]);
  });

  test("of sound alone", async () => {
    const server = await MemoryServer.start(defaultVhost({ snapshot: { enabled: true } }));
    const publisher = await server.publish(SHOW);
    publisher.client.sendAudio(0, fromHex("af 00 1210"));
    publisher.client.sendAudio(0, fromHex("af 01 21001122"));
    const answer = ask(server);
    await server.advance(4_000);
    expect((await answer).status).toBe(503);
  });

  test("for whom the rules do not let play", async () => {
    const security = { enabled: true, allow: ["publish all"], deny: ["play all"] };
    const { server } = await start({}, { security });
    expect((await ask(server)).status).toBe(403);
    expect(programsOf(server)).toEqual([]);
  });

  test("for who shows no token", async () => {
    const token = { play: true, jwt_secret: "s".repeat(32) };
    const { server } = await start({}, { token });
    expect((await ask(server)).status).toBe(401);
    expect((await ask(server, `${PATH}?token=x.y.z`)).status).toBe(401);
    expect(programsOf(server)).toEqual([]);
  });
});

describe("pictures on disk", () => {
  test("are taken at each interval, and are whole at any time", async () => {
    const { server } = await start({ interval: 5, path: "/pictures/[app]/[stream].jpg" });
    await server.advance(1_000);
    await decode(programsOf(server)[0], "one");
    const { files } = server.runtime;
    expect(await files.readText("/pictures/live/show.jpg")).toContain("one");
    await server.advance(5_000);
    await decode(programsOf(server)[1], "two");
    expect(await files.readText("/pictures/live/show.jpg")).toContain("two");
    expect(await files.list("/pictures/live")).toEqual(["show.jpg"]);
  });

  test("of more streams than can wait are taken in turn, and who asks finds room", async () => {
    const { server } = await start({ interval: 5, path: "/pictures/[stream].jpg" });
    const count = 100;
    for (let i = 1; i < count; i++) {
      const publisher = await server.publish(`${SHOW}${i}`);
      publisher.client.sendVideo(0, HEADER);
      await publisher.send(KEY_FRAME);
    }
    // Slower than they become due: twelve a second of twenty.
    const decodeSome = async (): Promise<void> => {
      await server.advance(1_000);
      for (let i = 0; i < 12; i++) await decode(runningOf(server)[0]);
    };
    const { files } = server.runtime;
    for (let second = 0; second < 10; second++) await decodeSome();
    expect(await files.list("/pictures")).toHaveLength(count);
    const asked = ask(server, "/live/show50.jpg");
    for (let second = 0; second < 10; second++) await decodeSome();
    expect((await asked).status).toBe(200);
    const times: number[] = [];
    for (const name of await files.list("/pictures")) {
      times.push((await files.stat(`/pictures/${name}`))?.modifiedMs ?? 0);
    }
    // All were taken within the last round: a hundred by twelve.
    expect(server.runtime.clock.wallMs() - Math.min(...times)).toBeLessThan(14_000);
    expect(server.events("snapshot failed")).toEqual([]);
  });

  test("are not to be had as files where playing takes a token", async () => {
    const token = { play: true, jwt_secret: "s".repeat(32) };
    const config = defaultVhost({
      snapshot: { enabled: true, path: "./html/[app]/[stream].jpg" },
      token,
    });
    const server = await MemoryServer.start(config, {
      files: { "./html/live/gone.jpg": "picture", "./html/live/page.txt": "page" },
    });
    expect((await ask(server, "/live/gone.jpg")).status).toBe(404);
    expect((await ask(server, "/live/page.txt")).status).toBe(200);
  });
});

test("a reload has pictures begin and end", async () => {
  const { server } = await start({ enabled: false });
  const reload = (enabled: boolean): Promise<void> =>
    server.finish(server.sluice.reconfigure(memoryConfig(defaultVhost({ snapshot: { enabled } }))));
  await reload(true);
  const answer = ask(server);
  await settle();
  await decode(programsOf(server)[0]);
  expect((await answer).status).toBe(200);
  await reload(false);
  expect((await ask(server)).status).toBe(404);
});
