/**
 * Goal: who may play a stream may play its recordings by time, where the vhost says so, and nobody else;
 * viewers count and are seen as other players are, are held back and not the server, and can be ended;
 * whatever is asked for is answered in plain words.
 *
 * Method: the whole server in memory, with files that the recorder made before; asked over HTTP.
 */

import { describe, expect, test } from "vitest";
import type { Frame } from "../../src/live/frame.ts";
import { HookBackend } from "../support/hook-backend.ts";
import { type MemoryWire, settle } from "../support/memory-network.ts";
import { type ConfigValue, defaultVhost, MemoryServer } from "../support/memory-server.ts";
import { AV1, framesOf } from "../support/packaging-frames.ts";
import { allRecordings } from "../support/playback-bench.ts";
import { REC, RecordingBench } from "../support/recording-bench.ts";

const DVR = { dvr_path: `${REC}/[stream].[timestamp].flv`, dvr_playback: true };

interface Started {
  readonly server: MemoryServer;
  /** When the first recording began, in Unix seconds. */
  readonly from: number;
}

const SHOW = framesOf({ toMs: 12_000, gop: 25 });

/** A server that finds 12 s of `live/show` in three files. */
async function start(vhost: ConfigValue = {}, frames: readonly Frame[] = SHOW): Promise<Started> {
  const bench = new RecordingBench({
    dvr_plan: "segment",
    dvr_duration: 4,
    dvr_path: `${REC}/[stream].[timestamp].flv`,
  });
  const publisher = await bench.publish();
  await publisher.send(frames);
  await publisher.leave();
  const [first] = await allRecordings(bench);
  const server = await MemoryServer.start(defaultVhost({ dvr: DVR, ...vhost }), {
    prepare: async ({ runtime: { files } }) => {
      await files.makeFolder(`${REC}/.dvr`);
      for (const path of [...(await bench.files()), `${REC}/.dvr/recordings.jsonl`]) {
        await files.write(path, bench.contentOf(path));
      }
    },
  });
  return { server, from: (first?.startedWallMs ?? 0) / 1_000 };
}

const isoOf = (seconds: number): string => new Date(seconds * 1_000).toISOString();

describe("an answer", () => {
  test("is a whole FLV, chunked, told of as a session", async () => {
    const { server, from } = await start();
    const viewer = await server.watch(
      server.httpUrl(`/live/show.flv?from=${isoOf(from + 3.3)}&duration=5`),
    );
    expect(viewer.status).toBe(200);
    const fields = viewer.answerHead?.fields;
    expect(fields?.get("content-type")).toBe("video/x-flv");
    expect(fields?.get("transfer-encoding")).toBe("chunked");
    expect(fields?.get("accept-ranges")).toBe("none");
    await settle();
    expect([viewer.isEnded, viewer.error]).toEqual([true, undefined]);
    // From the key frame at 3 s to 8.3 s, and a sequence header.
    expect(viewer.count(9)).toBe(1 + (8_280 - 3_000) / 40 + 1);
    const [ended] = server.events("session ended");
    expect(ended).toMatchObject({ protocol: "playback", url: "/live/show", reason: "played" });
  });

  test.each([
    ["mp4", "video/mp4", "ftyp"],
    ["ts", "video/MP2T", "G@"],
  ])("as .%s", async (extension, mediaType, beginning) => {
    const { server, from } = await start();
    const path = `/live/show.${extension}?from=${from + 3.3}&duration=5`;
    const { status, head, text } = await server.fetch(path);
    expect([status, head.fields.get("content-type")]).toEqual([200, mediaType]);
    expect(text.slice(0, 8)).toContain(beginning);
  });

  test("by HTTP/1.0 ends with its connection", async () => {
    const { server, from } = await start();
    const wire = await server.open(8080);
    await wire.send(`GET /live/show.flv?from=${from} HTTP/1.0\r\nHost: a\r\n\r\n`);
    await settle();
    const [head = "", body = ""] = wire.text.split("\r\n\r\n");
    expect(head).not.toContain("Transfer-Encoding");
    expect(body.slice(0, 3)).toBe("FLV");
  });

  test("to HEAD has no body, and says that there are no parts", async () => {
    const { server, from } = await start();
    const path = `/live/show.mp4?from=${from}`;
    const { status, head, text } = await server.fetch(path, { method: "HEAD" });
    expect([status, text, head.fields.get("accept-ranges")]).toEqual([200, "", "none"]);
    const part = await server.fetch(path, { fields: [["Range", "bytes=0-"]] });
    expect(part.status).toBe(200);
    expect((await server.fetch(path, { method: "POST" })).status).toBe(405);
  });
});

