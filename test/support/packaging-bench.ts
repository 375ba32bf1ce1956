/**
 * All that packages streams and answers for them, without sockets: frames go in at the live core, and
 * requests are handed over as values. Nothing happens but what a test says, at the time that it says.
 *
 * @module
 */

import { onTestFinished } from "vitest";
import { createLogging, type Logging } from "../../src/app/logging.ts";
import { Packaging } from "../../src/app/packaging.ts";
import { streamSettings } from "../../src/app/stream-settings.ts";
import { Vhosts } from "../../src/app/vhosts.ts";
import { RefusedError } from "../../src/base/errors.ts";
import type { Logger } from "../../src/base/logger.ts";
import type { FieldList } from "../../src/codec/http/response-head.ts";
import type { Config } from "../../src/config/config.ts";
import type { Frame } from "../../src/live/frame.ts";
import type { Publication, PublisherEnd } from "../../src/live/publication.ts";
import type { ReportedCmafSegment } from "../../src/live/reported-segment.ts";
import { SessionRegistry } from "../../src/live/session-registry.ts";
import { StreamHub } from "../../src/live/stream-hub.ts";
import type { HttpContext } from "../../src/protocols/http/handler.ts";
import { HttpError } from "../../src/protocols/http/http-error.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import { createRequest } from "./http-text.ts";
import { RecordingAdmission } from "./memory-parts.ts";
import { type ConfigValue, memoryConfig } from "./memory-server.ts";
import { TEST_METADATA_OF_BOTH } from "./packaging-frames.ts";

/** Packaged streams never take a connection over. */
const NO_CONTEXT = undefined as unknown as HttpContext;

export interface BenchAnswer {
  readonly status: number;
  readonly fields: ReadonlyMap<string, string>;
  readonly bytes: Uint8Array;
  readonly text: string;
}

export interface BenchQuestion {
  /** Once there is one. */
  readonly answer: BenchAnswer | undefined;
  readonly done: Promise<BenchAnswer>;
}

export type LogLine = Readonly<Record<string, unknown>>;

export class PackagingBench {
  readonly runtime: MemoryRuntime = new MemoryRuntime();
  readonly config: Config;
  readonly hub: StreamHub;
  readonly packaging: Packaging;
  readonly admission: RecordingAdmission = new RecordingAdmission();
  readonly sessions: SessionRegistry = new SessionRegistry();
  /** What has been told of. */
  readonly cmafSegments: ReportedCmafSegment[] = [];
  /** Why publishers were told to go. */
  readonly closed: PublisherEnd[] = [];
  #logText = "";
  readonly #logging: Logging;
  #sweptMs = 0;

