/**
 * Goal: somebody else's HTTP server is told of sessions as an OpenTelemetry collector is, and what
 * Prometheus reads of the same sessions fits.
 *
 * Method: Node's own HTTP server as the collector, which fails at first; FFmpeg publishes and plays by
 * RTMP, HTTP-FLV and HLS; the server is stopped as operators do.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseExposition } from "../support/exposition.ts";
import { publishFile } from "../support/ffmpeg.ts";
import { media } from "../support/media.ts";
import { runProgram } from "../support/program.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: { key: string; value: { stringValue: string } }[];
}

const SECRET = "s3cr3t";
const spans: Span[] = [];
const bodies: string[] = [];
let refusals = 0;
let collector: Server;
let server: TestServer;

async function collect(request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.setEncoding("utf8");
  let body = "";
  for await (const text of request) body += text;
  if (refusals === 0) {
    refusals += 1;
    response.writeHead(503, { "retry-after": "1" }).end();
    return;
  }
  const isRight =
    request.url === "/v1/traces" && request.headers["content-type"] === "application/json";
  if (!isRight || request.headers.authorization !== `Bearer ${SECRET}`) {
    response.writeHead(400).end();
    return;
  }
  bodies.push(body);
  for (const { scopeSpans } of JSON.parse(body).resourceSpans) {
    for (const scope of scopeSpans) spans.push(...scope.spans);
  }
  response.writeHead(200, { "content-type": "application/json" }).end("{}");
}

beforeAll(async () => {
  collector = createServer((request, response) => void collect(request, response));
  await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
  const { port } = collector.address() as AddressInfo;
  server = await startServer({
    config: {
      tracing: {
        enabled: true,
        endpoint: `http://127.0.0.1:${port}`,
        headers: ["$TRACING_HEADERS"],
      },
      vhosts: { __defaultVhost__: { cmaf: { segment_sessions: true } } },
    },
    environment: { TRACING_HEADERS: `Authorization=Bearer%20${SECRET}` },
  });
});

afterAll(() => {
  collector.closeAllConnections();
  collector.close();
});

/** Plays for some seconds. */
async function play(input: string): Promise<void> {
  const { code, stderr } = await runProgram("ffmpeg", [
    ...["-v", "error", "-i", input, "-t", "3", "-f", "null", "-"],
  ]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
}

function attribute(span: Span, name: string): string | undefined {
  return span.attributes.find(({ key }) => key === name)?.value.stringValue;
}

test("a publisher and players", async () => {
  const url = server.rtmpUrl(`live/show?token=${SECRET}`);
  const publisher = publishFile(await media("h264-aac.flv"), url);
  await waitFor("the stream", () => server.events("stream published").length > 0);
  await play(server.rtmpUrl("live/show"));
  await play(server.httpUrl("/live/show.flv"));
  await play(server.httpUrl("/live/show.m3u8"));

  const scraped = await fetch(server.apiUrl("/metrics"));
  const families = parseExposition(await scraped.text());
  const firstFrames = families.find(({ name }) => name === "sluice_first_frame_seconds");
  const counts = firstFrames?.samples.filter(({ name }) => name.endsWith("_count")) ?? [];
  expect(counts.map(({ labels, value }) => `${labels["protocol"]} ${value}`).sort()).toEqual([
    "hls 1",
    "http-flv 1",
    "rtmp 1",
  ]);

  await publisher.end();
  await server.stop();
  expect(refusals).toBe(1);
  const sessions = spans.filter(({ name }) => name === "session");
  const known = sessions.map((span) =>
    [
      attribute(span, "network.protocol.name"),
      attribute(span, "sluice.client_type"),
      attribute(span, "sluice.stream"),
    ].join(" "),
  );
  expect(known.sort()).toEqual([
    "hls hls-play show",
    "http-flv flv-play show",
    "rtmp fmle-publish show",
    "rtmp rtmp-play show",
  ]);
  for (const session of sessions) {
    const own = spans.filter(({ traceId }) => traceId === session.traceId);
    expect(own.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["accept", "hook", "first key frame", "end", "session"]),
    );
    for (const { startTimeUnixNano, endTimeUnixNano } of own) {
      expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
      expect(BigInt(startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(session.startTimeUnixNano));
      expect(BigInt(endTimeUnixNano)).toBeLessThanOrEqual(BigInt(session.endTimeUnixNano));
    }
  }
  expect(bodies.join()).not.toContain(SECRET);
  expect(server.log).not.toContain(SECRET);
});