describe("is refused in plain words:", () => {
  test.each([
    ["from=", 400, "from is to be a time"],
    ["from=yesterday", 400, "from is to be a time"],
    ["from=-5", 400, "from is to be a time"],
    ["from=2026-02-30T00:00:00Z", 400, "from is to be a time"],
    ["from=1e9", 400, "from is to be a time"],
    ["from=1&duration=0", 400, "duration is to be seconds"],
    ["from=1&duration=-1", 400, "duration is to be seconds"],
    ["from=1&duration=x", 400, "duration is to be seconds"],
    ["from=1&duration=", 400, "duration is to be seconds"],
    ["from=1&duration=Infinity", 400, "duration is to be seconds"],
    ["from=1&duration=86401", 400, "duration is to be seconds"],
    ["from=999999999999", 404, "nothing of it was recorded then"],
    ["from=1&duration=1", 404, "nothing of it was recorded then"],
  ])("%s", async (query, status, why) => {
    const { server } = await start();
    const answer = await server.fetch(`/live/show.mp4?${query}`);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text).message).toContain(why);
  });

  test("a stream of which nothing was recorded, and names that lead elsewhere", async () => {
    const { server, from } = await start();
    expect((await server.fetch(`/live/other.mp4?from=${from}`)).status).toBe(404);
    for (const path of ["/live/..%2f..%2frec%2fshow.mp4", "/%2e%2e/rec/show.mp4", "/live/.mp4"]) {
      const { status } = await server.fetch(`${path}?from=${from}`);
      expect(status, path).toBeGreaterThanOrEqual(400);
    }
  });

  test("a WebSocket", async () => {
    const { server, from } = await start();
    const url = server.httpUrl(`/live/show.flv?from=${from}`);
    await expect(server.watchByWebSocket(url)).rejects.toThrow();
  });

  test("what the container has no place for", async () => {
    const frames = framesOf({ toMs: 5_000, gop: 25, video: AV1, hasAudio: false });
    const { server, from } = await start({}, frames);
    const answer = await server.fetch(`/live/show.ts?from=${from}`);
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.text).message).toContain("MPEG-TS cannot carry av1");
    expect((await server.fetch(`/live/show.mp4?from=${from}`)).status).toBe(200);
  });

  test("what is damaged from its beginning, or cannot be read", async () => {
    const { server, from } = await start();
    const { files } = server.runtime;
    for (const name of await files.list(REC)) {
      const path = `${REC}/${name}`;
      if (name.endsWith(".flv"))
        await files.write(
          path,
          files.contentOf(path).map(() => 0),
        );
    }
    const answer = await server.fetch(`/live/show.mp4?from=${from + 5}`);
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.text).message).toContain("its recording cannot be read");
    expect(server.events("recording not playable")).toHaveLength(1);
  });
});

describe("who may play", () => {
  test("nobody, where the vhost does not say so: addresses mean what they mean", async () => {
    const { server, from } = await start({ dvr: { ...DVR, dvr_playback: false } });
    expect((await server.fetch(`/live/none.mp4?from=${from}`)).text).toContain("Cannot find");
    await (await server.publish(server.rtmpUrl("live/show"))).start();
    const viewer = await server.watch(server.httpUrl(`/live/show.flv?from=${from}`));
    expect([viewer.status, viewer.isEnded]).toEqual([200, false]); // The live stream.
  });

  test("without from it is the live stream", async () => {
    const { server } = await start();
    await (await server.publish(server.rtmpUrl("live/show"))).start();
    const viewer = await server.watch(server.httpUrl("/live/show.flv?duration=5"));
    expect([viewer.status, viewer.isEnded]).toEqual([200, false]);
  });

  test("those who may play the stream", async () => {
    const { server, from } = await start({ security: { enabled: true, deny: ["play all"] } });
    const { status } = await server.fetch(`/live/show.mp4?from=${from}`);
    expect(status).toBe(403);
    expect(server.events("play started")).toEqual([]);
  });

  test("those with a token, where one is needed", async () => {
    const { server, from } = await start({ token: { play: true, jwt_secret: "0".repeat(32) } });
    expect((await server.fetch(`/live/show.mp4?from=${from}`)).status).toBe(401);
  });
});