  /** @param value For YAML, or a text in SRS's format. */
  constructor(value: ConfigValue | string = {}) {
    this.config = memoryConfig(value);
    const { runtime, config, admission, sessions } = this;
    const { clock } = runtime;
    this.#logging = createLogging({
      level: "debug",
      format: "json",
      hasColour: false,
      target: (text) => {
        this.#logText += text;
      },
    });
    this.hub = new StreamHub(clock, (vhost) => streamSettings(config, vhost));
    const { logger } = this.#logging;
    const vhosts = new Vhosts(config);
    const ports = { runtime, hub: this.hub, vhosts, admission, sessions, clock, logger };
    const onCmafSegment = (segment: ReportedCmafSegment): void => {
      this.cmafSegments.push(segment);
    };
    this.packaging = new Packaging({ ...ports, config: { current: config }, onCmafSegment });
    onTestFinished(() => this.packaging.close());
  }

  get logger(): Logger {
    return this.#logging.logger;
  }

  get wallMs(): number {
    return this.runtime.clock.wallMs();
  }

  /** The log's lines, those with that event alone. */
  events(event?: string): LogLine[] {
    const lines = this.#logText.split("\n").filter((line) => line !== "");
    const values = lines.map((line) => JSON.parse(line) as LogLine);
    return event === undefined ? values : values.filter((line) => line["event"] === event);
  }

  /** Lets time pass, with a sweep every second. */
  async advance(ms: number): Promise<void> {
    this.advanceNow(ms);
    await settleTasks();
  }

  /** The same without waiting for what follows from it. */
  advanceNow(ms: number): void {
    const { clock } = this.runtime;
    let left = ms;
    while (left > 0) {
      const step = Math.min(left, 1_000 - (clock.monotonicMs() - this.#sweptMs));
      clock.advance(Math.max(0, step));
      left -= step;
      if (clock.monotonicMs() - this.#sweptMs >= 1_000) {
        this.#sweptMs = clock.monotonicMs();
        this.hub.sweep(this.#sweptMs);
        this.packaging.sweep(this.#sweptMs);
      }
    }
  }

  async publish(url = "live/show", vhost = "__defaultVhost__"): Promise<BenchPublisher> {
    const [app = "", stream = ""] = url.split("/");
    const publisher = {
      clientId: "publisher",
      close: (reason: PublisherEnd) => void this.closed.push(reason),
    };
    const publication = await this.hub.publish({ vhost, app, stream }, publisher);
    publication.writeMetadata(TEST_METADATA_OF_BOTH);
    return new BenchPublisher(this, publication);
  }

  /** @param path As in the request line. */
  async get(path: string, fields = "", method = "GET"): Promise<BenchAnswer> {
    const host = /^host:/im.test(fields) ? "" : "Host: 127.0.0.1\r\n";
    const request = createRequest(`${method} ${path} HTTP/1.1\r\n${host}${fields}\r\n`);
    let answer: Awaited<ReturnType<Packaging["handle"]>>;
    try {
      answer = await this.packaging.handle(request, NO_CONTEXT);
    } catch (error) {
      if (error instanceof HttpError) return toAnswer(error.status, [], error.message);
      if (error instanceof RefusedError) return toAnswer(403, [], error.message);
      throw error;
    }
    if (answer === undefined) return toAnswer(404, [], "nobody answers");
    if (!("status" in answer) || answer instanceof Response) throw new Error("Not an answer");
    return toAnswer(answer.status, answer.fields ?? [], await readBody(answer.body));
  }

  /** Begins a request, and says later what came of it. */
  async ask(path: string): Promise<BenchQuestion> {
    const question: { answer: BenchAnswer | undefined; done: Promise<BenchAnswer> } = {
      answer: undefined,
      done: this.get(path).then((answer) => {
        question.answer = answer;
        return answer;
      }),
    };
    await settleTasks();
    return question;
  }

  /** The text at a path. @throws {Error} If there is none. */
  async text(path: string): Promise<string> {
    const answer = await this.get(path);
    if (answer.status === 200) return answer.text;
    throw new Error(`${path}: ${answer.status} ${answer.text}`);
  }

  async bytes(path: string): Promise<Uint8Array> {
    const answer = await this.get(path);
    if (answer.status === 200) return answer.bytes;
    throw new Error(`${path}: ${answer.status} ${answer.text}`);
  }

  /** The paths of all files below a folder, in order. */
  async files(root: string): Promise<string[]> {
    const { files } = this.runtime;
    if ((await files.stat(root)) === undefined) return [];
    const paths: string[] = [];
    for (const name of await files.list(root)) {
      const path = `${root}/${name}`;
      const isFolder = (await files.stat(path))?.isFolder === true;
      paths.push(...(isFolder ? await this.files(path) : [path]));
    }
    return paths;
  }
}

export class BenchPublisher {
  readonly publication: Publication;
  readonly #bench: PackagingBench;
  /** What the clock showed when the first frame came, less its timestamp. */
  #startMs: number | undefined;

  constructor(bench: PackagingBench, publication: Publication) {
    this.#bench = bench;
    this.publication = publication;
  }

  /** Sends frames as fast as their timestamps say; those that go back come at once. */
  async send(frames: readonly Frame[]): Promise<void> {
    for (const frame of frames) {
      const nowMs = this.#bench.runtime.clock.monotonicMs();
      this.#startMs ??= nowMs - frame.dtsMs;
      const aheadMs = this.#startMs + frame.dtsMs - nowMs;
      if (aheadMs > 0 && aheadMs < 1_000_000) this.#bench.advanceNow(aheadMs);
      if (Math.abs(aheadMs) >= 1_000_000) this.#startMs = nowMs - frame.dtsMs;
      this.sendNow(frame);
    }
    await settleTasks();
  }

  /** Sends a frame at once, behind its track if that is new. */
  sendNow(frame: Frame): void {
    const track = this.publication.writeTrack(frame.track);
    this.publication.writeFrame({ ...frame, track });
  }

  async leave(isForGood = false): Promise<void> {
    this.publication.end(isForGood);
    await settleTasks();
  }
}

/** Lets everything happen that needs no time. */
export async function settleTasks(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

type Body = string | Uint8Array | ReadableStream<Uint8Array> | undefined;

async function readBody(body: Body): Promise<Uint8Array> {
  if (body === undefined) return new Uint8Array();
  if (typeof body === "string") return new TextEncoder().encode(body);
  return body instanceof Uint8Array ? body : new Response(body).bytes();
}

function toAnswer(status: number, fields: FieldList, body: Uint8Array | string): BenchAnswer {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const text = new TextDecoder().decode(bytes);
  return { status, fields: new Map(fields), bytes, text };
}
