/**
 * Goal: backends are asked and told as they are configured to be; only a yes lets a session begin;
 * what goes wrong is counted, logged, and harms nobody else.
 *
 * Method: backends in memory that tests script, settings that tests change, a clock that tests move.
 */

import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { RefusedError } from "../../../src/base/errors.ts";
import type { HttpHooksConfig } from "../../../src/config/vhost-config.ts";
import type { SessionRequest } from "../../../src/live/admission.ts";
import { Hooks, type HookVhost } from "../../../src/services/hooks/hooks.ts";
import type { HookSegment } from "../../../src/services/hooks/messages.ts";
import { type Answer, answer, HookBackend, NO, YES } from "../../support/hook-backend.ts";
import { MemoryNetwork, settle } from "../../support/memory-network.ts";
import { defaultVhost, memoryConfig } from "../../support/memory-server.ts";

const PORT = 8085;
const URL_A = `http://127.0.0.1:${PORT}/a`;
const URL_B = `http://127.0.0.1:${PORT}/b?key=secret`;

const REQUEST: SessionRequest = {
  clientId: "abcd1234",
  clientType: "fmle-publish",
  remoteAddress: "192.0.2.7",
  vhost: "__defaultVhost__",
  app: "live",
  stream: "show",
  param: "?token=hidden",
  tcUrl: "rtmp://a/live",
  pageUrl: "",
  swfUrl: "",
};

const PLAY: SessionRequest = { ...REQUEST, clientType: "rtmp-play" };
const TRAFFIC = { receivedSize: 10, sentSize: 20 };

const SEGMENT: HookSegment = {
  publisher: REQUEST,
  seq: 3,
  durationMs: 2_000,
  file: "./html/live/show-3.ts",
  playlistFile: "./html/live/show.m3u8",
  url: "live/show-3.ts",
  playlistUrl: "live/show.m3u8",
  uri: "show-3.ts",
};

class Parts extends MemoryNetwork {
  readonly backend: HookBackend;
  readonly hooks: Hooks;
  vhost: HookVhost;

  private constructor(settings: Partial<HttpHooksConfig>, answers: Answer) {
    super();
    this.backend = new HookBackend(answers);
    const { tcp, files, clock, crypto } = this.runtime;
    const config = memoryConfig(defaultVhost({})).vhosts["__defaultVhost__"];
    if (config === undefined) throw new Error("There is no default vhost");
    const httpHooks = { ...config.httpHooks, enabled: true, ...settings };
    this.vhost = { ...config, httpHooks };
    this.hooks = new Hooks({
      ...{ tcp, files, clock, crypto },
      logger: this.logging.logger,
      identity: { serverId: "vid-1234567", serviceId: "00000000" },
      userAgent: "Sluice/1.2.3",
      workingFolder: "/work",
      vhostOf: (vhost) => (vhost === "__defaultVhost__" ? this.vhost : undefined),
    });
  }

  static async start(settings: Partial<HttpHooksConfig>, answers?: Answer): Promise<Parts> {
    const parts = new Parts(settings, answers ?? (() => YES));
    await parts.backend.listen(parts.runtime.tcp, PORT);
    return parts;
  }

  set(settings: Partial<HttpHooksConfig>): void {
    this.vhost = { ...this.vhost, httpHooks: { ...this.vhost.httpHooks, ...settings } };
  }

  override async advance(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1_000) {
      this.runtime.clock.advance(1_000);
      this.hooks.sweep(this.runtime.clock.monotonicMs());
      await settle();
    }
  }

  /** Of an event: calls that went well, were refused, failed; what was lost. */
  figures(event: string): string {
    const found = this.hooks.figures.events.find((one) => one.event === event);
    if (found === undefined) return "none";
    const { ok, refused, failed } = found.calls;
    return `${ok} ${refused} ${failed} lost ${found.lost}`;
  }
}

/** What a promise comes to. */
async function outcome(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "yes",
    (error: unknown) => (error instanceof RefusedError ? error.message : String(error)),
  );
}

