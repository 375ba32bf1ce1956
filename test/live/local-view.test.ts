/**
 * Goal: reports tell what is true: how much is held and for whom, what was sent also to those who have
 * left, and what was dropped; totals never go back.
 *
 * Method: a hub with a readable format, a clock that is moved by hand, sinks with chosen room. Each
 * frame of the format is known text, so that every figure can be counted by hand.
 */

import { expect, test } from "vitest";
import type { SessionRequest } from "../../src/live/admission.ts";
import type { BroadcastFormat } from "../../src/live/broadcast-format.ts";
import { ConnectionLimit } from "../../src/live/connection-limit.ts";
import { LocalView } from "../../src/live/local-view.ts";
import type { Publisher } from "../../src/live/publication.ts";
import type { ProcessReport, StreamReport } from "../../src/live/reports.ts";
import { type Session, SessionRegistry } from "../../src/live/session-registry.ts";
import type { StreamSettings } from "../../src/live/settings.ts";
import { StreamHub } from "../../src/live/stream-hub.ts";
import type { Subscriber } from "../../src/live/subscriber.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import { AUDIO, SETTINGS, TEXT_FORMAT, TestSink, VIDEO, videoFrame } from "../support/live.ts";
import { MACHINE } from "../support/reports.ts";

const NAME = { vhost: "__defaultVhost__", app: "live", stream: "show" };
const PEER_FORMAT: BroadcastFormat = { ...TEXT_FORMAT, name: "text/peers", isImmediate: true };

/** `V0000! ` and `V0040 ` are such long. */
const size = (text: string): number => text.length;

function setUp(settings: Partial<StreamSettings> = {}) {
  const clock = new ManualClock();
  const hub = new StreamHub(clock, () => ({ ...SETTINGS, ...settings }));
  const sessions = new SessionRegistry();
  const connections = new ConnectionLimit({ connectionsMax: 50, connectionsPerAddressMax: 0 });
  const cpu = { user: 1_000, system: 500 };
  const view = new LocalView({
    hub,
    sessions,
    connections,
    clock,
    role: "worker",
    worker: 3,
    process: {
      pid: 77,
      parentPid: 7,
      program: { path: "/usr/bin/bun", args: ["main.ts"] },
      arguments: ["-c", "a.yaml"],
      workingFolder: () => "/srv",
      resourceUse: () => undefined,
      cpuMs: () => cpu,
      memory: () => ({ residentSize: 10, heapSize: 5 }),
      openFiles: () => undefined,
      pendingTimers: () => clock.timerCount,
    },
    system: {
      sweep: () => undefined,
      machine: async () => MACHINE,
      processStat: async () => undefined,
    },
    otherTraffic: () => ({ receivedSize: 100, sentSize: 1_000 }),
  });
  const stream = hub.getOrCreate(NAME);
  const publish = (publisher: Partial<Publisher> = {}) =>
    stream.publish({ clientId: "pub", close: () => undefined, ...publisher });
  const play = (room = Number.POSITIVE_INFINITY, format = TEXT_FORMAT) => {
    const sink = new TestSink();
    sink.room = room;
    const { broadcast, subscriber } = stream.subscribe(format, sink, { isLasting: true });
    subscriber.pump();
    return { sink, subscriber, leave: () => stream.unsubscribe(broadcast, subscriber) };
  };
  const report = async (): Promise<StreamReport> => {
    const [first] = await view.streams();
    if (first === undefined) throw new Error("There is no stream");
    return first;
  };
  const processReport = async (): Promise<ProcessReport> => {
    const [first] = await view.processes();
    if (first === undefined) throw new Error("There is no process");
    return first;
  };
  return { clock, hub, sessions, connections, cpu, view, publish, play, report, processReport };
}

function session(clientId: string, more: Partial<Session> = {}): Session {
  return {
    clientId,
    clientType: "rtmp-play",
    protocol: "rtmp",
    remoteAddress: "192.0.2.7",
    streamUrl: "/live/show",
    request: request(clientId),
    subscriber: undefined,
    skipCount: 0,
    skippedSize: 0,
    startedMs: 0,
    endReason: "peer_closed",
    receivedSize: 3,
    sentSize: 40,
    setNoDelay: () => undefined,
    kick: () => undefined,
    ...more,
  };
}

function request(clientId: string, more: Partial<SessionRequest> = {}): SessionRequest {
  return {
    clientId,
    clientType: "rtmp-play",
    remoteAddress: "192.0.2.7",
    ...NAME,
    param: "?token=secret",
    tcUrl: `rtmp://${clientId}/live`,
    pageUrl: "http://page",
    swfUrl: "http://swf",
    ...more,
  };
}

