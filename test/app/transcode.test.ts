/**
 * Goal: FFmpeg is run for published streams with SRS's command lines, argument by argument; what it brings
 * back is not encoded by the same block again; one that hangs is ended and begun anew, and neither
 * publishers nor players notice.
 *
 * Method: the whole server in memory, under the configuration with which the real SRS was watched; the
 * command lines are those that it made. The test plays FFmpeg.
 */

import { describe, expect, test } from "vitest";
import type { RtmpTarget } from "../../src/protocols/rtmp/client-target.ts";
import type { MemoryChild } from "../../src/runtime/memory/memory-processes.ts";
import { answer, HookBackend } from "../support/hook-backend.ts";
import { settle } from "../support/memory-network.ts";
import { obey, programsOf, runningOf } from "../support/memory-programs.ts";
import {
  type ConfigValue,
  defaultVhost,
  MemoryServer,
  memoryConfig,
} from "../support/memory-server.ts";

const SHOW = "rtmp://127.0.0.1/live/show";
const PROGRESS = ["-progress", "pipe:1"];
/** What is ours in an address: only what lets in, and all of it. */
const KEY = /[?&]sluice_key=[0-9a-f]{32}/;
const OURS = /(?:[?&]sluice_key=[0-9a-f]{32})?[?&]sluice_through=[0-9a-f.]+~[0-9a-f]{32}$/;

const SRS = `listen 127.0.0.1:1935; max_connections 200; ff_log_dir /var/srs/ff;
http_api { enabled on; listen 127.0.0.1:1985; }
vhost transcode.srs.com {
  transcode { enabled on; ffmpeg /var/srs/ffwrap.sh;
    engine ff { enabled on; vfilter { v quiet; } vcodec libx264; vbitrate 300; vfps 20; vwidth 384; vheight 160; vthreads 1; vprofile baseline; vpreset superfast; vparams { g 40; } acodec aac; abitrate 32; asample_rate 44100; achannels 2; aparams { } output rtmp://127.0.0.1:[port]/[app]/[stream]_[engine]?vhost=[vhost]; }
    engine cp { enabled on; vcodec copy; acodec copy; output rtmp://127.0.0.1:[port]/[app]/[stream]_[engine]?vhost=transcoded.srs.com; }
    engine vnonly { enabled on; perfile { re; rtsp_transport tcp; } iformat off; vcodec vn; acodec an2; oformat off; output /var/srs/[stream].[engine].[param].mp4; } }
  transcode live { enabled on; ffmpeg /var/srs/ffwrap.sh; engine appscope { enabled on; vcodec copy; acodec copy; output rtmp://127.0.0.1:[port]/[app]/[stream]_app?vhost=transcoded.srs.com; } }
  transcode live/livestream { enabled on; ffmpeg /var/srs/ffwrap.sh; engine streamscope { enabled off; vcodec copy; acodec copy; output rtmp://x; } } }
vhost transcoded.srs.com { }
`;

/** A command without its program, its last argument without what is ours. */
function srsArguments({ command }: MemoryChild): readonly string[] {
  expect(command.slice(1, 3)).toEqual(PROGRESS);
  const args = command.slice(3);
  return [...args.slice(0, -1), (args.at(-1) ?? "").replace(OURS, "")];
}

const COPY = { enabled: true, vcodec: "copy", acodec: "copy" };

/** One block for all streams of the default vhost. */
function blocks(transcode: ConfigValue, more: ConfigValue = {}): ConfigValue {
  return defaultVhost({ publish: { grace_ms: 0 }, transcode, ...more });
}

function copyTo(output: string): ConfigValue {
  return { "*": { enabled: true, engines: { ff: { ...COPY, output } } } };
}

const STOCK = copyTo("rtmp://127.0.0.1:[port]/[app]/[stream]_[engine]?vhost=[vhost]");

/** What FFmpeg makes of an address. */
function toTarget(address: string): RtmpTarget {
  const slash = address.lastIndexOf("/");
  const [tcUrl, stream] = [address.slice(0, slash), address.slice(slash + 1)];
  return { host: "127.0.0.1", port: 1935, app: "live", tcUrl, stream };
}

interface Transcode {
  readonly url: string;
  readonly state: string;
  readonly kills: number;
  readonly starts: number;
  readonly output: string;
  readonly progress: Readonly<Record<string, unknown>> | null;
}

async function transcodes(server: MemoryServer): Promise<Transcode[]> {
  const { text } = await server.fetch("/api/v1/transcodes", { port: 1985 });
  return (JSON.parse(text) as { transcodes: Transcode[] }).transcodes;
}