describe("a question", () => {
  const QUESTIONS = [
    ["on_connect", "onConnect", (hooks: Hooks) => hooks.connect(REQUEST)],
    ["on_publish", "onPublish", (hooks: Hooks) => hooks.publish(REQUEST)],
    ["on_play", "onPlay", (hooks: Hooks) => hooks.play(PLAY)],
  ] as const;

  test.each(QUESTIONS)(
    "%s is asked of all in order, until one says no",
    async (event, key, ask) => {
      const parts = await Parts.start({ [key]: [URL_A, URL_B, URL_A] });
      expect(await outcome(ask(parts.hooks))).toBe("yes");
      expect(parts.backend.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
        "POST /a",
        "POST /b?key=secret",
        "POST /a",
      ]);
      expect(parts.backend.news()).toEqual(Array(3).fill(`${event} show`));
      parts.backend.answer = ({ path }) => (path === "/a" ? YES : NO);
      expect(await outcome(ask(parts.hooks))).toMatch(
        /^Cannot \w+ "\/live\/show": the backend says no$/,
      );
      expect(parts.backend.news()).toHaveLength(2);
      expect(parts.figures(event)).toBe("4 1 0 lost 0");
    },
  );

  test("is asked only where hooks are enabled, and there are any", async () => {
    const parts = await Parts.start({ enabled: false, onPublish: [URL_A] }, () => NO);
    expect(await outcome(parts.hooks.publish(REQUEST))).toBe("yes");
    parts.set({ enabled: true, onPublish: [] });
    expect(await outcome(parts.hooks.publish(REQUEST))).toBe("yes");
    expect(await outcome(parts.hooks.publish({ ...REQUEST, vhost: "gone" }))).toBe("yes");
    parts.set({ onPublish: [URL_A] });
    expect(await outcome(parts.hooks.publish(REQUEST))).toMatch("says no");
    expect(parts.backend.requests).toHaveLength(1);
  });

  test.each<[string, Answer]>([
    ["answers something else", () => answer("welcome")],
    ["fails", () => answer("0", "500 Internal Server Error")],
    ["is elsewhere", () => answer("", "302 Found", "Location: http://127.0.0.1:8085/b\r\n")],
    ["breaks off", ({ socket }) => void socket.destroy()],
    ["says nonsense", () => "SSH-2.0-OpenSSH_9.2\r\n\r\n"],
    ["goes on and on", () => answer("0".repeat(70_000))],
  ])("is not answered by a backend that %s", async (_, answers) => {
    const parts = await Parts.start({ onPublish: [URL_B, URL_A] }, answers);
    expect(await outcome(parts.hooks.publish(REQUEST))).toBe(
      'Cannot publish "/live/show": no backend says yes',
    );
    expect(parts.backend.requests).toHaveLength(1);
    expect(parts.figures("on_publish")).toBe("0 0 1 lost 0");
    expect(parts.events("hook failed")).toMatchObject([
      {
        level: "warn",
        hook: "on_publish",
        clientId: "abcd1234",
        url: "/live/show",
        backend: "http://127.0.0.1:8085/b",
        why: expect.any(String),
      },
    ]);
    expect(parts.logText).not.toMatch(/secret|hidden/);
  });

  test("is a no when there is no backend", async () => {
    const parts = await Parts.start({ onPublish: [URL_A] });
    await parts.backend.stop();
    expect(await outcome(parts.hooks.publish(REQUEST))).toMatch("no backend says yes");
  });

  test("waits for an answer no longer than is set", async () => {
    const parts = await Parts.start({ onPublish: [URL_A], timeout: 30 }, () => undefined);
    let settled = "";
    void outcome(parts.hooks.publish(REQUEST)).then((text) => {
      settled = text;
    });
    await settle();
    await parts.advance(29_000);
    expect(settled).toBe("");
    await parts.advance(1_000);
    expect(settled).toMatch("no backend says yes");
    expect(parts.figures("on_publish")).toBe("0 0 1 lost 0");
    expect(parts.backend.openCount).toBe(0);
  });

  test("does not overtake what is to be told of the same client", async () => {
    const held: (() => void)[] = [];
    const parts = await Parts.start({ onPublish: [URL_A], onUnpublish: [URL_A] }, ({ fields }) =>
      fields["action"] === "on_publish"
        ? YES
        : new Promise((resolve) => held.push(() => resolve(YES))),
    );
    parts.hooks.unpublished(REQUEST);
    const asked = outcome(parts.hooks.publish(REQUEST));
    expect(await outcome(parts.hooks.publish({ ...REQUEST, clientId: "other" }))).toBe("yes");
    await settle();
    expect(parts.backend.news()).toEqual(["on_unpublish show", "on_publish show"]);
    held[0]?.();
    expect(await asked).toBe("yes");
  });
});

