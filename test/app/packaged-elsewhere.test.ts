/**
 * Goal: viewers who ask for the same packaged thing of another process at the same time cost one
 * question to it, and nobody gets what is somebody else's.
 *
 * Method: what packages streams twice, on one machine in memory; the first has the stream, the second
 * the viewers. The connections between them are counted.
 */

import { describe, expect, test } from "vitest";
import { Packaging } from "../../src/app/packaging.ts";
import { streamSettings } from "../../src/app/stream-settings.ts";
import { Vhosts } from "../../src/app/vhosts.ts";
import { SessionRegistry } from "../../src/live/session-registry.ts";
import { StreamHub } from "../../src/live/stream-hub.ts";
import type { HttpContext, HttpResponse } from "../../src/protocols/http/handler.ts";
import type { Peer } from "../../src/services/cluster/peer.ts";
import { PeerServer, type PeerServerPorts } from "../../src/services/cluster/peer-server.ts";
import { createRequest } from "../support/http-text.ts";
import { RecordingAdmission } from "../support/memory-parts.ts";
import { type BenchPublisher, PackagingBench, settleTasks } from "../support/packaging-bench.ts";
import { framesOf } from "../support/packaging-frames.ts";

const PATH = "/run/0";
const PEER: Peer = { name: "worker 0", address: { kind: "local", path: PATH } };
const NO_CONTEXT = undefined as unknown as HttpContext;
const NO_VIEW = undefined as unknown as PeerServerPorts["view"];
const SENT_MS = 10_200;

class Processes {
  readonly bench: PackagingBench;
  /** The process that has the viewers. */
  readonly packaging: Packaging;
  readonly server: PeerServer;

  private constructor(sessions: boolean) {
    const vhost = { cmaf: { sessions, on_demand: false } };
    this.bench = new PackagingBench({ vhosts: { __defaultVhost__: vhost, "b.example": vhost } });
    const { runtime, config, logger } = this.bench;
    const { clock, crypto } = runtime;
    const packaged = this.bench.packaging.here;
    this.server = new PeerServer({ view: NO_VIEW, packaged, clock, logger, crypto });
    this.packaging = new Packaging({
      config: { current: config },
      runtime,
      hub: new StreamHub(clock, (name) => streamSettings(config, name)),
      vhosts: new Vhosts(config),
      admission: new RecordingAdmission(),
      sessions: new SessionRegistry(),
      clock,
      logger,
      directory: { owner: () => ({ peer: PEER, claimId: 1 }) },
    });
  }

  static async start(sessions = false): Promise<{ both: Processes; publisher: BenchPublisher }> {
    const both = new Processes(sessions);
    await both.server.listen(both.bench.runtime.tcp, PATH);
    const publisher = await both.bench.publish();
    await publisher.send(framesOf({ toMs: SENT_MS }));
    return { both, publisher };
  }

  /** How many questions the process with the stream has been asked. */
  get questionCount(): number {
    return this.bench.runtime.tcp.connections.length;
  }

  /** What the playlist calls the next part, or a segment. */
  async uri(pattern: RegExp): Promise<string> {
    const text = await this.bench.text("/live/show/video.m3u8?hls_ctx=abcd1234");
    return `/live/show/${pattern.exec(text)?.[1]}`;
  }

  hint(): Promise<string> {
    return this.uri(/HINT:TYPE=PART,URI="([^"]+)"/);
  }

  segment(): Promise<string> {
    return this.uri(/^(video-.*\.m4s)$/m);
  }

  async ask(path: string, fields = "Host: 127.0.0.1\r\n"): Promise<HttpResponse> {
    const request = createRequest(`GET ${path} HTTP/1.1\r\n${fields}\r\n`);
    return (await this.packaging.handle(request, NO_CONTEXT)) as HttpResponse;
  }

  /** Begins many requests at once. */
  async askAll(count: number, path: string): Promise<Promise<HttpResponse>[]> {
    const asked = Array.from({ length: count }, () => this.ask(path));
    await settleTasks();
    return asked;
  }
}

async function textOf({ body }: HttpResponse): Promise<string> {
  return new Response(body as Uint8Array<ArrayBuffer>).text();
}