describe("command lines", () => {
  test("are those of SRS", async () => {
    const server = await MemoryServer.start(SRS);
    await server.publish("rtmp://127.0.0.1/live/livestream?vhost=transcode.srs.com");
    const input = "rtmp://127.0.0.1:1935/live?vhost=transcode.srs.com/livestream";
    expect(programsOf(server).map(({ command }) => command[0])).toEqual([
      "/var/srs/ffwrap.sh",
      "/var/srs/ffwrap.sh",
      "/var/srs/ffwrap.sh",
    ]);
    expect(programsOf(server).map((child) => srsArguments(child).join(" "))).toEqual([
      `-f flv -i ${input} -v quiet -vcodec libx264 -b:v 300000 -r 20.00 -s 384x160 -aspect 384:160 -threads 1 -profile:v baseline -preset superfast -g 40 -acodec aac -b:a 32000 -ar 44100 -ac 2 -f flv -y rtmp://127.0.0.1:1935/live/livestream_ff?vhost=transcode.srs.com`,
      `-f flv -i ${input} -vcodec copy -acodec copy -f flv -y rtmp://127.0.0.1:1935/live/livestream_cp?vhost=transcoded.srs.com`,
      `-re -rtsp_transport tcp -i ${input} -vn -acodec an2 -y /var/srs/livestream.vnonly.?vhost=transcode.srs.com.mp4`,
    ]);
    for (const child of programsOf(server)) child.print("log", "stderr");
    await settle();
    const name = "ffmpeg-encoder-transcode.srs.com-live-livestream";
    const { files } = server.runtime;
    for (const engine of ["ff", "cp", "vnonly"]) {
      expect(await files.readText(`/var/srs/ff/${name}-${engine}.log`)).toBe("log");
    }
  });

  test("have a key of ours in outputs of this server, and in no others", async () => {
    const outputs = {
      here: "rtmp://127.0.0.1:[port]/[app]/[stream]_x",
      vhost: "rtmp://a.example/live?vhost=b.example/[stream]",
      elsewhere: "rtmp://192.0.2.1/live/[stream]",
      port: "rtmp://127.0.0.1:19350/live/[stream]",
      file: "/srv/[stream].flv",
    };
    const engines = Object.fromEntries(
      Object.entries(outputs).map(([name, output]) => [name, { ...COPY, output }]),
    );
    const vhosts = {
      "a.example": {},
      "b.example": {},
      __defaultVhost__: { transcode: { "*": { enabled: true, engines } } },
    };
    const server = await MemoryServer.start({ vhosts });
    await server.publish(SHOW);
    const lasts = programsOf(server).map(({ command }) => command.at(-1) ?? "");
    expect(lasts.map((output) => KEY.test(output))).toEqual([true, true, false, false, false]);
    expect(lasts[1]).toMatch(/^rtmp:\/\/a\.example\/live\?vhost=b\.example\/show\?sluice_key=/);
    // What lets nobody in may go anywhere.
    expect(lasts.map((output) => OURS.test(output))).toEqual([true, true, true, true, false]);
    expect(lasts.slice(2).map((output) => output.replace(OURS, ""))).toEqual([
      "rtmp://192.0.2.1/live/show",
      "rtmp://127.0.0.1:19350/live/show",
      "/srv/show.flv",
    ]);
  });

  test("name no file outside of the folder that the template names", async () => {
    const server = await MemoryServer.start(blocks(copyTo("[stream].[param].mp4")));
    await server.publish("rtmp://127.0.0.1/live/-y?x=/../../etc/passwd");
    const last = programsOf(server)[0]?.command.at(-1);
    expect(last).toBe("./-y.?x=_.._.._etc_passwd.mp4");
  });
});

test("old logs go, and those that are written to stay", async () => {
  const config = { ...(blocks(STOCK) as object), ff_log_dir: "/logs" };
  const server = await MemoryServer.start(config);
  await server.publish(SHOW);
  programsOf(server)[0]?.print("log", "stderr");
  await server.advance(500, 500); // Not looked after as yet.
  for (let i = 0; i < 1_005; i++) await server.putFile(`/logs/ffmpeg-encoder-x-${i}.log`, "new");
  await server.advance(1_000);
  const { files } = server.runtime;
  expect(await files.readText("/logs/ffmpeg-encoder-__defaultVhost__-live-show-ff.log")).toBe(
    "log",
  );
  expect(await files.list("/logs")).toHaveLength(1_001);
});

