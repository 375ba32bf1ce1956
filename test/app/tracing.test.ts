/**
 * Goal: the trace of a session says what it did, when, and for whom, whatever protocol it speaks; it
 * holds no secret; and nothing is traced that is not to be.
 *
 * Method: the whole server in memory, with a collector beside it and a clock that is moved by hand, so
 * that each span is known to the nanosecond.
 */

import { describe, expect, test } from "vitest";
import { type CollectedSpan, MemoryCollector } from "../support/memory-collector.ts";
import { settle } from "../support/memory-network.ts";
import { type ConfigValue, MemoryServer } from "../support/memory-server.ts";

const SECRET = "s3cr3t";

async function setUp(tracing: ConfigValue = {}, more: ConfigValue = {}) {
  let collector = new MemoryCollector();
  const server = await MemoryServer.start(
    { tracing: { enabled: true, ...tracing }, ...more },
    {
      prepare: async (prepared) => {
        collector = await MemoryCollector.start(prepared);
      },
    },
  );
  const startMs = server.runtime.clock.wallMs();
  /** Begin and end since the start in milliseconds. */
  const timesOf = (span: CollectedSpan): string => {
    const times = [span.startTimeUnixNano, span.endTimeUnixNano];
    const [begin, end] = times.map((text) => Number(BigInt(text) / 1_000_000n) - startMs);
    return `${span.name} ${begin}-${end}`;
  };
  const collect = async (): Promise<CollectedSpan[]> => {
    await server.advance(5_000);
    await settle();
    return collector.spans.splice(0);
  };
  return { server, collector, collect, timesOf };
}

function attributesOf({ attributes }: CollectedSpan): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

function find(spans: readonly CollectedSpan[], name: string): CollectedSpan {
  const span = spans.find((one) => one.name === name);
  if (span === undefined) throw new Error(`There is no span ${name}`);
  return span;
}

test("a publisher and a player by RTMP", async () => {
  const { server, collect, timesOf } = await setUp();
  const publisher = await server.publish(server.rtmpUrl(`live/show?token=${SECRET}`));
  await server.advance(200, 100);
  await publisher.start();
  await server.advance(300, 100);
  const player = await server.play(server.rtmpUrl("live/show"));
  await server.advance(1_000, 100);
  await publisher.send();
  await player.leave();
  await publisher.leave();
  const spans = await collect();
  const traces = [...Map.groupBy(spans, ({ traceId }) => traceId).values()];
  const [publish = [], play = []] = traces.toSorted(
    ([a], [b]) => Number(a?.startTimeUnixNano) - Number(b?.startTimeUnixNano),
  );
  expect(publish.map(timesOf)).toEqual([
    "accept 0-0",
    "handshake 0-0",
    "hook 0-0",
    "hook 0-0",
    "first key frame 0-200",
    "end 1500-1500",
    "session 0-1500",
  ]);
  expect(play.map(timesOf)).toEqual([
    "accept 500-500",
    "handshake 500-500",
    "hook 500-500",
    "hook 500-500",
    "first key frame 500-500",
    "end 1500-1500",
    "session 500-1500",
  ]);
  const root = find(publish, "session");
  expect(root).toEqual({
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
    name: "session",
    kind: 2,
    startTimeUnixNano: expect.stringMatching(/^\d{13}000000$/),
    endTimeUnixNano: expect.stringMatching(/^\d{13}000000$/),
    attributes: expect.any(Array),
    status: {},
  });
  expect(attributesOf(root)).toEqual({
    "network.protocol.name": "rtmp",
    "client.address": "127.0.0.1",
    "sluice.client_id": expect.stringMatching(/^[0-9a-z]{8}$/),
    "sluice.client_type": "fmle-publish",
    "sluice.vhost": "__defaultVhost__",
    "sluice.app": "live",
    "sluice.stream": "show",
    "sluice.reason": "peer_closed",
  });
  for (const part of publish.slice(0, -1)) {
    expect(part).toMatchObject({ parentSpanId: root.spanId, traceId: root.traceId, kind: 1 });
  }
  const questions = publish.filter(({ name }) => name === "hook").map(attributesOf);
  expect(questions.map((one) => one["sluice.question"])).toEqual(["connect", "publish"]);
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
});