describe("after settings have changed", () => {
  test("ends are told to who heard of the begin, and to nobody else", async () => {
    const parts = await Parts.start({ onPublish: [URL_A], onUnpublish: [URL_A] });
    const before = { ...REQUEST };
    await parts.hooks.publish(before);
    parts.set({ onUnpublish: [URL_B] });
    parts.hooks.unpublished(before);
    const after = { ...REQUEST };
    await parts.hooks.publish(after);
    parts.hooks.unpublished(after);
    await parts.advance(1_000);
    const paths = parts.backend.requests.map(({ path }) => path);
    expect(paths).toEqual(["/a", "/a", "/a", "/b?key=secret"]);
  });

  test("ends of those whose vhost is gone are told, those of who began unheard are not", async () => {
    const parts = await Parts.start({ onPlay: [URL_A], onStop: [URL_A] });
    const heard = { ...PLAY };
    await parts.hooks.play(heard);
    parts.set({ enabled: false });
    const unheard = { ...PLAY };
    await parts.hooks.play(unheard);
    parts.hooks.stopped(heard);
    parts.set({ enabled: true });
    parts.hooks.stopped(unheard);
    await parts.advance(1_000);
    expect(parts.backend.news()).toEqual(["on_play show", "on_stop show"]);
  });
});

describe("connections", () => {
  test("are kept, however many addresses a backend has", async () => {
    const parts = await Parts.start({ onPublish: [URL_A, URL_B], onPlay: [URL_A] });
    await parts.hooks.publish(REQUEST);
    await parts.hooks.play(PLAY);
    await parts.hooks.publish(REQUEST);
    expect(parts.backend.sockets).toHaveLength(1);
    expect(parts.hooks.figures.connections).toBe(1);
    await parts.advance(6_000);
    expect(parts.hooks.figures.connections).toBe(0);
    expect(parts.backend.openCount).toBe(0);
  });

  test("are no more than is set, of which half are for what is only told", async () => {
    const settings = { onPublish: [URL_A], onStop: [URL_A], connections: 4 };
    const parts = await Parts.start(settings, () => undefined);
    for (let n = 0; n < 10; n++) parts.hooks.stopped({ ...PLAY, clientId: `p${n}` });
    await settle();
    expect(parts.backend.sockets).toHaveLength(2);
    for (let n = 0; n < 10; n++)
      void outcome(parts.hooks.publish({ ...REQUEST, clientId: `q${n}` }));
    await settle();
    expect(parts.backend.sockets).toHaveLength(4);
    expect(parts.hooks.figures).toMatchObject({ connections: 4, queueLength: 10 });
  });
});

