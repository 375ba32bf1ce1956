/**
 * Goal: clients of the events of a real server, browsers among them, see FFmpeg publish and play as it
 * happens, whichever of several processes serves it or dies; and an end does not wait for them.
 *
 * Method: a server of one process and one of two, on each runtime; several clients read at the same
 * time, so that both workers have some; workers are killed; Chromium's own EventSource reads, and comes
 * back by itself when the server has been started anew.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { EventClient, type EventValue } from "../support/event-client.ts";
import { publishFile } from "../support/ffmpeg.ts";
import { media } from "../support/media.ts";
import { Program, runProgram } from "../support/program.ts";
import { RtmpPeer } from "../support/rtmp-peer.ts";
import {
  launchServer,
  ROOT,
  RUNTIME_ENVIRONMENT,
  SLUICE,
  startServer,
  type TestServer,
} from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

const SECRET = "s3cr3t";
const EVENTS = "/api/v2/events";
/** With so many both workers have one: one run in millions has not. */
const READERS = 24;

let file: string;

beforeAll(async () => {
  file = await media("h264-aac.flv");
});

async function start(config: Record<string, unknown> = {}): Promise<TestServer> {
  const server = await startServer({ config });
  onTestFinished(() => server.stop());
  await waitFor("all processes", () => server.events("server ready").length > 0);
  return server;
}

function publish(server: TestServer): Program {
  const url = server.rtmpUrl(`live/show?token=${SECRET}`);
  const program = publishFile(file, url, { isLooped: true });
  onTestFinished(async () => void (await program.end()));
  return program;
}