describe("blocks", () => {
  const engine = (name: string): ConfigValue => ({
    enabled: true,
    engines: { [name]: { ...COPY, output: `/srv/${name}` }, off: { output: "/srv/off" } },
  });

  test.each([
    ["live/show", ["live/show"]],
    ["live/other", ["live"]],
    ["film/show", []],
  ])("for %s", async (path, expected) => {
    const server = await MemoryServer.start(
      blocks({
        "*": { ...engine("all"), enabled: false },
        live: engine("live"),
        "live/show": engine("live/show"),
        "film/other": engine("film/other"),
      }),
    );
    await server.publish(`rtmp://127.0.0.1/${path}`);
    // SRS goes from what is for all to what is for one, and takes the first.
    const wanted = path === "live/show" ? ["live"] : expected;
    const outputs = programsOf(server).map(({ command }) => command.at(-1));
    expect(outputs).toEqual(wanted.map((name) => `/srv/${name}`));
  });

  test("follow a reload at once", async () => {
    const server = await MemoryServer.start(blocks({}));
    const publisher = await server.publish(SHOW);
    const reload = async (transcode: ConfigValue): Promise<void> => {
      await server.finish(server.sluice.reconfigure(memoryConfig(blocks(transcode))));
      await obey(server);
    };
    await reload(copyTo("/srv/a.flv"));
    expect(runningOf(server).map(({ command }) => command.at(-1))).toEqual(["/srv/a.flv"]);
    await reload(copyTo("/srv/a.flv"));
    expect(programsOf(server)).toHaveLength(1);
    await reload(copyTo("/srv/b.flv"));
    expect(runningOf(server).map(({ command }) => command.at(-1))).toEqual(["/srv/b.flv"]);
    await reload({});
    expect(runningOf(server)).toEqual([]);
    expect(publisher.isClosed).toBe(false);
  });
});

describe("the guard against cascades", () => {
  /** Plays the FFmpeg that publishes what it was told to. */
  async function bring(server: MemoryServer, index: number): Promise<void> {
    const output = programsOf(server)[index]?.command.at(-1) ?? "";
    const publisher = await server.publish(toTarget(output));
    await publisher.start();
  }

  test.each([
    ["SRS's shipped sample", "rtmp://127.0.0.1:[port]/[app]/[stream]_[engine]?vhost=[vhost]"],
    ["its other spelling", "rtmp://127.0.0.1:[port]/[app]?vhost=[vhost]/[stream]_[engine]"],
    ["without vhost", "rtmp://localhost/[app]/[stream]_[engine]"],
    ["with the publisher's query", "rtmp://127.0.0.1/[app]/[stream]_[engine][param]"],
    ["by a name from outside", "rtmp://live.example.com/[app]/[stream]_[engine]"],
    ["by an address from outside", "rtmp://203.0.113.9/[app]/[stream]_[engine]"],
  ])("ends %s", async (_, output) => {
    const server = await MemoryServer.start(blocks(copyTo(output)));
    await server.publish(`${SHOW}?k=v`);
    await bring(server, 0);
    await server.advance(5_000);
    expect(server.events("stream published").map(({ url }) => url)).toEqual([
      "/live/show",
      "/live/show_ff",
    ]);
    expect(programsOf(server)).toHaveLength(1);
    expect(server.events("transcoding refused")).toMatchObject([{ url: "/live/show_ff" }]);
  });

  test("tells backends and other servers nothing of its key", async () => {
    const backend = new HookBackend(() => answer("0"));
    const http_hooks = { enabled: true, on_publish: ["http://127.0.0.1:8085/hook"] };
    const server = await MemoryServer.start(blocks(STOCK, { http_hooks }));
    await backend.listen(server.runtime.tcp, 8085);
    await server.publish(SHOW);
    await bring(server, 0);
    expect(backend.requests.map(({ fields }) => [fields["stream"], fields["param"]])).toEqual([
      ["show", ""],
      ["show_ff", "?vhost=__defaultVhost__"],
    ]);
  });

  test("holds over a reload", async () => {
    const server = await MemoryServer.start(blocks(STOCK));
    await server.publish(SHOW);
    await bring(server, 0);
    const changed = { ...COPY, vcodec: "libx264", output: "rtmp://127.0.0.1/live/[stream]_y" };
    const config = blocks({ "*": { enabled: true, engines: { y: changed } } });
    await server.finish(server.sluice.reconfigure(memoryConfig(config)));
    await obey(server);
    expect(runningOf(server)).toHaveLength(1);
    expect(runningOf(server)[0]?.command.at(-1)).toMatch(/^rtmp:\/\/127\.0\.0\.1\/live\/show_y\?/);
  });

  test("lets a stream go on to another block, and not back", async () => {
    const output = (vhost: string): ConfigValue =>
      copyTo(`rtmp://127.0.0.1/live/[stream]_x?vhost=${vhost}`);
    const server = await MemoryServer.start({
      vhosts: {
        "a.example": { transcode: output("b.example") },
        "b.example": { transcode: output("a.example") },
      },
    });
    await server.publish("rtmp://a.example/live/show");
    await bring(server, 0);
    await bring(server, 1);
    await server.advance(5_000);
    expect(server.events("stream published").map(({ url }) => url)).toEqual([
      "a.example/live/show",
      "b.example/live/show_x",
      "a.example/live/show_x_x",
    ]);
    expect(programsOf(server)).toHaveLength(2);
  });
});