describe("what is only told", () => {
  const ALL = {
    onUnpublish: [URL_A],
    onStop: [URL_A],
    onClose: [URL_A, URL_B],
    onDvr: [URL_A],
    onHls: [URL_A],
    onHlsNotify: [`${URL_A}/[ts_url][param]`],
  };

  function tellAll({ hooks }: Parts): void {
    hooks.segmentFinished(SEGMENT, Promise.resolve(true));
    hooks.recorded({ publisher: REQUEST, file: "/dvr/a.flv" });
    hooks.unpublished(REQUEST);
    hooks.stopped(REQUEST);
    hooks.closed(REQUEST, TRAFFIC);
  }

  test("of one client comes in its order, each to all who want it", async () => {
    const parts = await Parts.start(ALL);
    tellAll(parts);
    await settle();
    expect(parts.backend.news()).toEqual([
      "on_hls show",
      "/a/show-3.ts?token=hidden",
      "on_dvr show",
      "on_unpublish show",
      "on_stop show",
      "on_close",
      "on_close",
    ]);
    expect(parts.hooks.figures).toMatchObject({ queueLength: 0, queueSize: 0 });
  });

  test("takes nobody's time, and goes where it is configured at that time", async () => {
    const parts = await Parts.start({ ...ALL, enabled: false });
    tellAll(parts);
    parts.set({ enabled: true, onUnpublish: [], onHls: [], onHlsNotify: [], onDvr: [] });
    tellAll(parts);
    await settle();
    expect(parts.backend.news()).toEqual(["on_stop show", "on_close", "on_close"]);
  });

  test("is not told again for an answer that is no, and goes on with the next", async () => {
    const parts = await Parts.start({ onUnpublish: [URL_A], onClose: [URL_A] }, () => NO);
    parts.hooks.unpublished(REQUEST);
    parts.hooks.closed(REQUEST, TRAFFIC);
    await parts.advance(5_000);
    expect(parts.backend.news()).toEqual(["on_unpublish show", "on_close"]);
    expect(parts.figures("on_unpublish")).toBe("0 1 0 lost 0");
    expect(parts.events("hook refused")).toHaveLength(2);
  });

  test("is told again after a failure, and lost after enough of them", async () => {
    const settings = { onStop: [URL_A], retries: 2 };
    const parts = await Parts.start(settings, () => answer("", "503 Service Unavailable"));
    parts.hooks.stopped(PLAY);
    await parts.advance(10_000);
    expect(parts.backend.news()).toHaveLength(3);
    expect(parts.figures("on_stop")).toBe("0 0 3 lost 1");
    expect(parts.events("hook lost")).toMatchObject([
      { level: "warn", hook: "on_stop", clientId: "abcd1234", url: "/live/show" },
    ]);
    parts.backend.answer = () => YES;
    parts.hooks.stopped(PLAY);
    await settle();
    expect(parts.figures("on_stop")).toBe("1 0 3 lost 1");
  });

  test("waits no longer for an answer than is set for it", async () => {
    const settings = { onStop: [URL_A], notifyTimeout: 5, retries: 0 };
    const parts = await Parts.start(settings, () => undefined);
    parts.hooks.stopped(PLAY);
    await settle();
    await parts.advance(4_000);
    expect(parts.hooks.figures.queueLength).toBe(1);
    await parts.advance(1_000);
    expect(parts.hooks.figures.queueLength).toBe(0);
    expect(parts.figures("on_stop")).toBe("0 0 1 lost 1");
  });

  test("is kept while the backend is down, as far as there is room, and delivered in order", async () => {
    const settings = { ...ALL, onClose: [URL_A], keepUndelivered: true, queueMax: 4 };
    const parts = await Parts.start(settings);
    await parts.backend.stop();
    tellAll(parts);
    await parts.advance(100_000);
    expect(parts.hooks.figures).toMatchObject({ queueLength: 4, unreachable: 1 });
    expect(parts.events("hook lost").map(({ hook, why }) => `${hook} ${why}`)).toEqual([
      "on_stop queue_full",
      "on_close queue_full",
    ]);
    await parts.backend.listen(parts.runtime.tcp, PORT);
    await parts.advance(30_000);
    expect(parts.backend.news()).toEqual([
      "on_hls show",
      "/a/show-3.ts?token=hidden",
      "on_dvr show",
      "on_unpublish show",
    ]);
    expect(parts.hooks.figures).toMatchObject({ queueLength: 0, queueSize: 0, unreachable: 0 });
  });

  test("to one backend does not wait for another", async () => {
    const other = "http://127.0.0.1:8086/x";
    const parts = await Parts.start({ onStop: [other, URL_A] });
    parts.hooks.stopped(PLAY);
    await settle();
    expect(parts.backend.news()).toEqual(["on_stop show"]);
    expect(parts.hooks.figures).toMatchObject({ queueLength: 1, unreachable: 1 });
  });
});

test("of the answer to on_hls_notify no more is read than is set, whatever it says", async () => {
  const parts = await Parts.start({ onHlsNotify: [URL_A] }, () =>
    answer("x".repeat(1_000), "404 Not Found"),
  );
  parts.vhost = { ...parts.vhost, hls: { ...parts.vhost.hls, hlsNbNotify: 64 } };
  parts.hooks.segmentFinished(SEGMENT, Promise.resolve(true));
  await settle();
  expect(parts.figures("on_hls_notify")).toBe("1 0 0 lost 0");
});