test("what the stream is, and who publishes it since when", async () => {
  const { clock, publish, report } = setUp();
  clock.advance(5_000);
  const publication = publish();
  publication.writeMetadata({
    scriptData: new Uint8Array(0),
    fields: new Map<string, number | string>([
      ["width", 768],
      ["height", "tall"],
    ]),
  });
  publication.writeTrack(VIDEO);
  publication.writeTrack(AUDIO);
  clock.advance(2_000);
  expect(await report()).toMatchObject({
    url: "/live/show",
    vhost: "__defaultVhost__",
    app: "live",
    name: "show",
    publisher: { clientId: "pub", sinceMs: clock.wallMs() - 2_000 },
    isRelayed: false,
    video: { codec: "h264", configuration: "AQ==" },
    audio: { codec: "aac", configuration: "Ag==" },
    width: 768,
    height: null,
    queue: SETTINGS.queue,
  });
  publication.end();
  expect(await report()).toMatchObject({ publisher: null, video: null, width: null });
});

test("what came is counted over all publishers, and its rate told", async () => {
  const { clock, publish, report } = setUp();
  const first = publish();
  first.writeFrame(videoFrame(0, true, 1_000));
  first.writeFrame({ ...videoFrame(40, false, 1_000), flvBody: new Uint8Array(1_005) });
  first.end();
  publish().writeFrame({ ...videoFrame(0, true, 500), track: AUDIO });
  clock.advance(10_000);
  expect(await report()).toMatchObject({
    videoFrames: 2,
    audioFrames: 1,
    receivedSize: 2_505,
    receivedRate: 2_004,
    gopCache: { isEnabled: true, frames: 0, size: 0, sizeMax: 1 << 20 },
  });
});

test("the GOP cache and its use", async () => {
  const { publish, report } = setUp();
  const publication = publish();
  publication.writeFrame(videoFrame(0, true, 100));
  publication.writeFrame(videoFrame(40, false, 30));
  expect((await report()).gopCache).toEqual({ ...SETTINGS.gopCache, frames: 2, size: 130 });
});

test("the chain is as long as the slowest needs it, and the worst lag is told", async () => {
  const { clock, publish, play, report } = setUp();
  const publication = publish();
  publication.writeTrack(VIDEO);
  publication.writeFrame(videoFrame(0, true));
  play();
  const join = size("join(h264) ");
  // Takes the first block but for two characters.
  play(join + size("V0! ") - 2);
  for (const ms of [400, 800]) {
    publication.writeFrame(videoFrame(ms));
    clock.advance(400);
  }
  const first = size("h264 V0! ");
  const rest = size("V400 V800 ");
  expect((await report()).broadcasts).toEqual([
    {
      format: "text",
      isForPeers: false,
      subscribers: 2,
      chainSize: first + rest,
      chainMs: 800,
      lagSizeMax: rest + 2,
      lagMsMax: 800,
    },
  ]);
  expect(await report()).toMatchObject({ subscribers: 2, sentSize: 2 * join + 4 + 2 + rest });
  // A key frame lets go of what was for those who join; the slow one still holds it.
  publication.writeFrame(videoFrame(1_200, true));
  clock.advance(400);
  const [broadcast] = (await report()).broadcasts;
  expect(broadcast).toMatchObject({ chainSize: first + rest + size("V1200! "), chainMs: 1_200 });
});

test("without a slow one, the chain begins where those who join do", async () => {
  const { clock, publish, play, report } = setUp();
  const publication = publish();
  publication.writeFrame(videoFrame(0, true));
  play();
  publication.writeFrame(videoFrame(400, true));
  clock.advance(400);
  publication.writeFrame(videoFrame(800));
  clock.advance(400);
  publication.writeFrame(videoFrame(840)); // In the open block.
  const [broadcast] = (await report()).broadcasts;
  expect(broadcast).toMatchObject({ chainSize: size("V400! V800 V840 "), chainMs: 400 });
});

test("skips, what they cost, and timeouts stay counted when the subscriber is gone", async () => {
  const queue = { durationMs: 1_000, sizeMax: 1 << 20, writeTimeoutMs: 5_000 };
  const { clock, hub, publish, play, report, processReport } = setUp({ queue });
  const publication = publish();
  publication.writeFrame(videoFrame(0, true));
  const { sink, subscriber, leave } = play(0);
  for (const ms of [600, 1_200]) {
    publication.writeFrame(videoFrame(ms));
    clock.advance(400);
  }
  expect((await report()).drops).toEqual({ skips: 1, skippedSize: 0, writeTimeouts: 0 });
  publication.writeFrame(videoFrame(1_800, true));
  clock.advance(400);
  sink.room = 1_000;
  subscriber.pump();
  const drops = { skips: 1, skippedSize: size("V600 V1200 "), writeTimeouts: 0 };
  expect((await report()).drops).toEqual(drops);
  sink.room = 0;
  publication.writeFrame(videoFrame(2_000));
  clock.advance(400);
  hub.sweep(clock.monotonicMs() + 5_000);
  expect(sink.ended).toBe("write_timeout");
  const { sentSize } = await report();
  expect(sentSize).toBe(size(sink.text));
  leave();
  const after = { drops: { ...drops, writeTimeouts: 1 }, sentSize, broadcasts: [] };
  expect(await report()).toMatchObject(after);
  publication.end();
  clock.advance(60_000);
  hub.sweep(clock.monotonicMs());
  expect(await processReport()).toMatchObject({
    streams: 0,
    drops: { ...drops, writeTimeouts: 1 },
  });
});