test("players by HTTP and by WebSocket", async () => {
  const { server, collect } = await setUp();
  const publisher = await server.publish(server.rtmpUrl("live/show"));
  await publisher.start();
  const viewer = await server.watch(server.httpUrl(`/live/show.flv?token=${SECRET}`));
  const web = await server.watchByWebSocket(server.httpUrl("/live/show.flv").replace("http", "ws"));
  await publisher.send();
  viewer.exchange?.abort();
  web.webSocket?.socket.destroy();
  await settle();
  const spans = await collect();
  for (const protocol of ["http-flv", "ws-flv"]) {
    const own = spans.filter((one) => attributesOf(one)["network.protocol.name"] === protocol);
    expect(own.map(({ name }) => name)).toEqual([
      "accept",
      "hook",
      "first key frame",
      "end",
      "session",
    ]);
    expect(attributesOf(find(own, "session"))).toMatchObject({ "sluice.stream": "show" });
  }
});

test("who is refused", async () => {
  const security = { enabled: true, deny: ["play all"], allow: ["publish all"] };
  const { server, collect } = await setUp({}, { vhosts: { __defaultVhost__: { security } } });
  await expect(server.play(server.rtmpUrl("live/show"))).rejects.toThrow(Error);
  await server.fetch("/live/show.flv");
  await server.advance(5_000);
  const spans = await collect();
  const ended = spans.filter(({ name }) => name === "session");
  expect(ended.map((one) => attributesOf(one)["network.protocol.name"]).sort()).toEqual([
    "http-flv",
    "rtmp",
  ]);
  for (const span of ended) expect(span.status).toMatchObject({ code: 2 });
  const asked = spans.filter((one) => attributesOf(one)["sluice.question"] === "play");
  expect(asked.length).toBe(2);
  for (const span of asked) expect(span.status).toMatchObject({ code: 2 });
});

test("requests have the configured fields, and nothing of them or of a query is told", async () => {
  const { server, collector, collect } = await setUp({
    endpoint: "http://127.0.0.1:4318/tenant",
    headers: [`Authorization=Bearer%20${SECRET}-key`],
    service_name: "studio",
  });
  const publisher = await server.publish(server.rtmpUrl(`live/show?token=${SECRET}`));
  await publisher.leave();
  await collect();
  const [{ fields, text } = { fields: new Map<string, string>(), text: "" }] = collector.requests;
  expect(fields.get("authorization")).toBe(`Bearer ${SECRET}-key`);
  expect(fields.get("content-type")).toBe("application/json");
  expect(JSON.parse(text).resourceSpans[0].resource.attributes).toContainEqual({
    key: "service.name",
    value: { stringValue: "studio" },
  });
  for (const request of collector.requests) expect(request.text).not.toContain(SECRET);
  expect(server.logText).not.toContain(SECRET);
});

describe("what is not traced", () => {
  test.each([{ enabled: false }, { sample_ratio: 0 }])("%o", async (tracing) => {
    const { server, collector, collect } = await setUp(tracing);
    const publisher = await server.publish(server.rtmpUrl("live/show"));
    await publisher.start();
    await publisher.leave();
    await collect();
    expect(collector.requests).toEqual([]);
  });

  test("most of many sessions, by the ratio", async () => {
    const { server, collect } = await setUp({ sample_ratio: 0.25 });
    for (let i = 0; i < 80; i++) await (await server.connect(server.rtmpUrl("live/a"))).leave();
    const spans = await collect();
    const traced = spans.filter(({ name }) => name === "session").length;
    expect(traced).toBeGreaterThan(8);
    expect(traced).toBeLessThan(35);
  });
});

test("a server that stops sends what it has, of the sessions that this ends too", async () => {
  const { server, collector } = await setUp();
  await server.publish(server.rtmpUrl("live/show"));
  await server.stop();
  expect(attributesOf(find(collector.spans, "session"))).toMatchObject({
    "sluice.reason": "server_stopped",
  });
});

test("figures of it are among the metrics", async () => {
  const { server, collect } = await setUp();
  const publisher = await server.publish(server.rtmpUrl("live/show"));
  await publisher.leave();
  await collect();
  const { text } = await server.fetch("/metrics", { port: 1985, host: "127.0.0.1" });
  expect(text).toContain("\nsluice_trace_spans_sent_total 6\n");
  expect(text).toContain("\nsluice_trace_spans_dropped_total 0\n");
});