describe("with tokens", () => {
  const SECRET = "s".repeat(32);

  test("FFmpeg is let in for its own streams, and for nothing else", async () => {
    const server = await MemoryServer.start({
      vhosts: {
        __defaultVhost__: {},
        "a.example": {
          transcode: copyTo("rtmp://127.0.0.1/[app]/[stream]_ff?vhost=b.example"),
          token: { play: true, jwt_secret: SECRET },
        },
        "b.example": {
          token: { publish: true, jwt_secret: SECRET },
        },
      },
    });
    await server.publish("rtmp://a.example/live/show");
    const [program] = programsOf(server);
    const input = program?.command.at(program.command.indexOf("-i") + 1) ?? "";
    expect(input).toMatch(KEY);
    const output = program?.command.at(-1) ?? "";
    const play = (address: string) => server.play(toTarget(address));
    expect((await play(input)).isClosed).toBe(false);
    await expect(play(input.replace("/show?", "/other?"))).rejects.toThrow();
    await expect(play(input.replace(KEY, ""))).rejects.toThrow();
    await expect(server.publish(toTarget(output.replace(KEY, "")))).rejects.toThrow();
    await expect(server.publish(toTarget(output.replace("show", "other")))).rejects.toThrow();
    expect((await server.publish(toTarget(output))).isClosed).toBe(false);
  });
});

describe("FFmpeg", () => {
  async function startRunning(): Promise<{ server: MemoryServer; send: () => Promise<void> }> {
    const server = await MemoryServer.start(blocks(STOCK));
    const publisher = await server.publish(SHOW);
    await publisher.start();
    const send = async (): Promise<void> => {
      await publisher.send();
      await server.advance(1_000);
    };
    return { server, send };
  }

  test("tells how far it is", async () => {
    const { server } = await startRunning();
    programsOf(server)[0]?.print(
      "frame=120\nfps=25.5\nbitrate= 300.1kbits/s\ntotal_size=12345\nout_time_us=4800000\nout_time_ms=4800000\ndup_frames=0\ndrop_frames=2\nspeed=1.02x\nprogress=continue\n",
    );
    expect(await transcodes(server)).toMatchObject([
      {
        url: "/live/show",
        transcode: "*",
        engine: "ff",
        output: "rtmp://127.0.0.1:1935/live/show_ff?vhost=__defaultVhost__",
        state: "running",
        problem: null,
        progress: {
          frames: 120,
          fps: 25.5,
          speed: 1.02,
          out_time_ms: 4_800,
          out_bytes: 12_345,
          dropped_frames: 2,
        },
      },
    ]);
    const { text } = await server.fetch("/metrics", { port: 1985 });
    expect(text).toContain('sluice_transcodes{state="running"} 1');
  });

  test("that hangs while frames come is killed once, and begun anew", async () => {
    const { server, send } = await startRunning();
    programsOf(server)[0]?.print("frame=1\nprogress=continue\n");
    for (let i = 0; i < 40; i++) {
      programsOf(server)[0]?.print("frame=1\nprogress=continue\n"); // It says so, and gets nowhere.
      await send();
    }
    expect(programsOf(server)).toHaveLength(2);
    expect(server.events("program killed")).toMatchObject([
      { program: "transcode", url: "/live/show", engine: "ff", reason: "it makes no progress" },
    ]);
    expect(await transcodes(server)).toMatchObject([{ state: "running", kills: 1, starts: 2 }]);
    expect(server.events("stream unpublished")).toEqual([]);
  });

  test("that crashes at once is tried less and less often", async () => {
    const { server, send } = await startRunning();
    for (let i = 0; i < 120; i++) {
      for (const child of runningOf(server)) child.finish({ code: 1, signal: undefined });
      await send();
    }
    expect(programsOf(server).length).toBeLessThan(12);
    expect(await transcodes(server)).toMatchObject([{ problem: "ended with exit status 1" }]);
  });

  test("that is not there is said to be missing, and disturbs nobody", async () => {
    const server = await MemoryServer.start(blocks(STOCK), {
      prepare: ({ runtime }) => void runtime.processes.missing.add("ffmpeg"),
    });
    const publisher = await server.publish(SHOW);
    await server.advance(1_000);
    expect(publisher.isClosed).toBe(false);
    expect(server.events("program not started").length).toBeGreaterThan(0);
    expect(await transcodes(server)).toMatchObject([{ state: "pausing", starts: 0 }]);
  });
});