/** Plays for some seconds. */
async function play(input: string): Promise<void> {
  const args = ["-v", "error", "-i", input, "-t", "2", "-f", "null", "-"];
  const { code, stderr } = await runProgram("ffmpeg", args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
}

/** What a session did, in its order. */
function lifeOf(client: EventClient, clientId: unknown): unknown[] {
  return client.values
    .filter((value) => value["clientId"] === clientId && value["type"] !== "segment.finished")
    .map(({ type }) => type);
}

async function expectEnd(client: EventClient, protocol: string): Promise<EventValue> {
  const ended = await client.waitForEvent("session.ended", { protocol });
  expect(lifeOf(client, ended["clientId"])).toEqual([
    ...["session.connected", "play.started", "play.ended", "session.ended"],
  ]);
  expect(ended).toMatchObject({ app: "live", stream: "show", isFailed: false });
  expect(ended["sentSize"]).toBeGreaterThan(10_000);
  expect(ended["durationMs"]).toBeGreaterThan(500);
  return ended;
}

test("a publisher and players by each protocol, as they come and go", async () => {
  const server = await start({
    vhosts: {
      __defaultVhost__: {
        publish: { grace_ms: 0 },
        hls: { enabled: true, hls_on_demand: false, hls_fragment: 1, hls_storage: "memory" },
        cmaf: { on_demand: false, segment_duration: 1, segment_sessions: true },
      },
    },
  });
  const client = await EventClient.open(server.apiUrl(EVENTS));
  const few = await EventClient.open(server.apiUrl(`${EVENTS}?types=stream.*&stream=live/show`));
  const publisher = publish(server);
  const ready = await client.waitForEvent("stream.ready");
  expect(ready["tracks"]).toMatchObject([
    { codec: "h264", codecString: expect.stringMatching(/^avc1\./), width: expect.any(Number) },
    { codec: "aac", codecString: "mp4a.40.2", sampleRate: expect.any(Number) },
  ]);
  await play(server.rtmpUrl("live/show"));
  await play(server.httpUrl("/live/show.flv"));
  await play(server.httpUrl("/live/show.m3u8"));
  await expectEnd(client, "rtmp");
  await expectEnd(client, "http-flv");
  for (const [format, track] of [
    ["ts", null],
    ["cmaf", "video"],
    ["cmaf", "audio"],
  ]) {
    const { url } = await client.waitForEvent("segment.finished", { format, track });
    expect((await fetch(server.httpUrl(`/${String(url)}`))).status).toBe(200);
  }
  await publisher.end();
  const { clientId } = await client.waitForEvent("stream.unpublished");
  await client.waitForEvent("session.ended", { clientId });
  await client.waitForEvent("stream.ended");
  expect(lifeOf(client, clientId).toSorted()).toEqual([
    ...["session.connected", "session.ended", "stream.published", "stream.unpublished"],
  ]);
  await few.waitForEvent("stream.ended");
  expect(few.values.map(({ type }) => type)).toEqual([
    ...["stream.published", "stream.ready", "stream.unpublished", "stream.ended"],
  ]);
  const { lastEventId } = client;
  await server.signal("SIGTERM");
  await waitFor("the end of the answer", () => client.isClosed);
  await client.waitForEvent("session.ended", { protocol: "hls", reason: "server_stopped" });
  expect(client.of("server.stopping")).toHaveLength(1);
  const ids = client.events.map((event) => Number(event.lastEventId.split("-")[1]));
  expect(ids).toEqual(ids.map((_, index) => (ids[0] ?? 0) + index));
  expect(lastEventId).not.toBe("");
  expect(JSON.stringify(client.events)).not.toContain(SECRET);
});

test("a graceful end waits for players, and for nobody who reads events", async () => {
  const server = await start();
  const client = await EventClient.open(server.apiUrl(EVENTS));
  const player = await RtmpPeer.play(server.rtmpUrl("live/show"));
  await client.waitForEvent("play.started");
  server.process.kill("SIGQUIT");
  await client.waitForEvent("server.stopping", { isGraceful: true });
  expect(server.process.exit).toBeUndefined();
  player.close();
  await client.waitForEvent("session.ended");
  expect(await server.process.exited).toMatchObject({ code: 0 });
});

describe("two workers", () => {
  test("tell the same at each of them, and of one that is killed", async () => {
    const server = await start({ workers: 2, http_api: { events: { clients: READERS } } });
    const readers = await Promise.all(
      Array.from({ length: READERS }, () => EventClient.open(server.apiUrl(EVENTS))),
    );
    await expect(EventClient.open(server.apiUrl(EVENTS))).rejects.toThrow("503");
    publish(server);
    await play(server.httpUrl("/live/show.flv"));
    const [first] = readers;
    if (first === undefined) throw new Error("There is no reader");
    await expectEnd(first, "http-flv");
    const pids = server.events("worker ready").map(({ worker, pid }) => [Number(worker), pid]);
    const pidOf = new Map(pids as [number, number][]);
    for (const reader of readers) await reader.waitForEvent("session.ended");
    for (const { events } of readers) expect(events).toEqual(first.events);

    const other = 1 - Number(first.of("stream.published")[0]?.["worker"]);
    process.kill(pidOf.get(other) ?? 0, "SIGKILL");
    const kept = await waitFor("some answers to end", () => {
      const open = readers.filter(({ isClosed }) => !isClosed);
      return open.length > 0 && open.length < READERS ? open : undefined;
    });
    for (const reader of kept) {
      const ended = await reader.waitForEvent("worker.ended");
      expect(ended).toMatchObject({ worker: other, pid: pidOf.get(other), signal: "SIGKILL" });
      await reader.waitForEvent("worker.started", { worker: other });
    }
    const lost = readers.find(({ isClosed }) => isClosed);
    if (lost === undefined) throw new Error("No reader has been lost");
    const again = await EventClient.open(server.apiUrl(EVENTS), lost.lastEventId);
    await again.waitForEvent("worker.started", { worker: other });
    expect(again.of("events.missed")).toEqual([]);
    const before = lost.events.map(({ lastEventId }) => lastEventId);
    const after = again.events.map(({ lastEventId }) => lastEventId);
    const whole = kept[0]?.events.map(({ lastEventId }) => lastEventId) ?? [];
    expect([...before, ...after].slice(0, whole.length)).toEqual(
      whole.slice(0, before.length + after.length),
    );

    // The one in its place is heard of, too.
    await waitFor("a player at the new worker", async () => {
      const peer = await RtmpPeer.play(server.rtmpUrl("live/show"));
      peer.close();
      return again.of("play.started").some(({ worker }) => worker === other);
    });
  });

  test("end with those who read, gracefully too", async () => {
    const server = await start({ workers: 2 });
    const clients = [];
    for (let i = 0; i < 4; i++) clients.push(await EventClient.open(server.apiUrl(EVENTS)));
    server.process.kill("SIGQUIT");
    expect(await server.process.exited).toMatchObject({ code: 0 });
    for (const client of clients) {
      await waitFor("the end of the answer", () => client.isClosed);
      expect(client.of("server.stopping")).toMatchObject([{ isGraceful: true }]);
    }
  });
});

/** The example in docs/events.md that is of this language. */
function example(language: string): string {
  const text = readFileSync(`${ROOT}docs/events.md`, "utf8");
  return new RegExp(`\\n\`\`\`${language}\\n([^]*?)\\n\`\`\`\\n`).exec(text)?.[1] ?? "";
}

test("curl gets them as the documentation says", async () => {
  const server = await start();
  const command = example("sh").replace("127.0.0.1:1985", `127.0.0.1:${server.ports.api}`);
  const curl = new Program("sh", ["-c", `exec ${command}`]);
  onTestFinished(async () => void (await curl.end()));
  await waitFor("the opening", () => curl.stdout.includes("id: "));
  publish(server);
  await waitFor("an event", () => /\nevent: stream\.published\nid: /.test(curl.stdout));
});

test("EventSource of a browser gets them, and comes back to a server that was started anew", async () => {
  const server = await launchServer({
    config: ({ http }) => ({ http_api: { listen: `127.0.0.1:${http}` } }),
  });
  onTestFinished(() => server.stop());
  mkdirSync(`${server.folder}/html`);
  writeFileSync(`${server.folder}/html/events.html`, `<!doctype html>\n${example("html")}`);
  await waitFor("the server", () => server.events("server ready").length > 0);
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(server.httpUrl("/events.html"));
  const lines = (): Promise<string[]> => page.locator("#log li").allTextContents();
  const isOpen = (): Promise<boolean> => page.evaluate("events.readyState === EventSource.OPEN");
  await waitFor("the answer", isOpen);
  const peer = await RtmpPeer.publish(server.rtmpUrl("live/show"));
  await waitFor("an event", async () => (await lines()).includes("stream.published show "));
  peer.close();
  await waitFor("its end", async () =>
    (await lines()).some((line) => /^session\.ended show peer_closed$/.test(line)),
  );

  await server.signal("SIGTERM");
  const next = new Program(SLUICE, ["-c", `${server.folder}/sluice.yaml`], {
    environment: RUNTIME_ENVIRONMENT,
    workingFolder: server.folder,
  });
  onTestFinished(async () => void (await next.end()));
  await waitFor("the browser to come back", async () =>
    (await lines()).includes("events.missed  other_start"),
  );
  const again = await RtmpPeer.publish(server.rtmpUrl("live/next"));
  onTestFinished(() => again.close());
  await waitFor("an event", async () => (await lines()).includes("stream.published next "));
  expect(complaints).toEqual([]);
});