describe("where to forward to", () => {
  const FORWARD = `http://127.0.0.1:${PORT}/forward`;

  test("is what the backend says", async () => {
    const parts = await Parts.start({ enabled: false }, () =>
      answer('{"code":0,"data":{"urls":["rtmp://b/live/show"]}}'),
    );
    expect(await parts.hooks.forwardTargets(REQUEST, FORWARD)).toEqual(["rtmp://b/live/show"]);
    expect(parts.backend.requests[0]?.body).toMatch(/^\{"action":"on_forward","server_id"/);
  });

  test("is nowhere if it says no", async () => {
    const parts = await Parts.start({}, () => NO);
    expect(await outcome(parts.hooks.forwardTargets(REQUEST, FORWARD))).toBe(
      'Cannot forward "/live/show": the backend says no',
    );
  });
});

describe("a request", () => {
  test("is signed with a time of its own if there is a secret", async () => {
    const parts = await Parts.start({ onStop: [URL_A], secret: "s3cret", retries: 1 }, () =>
      answer("", "500 Oops"),
    );
    parts.hooks.stopped(PLAY);
    await parts.advance(3_000);
    const signatures = parts.backend.requests.map(
      ({ head }) => /\r\nX-Sluice-Signature: (t=\d+,v1=[0-9a-f]{64})\r\n\r\n$/.exec(head)?.[1],
    );
    expect(signatures).toHaveLength(2);
    expect(new Set(signatures).size).toBe(2);
    const [{ body = "" } = {}] = parts.backend.requests;
    const [, seconds = "", hex] = /t=(\d+),v1=(.*)/.exec(signatures[0] ?? "") ?? [];
    expect(createHmac("sha256", "s3cret").update(`${seconds}.${body}`).digest("hex")).toBe(hex);
  });

  test("that is a GET is signed with what it asks for", async () => {
    const onHlsNotify = [`http://127.0.0.1:${PORT}/notify?stream=[stream]`];
    const parts = await Parts.start({ onHlsNotify, secret: "s3cret" });
    parts.hooks.segmentFinished(SEGMENT, Promise.resolve(true));
    await settle();
    const [{ head = "" } = {}] = parts.backend.requests;
    const target = /^GET (\S+) /.exec(head)?.[1];
    expect(target).toBe("/notify?stream=show");
    const [, seconds = "", hex] = /t=(\d+),v1=([0-9a-f]+)/.exec(head) ?? [];
    expect(createHmac("sha256", "s3cret").update(`${seconds}.${target}`).digest("hex")).toBe(hex);
  });

  test("has nothing that SRS's does not have if there is none", async () => {
    const parts = await Parts.start({ onStop: [URL_A] });
    parts.hooks.stopped(PLAY);
    await settle();
    expect(parts.backend.requests[0]?.head).not.toMatch(/X-/);
  });

  test("to an address that is none is refused, or lost", async () => {
    const parts = await Parts.start({ onPublish: ["http://"], onStop: ["http://"] });
    expect(await outcome(parts.hooks.publish(REQUEST))).toMatch("no backend says yes");
    parts.hooks.stopped(PLAY);
    expect(parts.figures("on_stop")).toBe("0 0 0 lost 1");
  });
});

test("figures have a histogram of how long backends took", async () => {
  const parts = await Parts.start({ onPublish: [URL_A] }, async () => {
    parts.runtime.clock.advance(200);
    return YES;
  });
  await parts.hooks.publish(REQUEST);
  const [event] = parts.hooks.figures.events;
  expect(event?.seconds).toBeCloseTo(0.2);
  expect(event?.buckets).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]);
});

describe("at the end", () => {
  test("what is being told is told, and then what waits", async () => {
    const parts = await Parts.start({ onUnpublish: [URL_A], onClose: [URL_A] });
    parts.hooks.unpublished(REQUEST);
    parts.hooks.closed(REQUEST, TRAFFIC);
    await parts.finish(parts.hooks.close());
    expect(parts.backend.news()).toEqual(["on_unpublish show", "on_close"]);
    await settle();
    expect(parts.backend.openCount).toBe(0);
    expect(parts.timerCount).toBe(0);
    parts.hooks.stopped(PLAY);
    expect(parts.events("hook lost")).toEqual([]);
  });

  test("the answer to a question is waited for, and so is what follows from it", async () => {
    const parts = await Parts.start({ onPublish: [URL_A], onUnpublish: [URL_A] });
    const asked = parts.hooks.publish(REQUEST).then(() => parts.hooks.unpublished(REQUEST));
    await parts.finish(parts.hooks.close());
    await asked;
    expect(parts.backend.news()).toEqual(["on_publish show", "on_unpublish show"]);
  });

  test("a backend that does not answer is waited for a while", async () => {
    const parts = await Parts.start({ onUnpublish: [URL_A], onClose: [URL_A] }, () => undefined);
    parts.hooks.unpublished(REQUEST);
    parts.hooks.closed(REQUEST, TRAFFIC);
    await parts.finish(parts.hooks.close(), 100);
    await settle();
    expect(parts.events("hook lost").map(({ hook }) => hook)).toEqual(["on_close", "on_unpublish"]);
    expect(parts.backend.openCount).toBe(0);
    expect(parts.timerCount).toBe(0);
    parts.hooks.unpublished(REQUEST);
    expect(parts.figures("on_unpublish")).toBe("0 0 1 lost 2");
  });
});