describe("a viewer", () => {
  /** Far more in all than a connection in memory holds. */
  const LARGE = 30_000;

  /** A viewer who has asked, and reads nothing. */
  async function openSlow(): Promise<Started & { readonly wire: MemoryWire }> {
    const started = await start({}, framesOf({ toMs: 12_000, gop: 25, size: LARGE }));
    const wire = await started.server.open(8080);
    wire.socket.pause();
    await wire.send(`GET /live/show.flv?from=${started.from} HTTP/1.1\r\nHost: a\r\n\r\n`);
    for (let i = 0; i < 10; i++) await settle();
    return { ...started, wire };
  }

  async function listClients(server: MemoryServer): Promise<Record<string, unknown>[]> {
    return JSON.parse((await server.fetch("/api/v1/clients/", { port: 1985 })).text).clients;
  }

  test("who does not read is held back, holds up nobody, and goes on when he does", async () => {
    const { server, from, wire } = await openSlow();
    expect(server.events("session ended")).toEqual([]);
    expect((await server.fetch(`/live/show.flv?from=${from}`)).status).toBe(200);
    expect(server.events("session ended")).toHaveLength(1);
    wire.socket.resume();
    for (let i = 0; i < 2_000 && !wire.isClosed; i++) await settle();
    expect(wire.text.length).toBeGreaterThan(300 * LARGE);
    expect(wire.text.endsWith("\r\n0\r\n\r\n")).toBe(true);
    expect(server.events("session ended")).toHaveLength(2);
  });

  test("who is gone is noticed", async () => {
    const { server, wire } = await openSlow();
    await wire.vanish();
    expect(server.events("session ended")).toHaveLength(1);
    expect(await listClients(server)).toEqual([]);
  });

  test("who takes nothing for five minutes is let go", async () => {
    const { server } = await openSlow();
    await server.advance(298_000);
    expect(server.events("session ended")).toEqual([]);
    await server.advance(4_000);
    expect(server.events("session ended")).toMatchObject([{ reason: "write_timeout" }]);
  });

  test("is among the clients, and can be disconnected", async () => {
    const { server } = await openSlow();
    const [client] = await listClients(server);
    expect(client).toMatchObject({ type: "flv-play", publish: false });
    const path = `/api/v1/clients/${String(client?.["id"])}`;
    await server.fetch(path, { port: 1985, method: "DELETE" });
    await settle();
    expect(server.events("session ended")).toHaveLength(1);
    expect(await listClients(server)).toEqual([]);
  });

  test("is asked about, and told of when he has left, as every player is", async () => {
    const backend = new HookBackend();
    const url = "http://127.0.0.1:9000/hooks";
    const { server, from } = await start({
      http_hooks: { enabled: true, on_play: [url], on_stop: [url] },
    });
    await backend.listen(server.runtime.tcp, 9000);
    await server.fetch(`/live/show.flv?from=${from}&duration=1`);
    await settle();
    const told = backend.requests.map(({ fields }) => [fields["action"], fields["param"]]);
    const param = `?from=${from}&duration=1`;
    expect(told).toEqual([
      ["on_play", param],
      ["on_stop", param],
    ]);
    await server.fetch(`/live/show.flv?from=1&duration=1`);
    await settle();
    expect(backend.requests).toHaveLength(4); // Whom nothing could be played has stopped too.
  });
});

test("a file that vanishes between two ends the answer alone", async () => {
  const { server, from } = await start();
  const { files } = server.runtime;
  const names = (await files.list(REC)).filter((name) => name.endsWith(".flv"));
  const content = await files.read(`${REC}/${names[1]}`);
  await files.write(`${REC}/${names[1]}`, content.fill(0, 900));
  const viewer = await server.watch(server.httpUrl(`/live/show.flv?from=${from}`));
  await settle();
  expect([viewer.status, viewer.isEnded, viewer.error]).toEqual([200, true, undefined]);
  expect(viewer.count(9)).toBeGreaterThanOrEqual(101);
  expect(server.events("playback ended early")).toMatchObject([{ reason: "damaged" }]);
  expect((await server.fetch(`/live/show.flv?from=${from + 9}`)).status).toBe(200);
});
