/**
 * Goal: the console page that comes with SRS works against this server: it finds the keys that it
 * shows, by JSONP and from a page of another port, and its button kicks.
 *
 * Method: the calls that the page makes, in its order, to the whole server in memory, with a publisher
 * and players; of each answer, the keys that the page looks at.
 */

import { describe, expect, test } from "vitest";
import { API_PORT, MemoryServer } from "../support/memory-server.ts";
import { installProc } from "../support/proc-texts.ts";

type Json = Readonly<Record<string, unknown>>;

/** Asks as the page does, and says what the answer was. */
type Ask = (path: string) => Promise<Json>;

const CONFIG = `
listen 1935; daemon off; srs_log_tank console;
http_api { enabled on; listen 1985; }
http_server { enabled on; listen 8080; dir /www; }
vhost __defaultVhost__ { hls { enabled on; } http_remux { enabled on; } }
`;

async function start(): Promise<MemoryServer> {
  const server = await MemoryServer.start(CONFIG, {
    prepare: ({ runtime }) => installProc(runtime.files),
  });
  const publisher = await server.publish(server.rtmpUrl("live/livestream"));
  await publisher.start();
  await server.play(server.rtmpUrl("live/livestream"));
  await server.watch(server.httpUrl("/live/livestream.flv"));
  await server.advance(2_000);
  return server;
}

function byScript(server: MemoryServer): Ask {
  let count = 0;
  return async (path) => {
    const callback = `angular.callbacks._${count++}`;
    const mark = path.includes("?") ? "&" : "?";
    const fields = [
      ["User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"],
      ["Referer", "http://127.0.0.1:8080/console/ng_index.html"],
    ] as const;
    const options = { port: API_PORT, fields };
    const { status, head, text } = await server.fetch(
      `${path}${mark}callback=${callback}`,
      options,
    );
    expect([status, head.fields.get("content-type")]).toEqual([200, "text/javascript"]);
    expect(text.startsWith(`${callback}(`) && text.endsWith(")"), text).toBe(true);
    return JSON.parse(text.slice(callback.length + 1, -1)) as Json;
  };
}

function byPage(server: MemoryServer): Ask {
  return async (path) => {
    const fields = [["Origin", "http://localhost:8080"]] as const;
    const preflight = await server.fetch(path, { port: API_PORT, fields, method: "OPTIONS" });
    expect(preflight.status).toBe(200);
    const { status, head, text } = await server.fetch(path, { port: API_PORT, fields });
    expect([status, head.fields.get("access-control-allow-origin")]).toEqual([200, "*"]);
    return JSON.parse(text) as Json;
  };
}

/** What stands at a path of keys. */
function at(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown> | null)?.[key], value);
}

function expectKeys(value: unknown, paths: string): void {
  for (const path of paths.split(" ")) expect(at(value, path), path).toBeDefined();
}

const SELF = "version pid ppid argv cwd mem_kbyte mem_percent cpu_percent srs_uptime"
  .split(" ")
  .map((key) => `data.self.${key}`)
  .join(" ");
const SYSTEM =
  "cpu_percent disk_read_KBps disk_write_KBps disk_busy_percent mem_ram_kbyte mem_ram_percent mem_swap_kbyte mem_swap_percent cpus cpus_online uptime ilde_time load_1m load_5m load_15m net_sample_time net_recv_bytes net_send_bytes net_recvi_bytes net_sendi_bytes srs_sample_time srs_recv_bytes srs_send_bytes conn_sys conn_sys_et conn_sys_tw conn_sys_udp conn_srs"
    .split(" ")
    .map((key) => `data.system.${key}`)
    .join(" ");
const VHOST =
  "id name enabled clients streams send_bytes recv_bytes kbps.recv_30s kbps.send_30s hls.enabled hls.fragment";
const STREAM =
  "id name vhost app tcUrl url live_ms clients frames send_bytes recv_bytes kbps.recv_30s kbps.send_30s publish.active publish.cid video.codec video.profile video.level video.width video.height audio.codec audio.sample_rate audio.channel audio.profile";
const CLIENT =
  "id vhost stream ip pageUrl swfUrl tcUrl url name type publish alive send_bytes recv_bytes kbps.recv_30s kbps.send_30s";

describe.each([
  ["by scripts (JSONP)", byScript],
  ["from a page of another port (CORS)", byPage],
])("%s", (_, askBy) => {
  test("the overview", async () => {
    const ask = askBy(await start());
    expectKeys(await ask("/api/v1/versions"), "data.version data.major data.minor data.revision");
    expectKeys(await ask("/api/v1/summaries"), `data.ok data.now_ms ${SELF} ${SYSTEM}`);
    expectKeys(
      await ask("/api/v1/features"),
      "data.build data.options data.options2 data.features.hls",
    );
    expectKeys(
      await ask("/api/v1/rusages"),
      "data.ok data.sample_time data.ru_utime data.ru_maxrss",
    );
    expectKeys(await ask("/api/v1/self_proc_stats"), "data.ok data.pid data.percent data.rss");
    expectKeys(await ask("/api/v1/system_proc_stats"), "data.ok data.percent data.user data.idle");
    expectKeys(
      await ask("/api/v1/meminfos"),
      "data.ok data.percent_ram data.MemTotal data.RealInUse",
    );
    expectKeys(await ask("/api/v1/authors"), "data.license data.contributors");
    expectKeys(await ask("/api/v1/raw?rpc=raw"), "http_api.enabled http_api.raw_api.enabled");
  });

  test("vhosts, streams and clients, each with its own page, and back to one another", async () => {
    const ask = askBy(await start());
    const lists = { vhost: VHOST, stream: STREAM, client: CLIENT };
    for (const [kind, keys] of Object.entries(lists)) {
      const list = (await ask(`/api/v1/${kind}s/?start=0&count=10`))[`${kind}s`] as Json[];
      expect(list.length, kind).toBe(kind === "client" ? 3 : 1);
      for (const entry of list) {
        expectKeys(entry, keys);
        const one = (await ask(`/api/v1/${kind}s/${entry["id"]}`))[kind];
        expectKeys(one, keys);
        expect(at(one, "id")).toBe(entry["id"]);
      }
    }
    const [client] = (await ask("/api/v1/clients/"))["clients"] as Json[];
    expectKeys(await ask(`/api/v1/streams/${client?.["stream"]}`), "stream.id");
    expectKeys(await ask(`/api/v1/vhosts/${client?.["vhost"]}`), "vhost.id");
  });
});

test("its button kicks, by a script", async () => {
  const server = await start();
  const ask = byScript(server);
  const clients = async (): Promise<Json[]> => (await ask("/api/v1/clients/"))["clients"] as Json[];
  const player = (await clients()).find(({ type }) => type === "rtmp-play");
  expect(await ask(`/api/v1/clients/${player?.["id"]}?method=DELETE`)).toMatchObject({ code: 0 });
  await server.advance(0);
  expect((await clients()).map(({ type }) => type).sort()).toEqual(["flv-play", "fmle-publish"]);
});