describe("viewers who ask at the same time share", () => {
  test("a part that is yet to come", async () => {
    const { both, publisher } = await Processes.start();
    const hint = await both.hint();
    const asked = await both.askAll(200, hint);
    await publisher.send(framesOf({ fromMs: SENT_MS, toMs: SENT_MS + 500 }));
    const answers = await Promise.all(asked);
    expect(both.questionCount).toBe(1);
    const own = await both.bench.bytes(hint);
    expect(own.length).toBeGreaterThan(100);
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect(body).toBe(answers[0]?.body);
    }
    expect(answers[0]?.body).toEqual(own);
  });

  test("a segment, and with it those who ask until the next sweep", async () => {
    const { both } = await Processes.start();
    const path = await both.segment();
    const own = await both.bench.bytes(path);
    for (let i = 0; i < 2; i++) {
      const answers = await Promise.all(await both.askAll(50, path));
      for (const { body } of answers) expect(body).toEqual(own);
    }
    expect(both.questionCount).toBe(1);
    both.packaging.sweep(both.bench.runtime.clock.monotonicMs());
    expect((await both.ask(path)).body).toEqual(own);
    expect(both.questionCount).toBe(2);
  });

  test("a playlist that is waited for, if it has no sessions", async () => {
    const { both, publisher } = await Processes.start();
    const asked = await both.askAll(100, "/live/show/video.m3u8?_HLS_msn=5&_HLS_part=1");
    await publisher.send(framesOf({ fromMs: SENT_MS, toMs: SENT_MS + 1_000 }));
    const answers = await Promise.all(asked);
    expect(both.questionCount).toBe(1);
    const text = await textOf(answers[0] as HttpResponse);
    expect(text).toContain("#EXT-X-PART:");
    for (const answer of answers) expect(await textOf(answer)).toBe(text);
  });

  test("the word that the other process is gone", async () => {
    const { both } = await Processes.start();
    const asked = await both.askAll(100, await both.hint());
    await both.server.close();
    for (const { status, fields } of await Promise.all(asked)) {
      expect(status).toBe(503);
      expect(fields).toContainEqual(["Retry-After", "1"]);
    }
    expect(both.bench.events("peer not heard")).toHaveLength(1);
  });
});

describe("of his own is what a viewer asks for", () => {
  test("with a session", async () => {
    const { both } = await Processes.start(true);
    const entries = await Promise.all([1, 2, 3].map(() => both.ask("/live/show.m3u8")));
    const sessions = await Promise.all(entries.map(textOf));
    const contexts = sessions.map((text) => /hls_ctx=\w+/.exec(text)?.[0]);
    expect(new Set(contexts).size).toBe(3);
    for (const context of contexts) {
      const answer = await both.ask(`/live/show/video.m3u8?${context}`);
      expect(await textOf(answer)).toContain(`${context}`);
    }
    expect(both.questionCount).toBe(6);
  });

  test("without one yet, also if he waits with others", async () => {
    const { both } = await Processes.start(true);
    const path = "/live/show/video.m3u8?_HLS_msn=0";
    const answers = await Promise.all([1, 2, 3].map(() => both.ask(path)));
    const texts = await Promise.all(answers.map(textOf));
    expect(new Set(texts.map((text) => /hls_ctx=\w+/.exec(text)?.[0])).size).toBe(3);
  });

  test.each([
    ["a part", "Range: bytes=0-9", 206],
    ["what has changed", "If-None-Match: *", 304],
  ])("if it is %s, while others ask for the whole", async (_, field, status) => {
    const { both } = await Processes.start();
    const path = await both.segment();
    const own = await both.bench.bytes(path);
    const fields = `Host: 127.0.0.1\r\n${field}\r\n`;
    for (const order of [0, 1, 2]) {
      both.packaging.sweep(order);
      const answers = await Promise.all(
        [0, 1, 2].map((index) => (index === order ? both.ask(path, fields) : both.ask(path))),
      );
      for (const [index, answer] of answers.entries()) {
        expect(answer.status).toBe(index === order ? status : 200);
        if (index !== order) expect(answer.body).toEqual(own);
      }
    }
  });

  test("with a session that counts segments, each time", async () => {
    const { both } = await Processes.start(true);
    const path = await both.segment();
    const viewer = both.bench.sessions.get("abcd1234");
    const before = viewer?.sentSize ?? 0;
    for (let i = 1; i <= 2; i++) {
      const text = await textOf(await both.ask(`${path}?hls_ctx=abcd1234`));
      expect(text.length).toBeGreaterThan(0);
      const { length } = await both.bench.bytes(path);
      expect(viewer?.sentSize).toBe(before + i * length);
    }
  });

  test("at another vhost", async () => {
    const { both } = await Processes.start();
    const path = await both.segment();
    const answers = await Promise.all([
      both.ask(path),
      both.ask(path, "Host: b.example\r\n"),
      both.ask(`${path}?vhost=b.example`),
      both.ask(`${path}?vhost=__defaultVhost__`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 404, 200]);
  });
});