test("rates of what is sent, over those who have left too", async () => {
  const { clock, hub, publish, play, report } = setUp();
  const publication = publish();
  publication.writeFrame(videoFrame(0, true));
  const { sink, leave } = play();
  clock.advance(1_000);
  leave();
  expect((await report()).sentRate).toBe(size(sink.text) * 8);
  for (let second = 0; second < 60; second++) {
    clock.advance(1_000);
    hub.sweep(clock.monotonicMs());
  }
  expect(await report()).toMatchObject({ sentRate: 0, sentSize: size(sink.text) });
});

test("from another process: not received from anybody, and nobody's session", async () => {
  const { publish, report } = setUp();
  publish({ isRelayed: true }).writeFrame(videoFrame(0, true));
  expect(await report()).toMatchObject({
    publisher: null,
    isRelayed: true,
    receivedSize: 0,
    videoFrames: 0,
    gopCache: { frames: 1 },
  });
});

test("for another process: bounded like any, but no client's", async () => {
  const { publish, play, report } = setUp();
  publish().writeFrame(videoFrame(0, true));
  const { sink, leave } = play(Number.POSITIVE_INFINITY, PEER_FORMAT);
  expect(sink.text).not.toBe("");
  const expected = { subscribers: 0, sentSize: 0 };
  expect(await report()).toMatchObject({
    ...expected,
    broadcasts: [{ format: "text/peers", isForPeers: true, subscribers: 1 }],
  });
  leave();
  expect(await report()).toMatchObject({ ...expected, broadcasts: [] });
});

test("clients are a stream's sessions; its tcUrl is the publisher's, else a player's", async () => {
  const { sessions, report } = setUp();
  expect(await report()).toMatchObject({ clients: 0, tcUrl: "" });
  sessions.add(session("play1"));
  sessions.add(session("other", { streamUrl: "/live/other" }));
  sessions.add(session("stranger", { streamUrl: undefined, request: undefined }));
  expect(await report()).toMatchObject({ clients: 1, tcUrl: "rtmp://play1/live" });
  sessions.add(session("pub", { clientType: "fmle-publish" }));
  sessions.add(session("play2"));
  expect(await report()).toMatchObject({ clients: 3, tcUrl: "rtmp://pub/live" });
});

test("a session, without what may be secret in its query", async () => {
  const { clock, sessions, view } = setUp();
  const subscriber = { lagSize: 9, lagMs: 8.4, skipCount: 2, skippedSize: 7 } as Subscriber;
  sessions.add(session("player00", { subscriber }));
  sessions.add(
    session("stranger", { clientType: "unknown", streamUrl: undefined, request: undefined }),
  );
  clock.advance(1_234.4);
  const [player, stranger] = await view.sessions();
  expect(player).toEqual({
    clientId: "player00",
    clientType: "rtmp-play",
    address: "192.0.2.7",
    url: "/live/show",
    ...NAME,
    tcUrl: "rtmp://player00/live",
    pageUrl: "http://page",
    swfUrl: "http://swf",
    isPublishing: false,
    aliveMs: 1_234,
    receivedSize: 3,
    sentSize: 40,
    receivedRate: 19,
    sentRate: 259,
    lagSize: 9,
    lagMs: 8,
    skips: 2,
    skippedSize: 7,
    transport: null,
  });
  expect(stranger).toMatchObject({ url: null, vhost: "", tcUrl: "", lagSize: 0, skips: 0 });
  expect(JSON.parse(JSON.stringify([player, stranger]))).toEqual([player, stranger]);
});

test("totals have the sessions that have failed, those that are over included", () => {
  const { sessions, view } = setUp();
  const all = [session("a"), session("b"), session("c")];
  for (const one of all) sessions.add(one);
  sessions.remove(all[0] as Session, true);
  sessions.remove(all[0] as Session, true);
  sessions.remove(all[1] as Session);
  expect(view.totals()).toMatchObject({ sessionsTotal: 3, errors: 1 });
});

test("the process, with the bytes of sessions that have ended", async () => {
  const { clock, sessions, connections, cpu, processReport } = setUp();
  const [here, gone] = [session("a"), session("b", { clientType: "fmle-publish" })];
  sessions.add(here);
  sessions.add(gone);
  sessions.remove(gone);
  sessions.remove(gone);
  connections.enter("192.0.2.7");
  clock.advance(10_000);
  cpu.user += 2_000;
  cpu.system += 500;
  expect(await processReport()).toEqual({
    pid: 77,
    parentPid: 7,
    commandLine: ["/usr/bin/bun", "main.ts", "-c", "a.yaml"],
    workingFolder: "/srv",
    role: "worker",
    worker: 3,
    startedMs: clock.wallMs() - 10_000,
    uptimeMs: 10_000,
    cpuUserMs: 3_000,
    cpuSystemMs: 1_000,
    cpuLoad: 0.25,
    residentSize: 10,
    heapSize: 5,
    openFiles: null,
    pendingTimers: 1,
    stat: null,
    use: null,
    connections: 1,
    connectionsMax: 50,
    streams: 1,
    sessions: { "rtmp-play": 1 },
    sessionsTotal: 2,
    receivedSize: 106,
    sentSize: 1_080,
    drops: { skips: 0, skippedSize: 0, writeTimeouts: 0 },
    protocols: {
      rtmp: {
        sessions: 1,
        sessionsTotal: 2,
        errors: 0,
        receivedSize: 6,
        sentSize: 80,
        skips: 0,
        skippedSize: 0,
        firstFrame: null,
      },
    },
    flushes: {},
    eventLoopDelay: {
      bounds: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
      buckets: [100, 100, 100, 100, 100, 100, 100, 100],
      sum: 0,
      count: 100,
    },
    programs: null,
    hooks: null,
    ofWorkers: null,
    tracing: null,
    recordings: null,
  });
});

test("processor time is looked at over the last half minute", async () => {
  const { clock, cpu, view, processReport } = setUp();
  for (let second = 1; second <= 100; second++) {
    clock.advance(1_000);
    if (second <= 50) cpu.user += 1_000;
    view.sweep(clock.monotonicMs());
    if (second === 50) expect((await processReport()).cpuLoad).toBe(1);
  }
  expect((await processReport()).cpuLoad).toBe(0);
});

test("kick finds a session by its id", async () => {
  const { sessions, view } = setUp();
  const kicked: string[] = [];
  sessions.add(session("a", { kick: (reason) => kicked.push(reason) }));
  expect(await view.kick("b", "why")).toBe(false);
  expect(await view.kick("a", "why")).toBe(true);
  expect(kicked).toEqual(["why"]);
});

test("a session's rates are those of the last half minute or so, and not of its first second", async () => {
  const { clock, sessions, view } = setUp();
  const traffic = { receivedSize: 0, sentSize: 0 };
  sessions.add(Object.assign(session("a"), traffic));
  const [added] = [...sessions.values()] as unknown as (typeof traffic)[];
  const rates = async (): Promise<unknown> => {
    const [report] = await view.sessions();
    return [report?.receivedRate, report?.sentRate];
  };
  const pass = (seconds: number, sizePerSecond: number): void => {
    for (let second = 0; second < seconds; second++) {
      if (added !== undefined) added.sentSize += sizePerSecond;
      clock.advance(1_000);
      view.sweep(clock.monotonicMs());
    }
  };
  if (added !== undefined) added.sentSize = 1_000;
  clock.advance(500);
  expect(await rates()).toEqual([0, 0]);
  if (added !== undefined) added.sentSize = 0;
  clock.advance(500);
  pass(60, 1_000);
  expect(await rates()).toEqual([0, 8_000]);
  pass(40, 0);
  expect(await rates()).toEqual([0, 0]);
});

test("a vhost keeps the bytes of streams that are gone, and its rates are of those that are there", async () => {
  const { clock, hub, publish, play, view } = setUp();
  const publication = publish();
  publication.writeTrack(VIDEO);
  play();
  publication.writeFrame(videoFrame(0, true));
  clock.advance(1_000);
  const [before] = await view.vhosts();
  const [stream] = await view.streams();
  expect(before).toMatchObject({
    name: "__defaultVhost__",
    streams: 1,
    receivedSize: stream?.receivedSize,
    sentSize: stream?.sentSize,
    receivedRate: stream?.receivedRate,
  });
  expect(before?.receivedSize).toBeGreaterThan(0);
  hub.close();
  const [after] = await view.vhosts();
  expect(after).toMatchObject({ streams: 0, clients: 0, receivedRate: 0, sentRate: 0 });
  expect([after?.receivedSize, after?.sentSize]).toEqual([before?.receivedSize, before?.sentSize]);
});
