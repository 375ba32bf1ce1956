/**
 * Goal: the API answers as SRS does, key by key, so that its backends and dashboards work; what Sluice
 * adds stands behind SRS's keys.
 *
 * Method: requests to the handler over a view that tells fixed figures: those of a capture of SRS
 * 7.0.18, whose answers are given here as they came, but for ids that are made from names.
 */

import { expect, test } from "vitest";
import { VERSION } from "../../../src/base/version.ts";
import { createStreamId, createVhostId } from "../../../src/live/stream-id.ts";
import { ENVELOPE, field, SERVICE_ID, TestApi } from "../../support/api.ts";
import { BROADCAST, PLAYER, STREAM } from "../../support/reports.ts";

const STREAM_ID = createStreamId(SERVICE_ID, "/live/livestream");
const VHOST_ID = createVhostId(SERVICE_ID, "__defaultVhost__");

const SRS_STREAM = {
  id: STREAM_ID,
  name: "livestream",
  vhost: VHOST_ID,
  app: "live",
  tcUrl: "rtmp://127.0.0.1:1935/live",
  url: "/live/livestream",
  live_ms: 1_795_197_510_578,
  clients: 3,
  frames: 1_500,
  send_bytes: 3_514_417,
  recv_bytes: 1_743_081,
  kbps: { recv_30s: 243, send_30s: 504 },
  publish: { active: true, cid: "nd481804" },
  video: { codec: "H264", profile: "Main", level: "3", width: 768, height: 320 },
  audio: { codec: "AAC", sample_rate: 44_100, channel: 2, profile: "LC" },
};

const SRS_CLIENT = {
  id: "s1999172",
  vhost: VHOST_ID,
  stream: STREAM_ID,
  ip: "127.0.0.1",
  pageUrl: "",
  swfUrl: "",
  tcUrl: "rtmp://127.0.0.1:1935/live",
  url: "/live/livestream",
  name: "livestream",
  type: "rtmp-play",
  publish: false,
  alive: 58.35,
  send_bytes: 1_749_658,
  recv_bytes: 3_502,
  kbps: { recv_30s: 0, send_30s: 242 },
};

test("/api/v1/forwards tells where streams go", async () => {
  const answer = await new TestApi().fetchJson("/api/v1/forwards");
  expect(answer).toEqual({
    ...ENVELOPE,
    forwards: [
      {
        url: "/live/show",
        destination: "rtmp://b.example/live/show",
        state: "forwarding",
        state_ms: 6_499,
        connects: 2,
        failures: 1,
        problem: null,
        send_bytes: 215_833,
        lag_ms: 120,
        skips: 3,
      },
    ],
  });
});

test("/api/v1/transcodes and /api/v1/ingests tell how FFmpeg gets on", async () => {
  const run = { state_ms: 12_500, starts: 2, kills: 1, problem: "ended by SIGKILL" };
  const api = new TestApi();
  expect(await api.fetchJson("/api/v1/transcodes")).toEqual({
    ...ENVELOPE,
    transcodes: [
      {
        url: "/live/show",
        transcode: "*",
        engine: "ff",
        output: "rtmp://127.0.0.1:1935/live/show_ff",
        ...{ ...run, state: "running", pid: 4_711 },
        progress: {
          frames: 250,
          fps: 25,
          speed: 1.01,
          out_time_ms: 10_000,
          out_bytes: 500_000,
          dropped_frames: 3,
        },
      },
    ],
  });
  expect(await api.fetchJson("/api/v1/ingests")).toEqual({
    ...ENVELOPE,
    ingests: [
      {
        ...{ vhost: "__defaultVhost__", id: "film", engine: "" },
        ...{ input: "./film.flv", output: "rtmp://127.0.0.1:1935/live/film" },
        ...{ ...run, state: "pausing", pid: null },
        progress: null,
      },
    ],
  });
  expect((await api.fetch("/api/v1/transcodes", "POST")).status).toBe(405);
});

/** The keys of an object and of those inside it, in their order. */
function keysOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  return Object.entries(value).map(([key, inner]) => [key, keysOf(inner)]);
}

test.each(["/api/v1/versions", "/api/v1/versions/"])("%s has SRS's keys", async (path) => {
  const response = await new TestApi().fetch(path);
  const [major, minor, revision] = VERSION.split(".");
  expect(response.body).toBe(
    `{"code":0,"server":"vid-ul2vr26","service":"36etwo4s","pid":"28619",` +
      `"data":{"major":${major},"minor":${minor},"revision":${revision},"version":"${VERSION}"}}`,
  );
  expect(field(response, "Content-Type")).toBe("application/json");
});

test("a stream has SRS's keys and values in their order, and then what is Sluice's", async () => {
  const api = new TestApi();
  const { view } = api;
  view.streamReports = [{ ...STREAM, broadcasts: [BROADCAST] }];
  const answer = await api.fetchJson("/api/v1/streams/");
  const extras = {
    published_ms: 1_795_197_450_000,
    subscribers: 2,
    audio_frames: 2_580,
    gop_cache: {
      enabled: true,
      frames: 60,
      frames_max: 2_500,
      bytes: 180_000,
      bytes_max: 33_554_432,
    },
    queue: { ms_max: 30_000, bytes_max: 4_194_304, write_timeout_ms: 15_000 },
    formats: [
      {
        name: "rtmp/60000/1/relative",
        for_workers: false,
        subscribers: 1,
        chain_bytes: 120_000,
        chain_ms: 1_900,
        lag_bytes_max: 20_000,
        lag_ms_max: 700,
      },
    ],
    skips: 4,
    skipped_bytes: 90_000,
    write_timeouts: 1,
  };
  const stream = { ...SRS_STREAM, sluice: extras };
  expect(answer).toEqual({ ...ENVELOPE, streams: [stream] });
  expect(keysOf((answer as unknown as { streams: unknown[] }).streams[0])).toEqual(keysOf(stream));
  expect(await api.fetchJson(`/api/v1/streams/${STREAM_ID}`)).toEqual({ ...ENVELOPE, stream });
});

test("a stream that waits for its publisher, without any session of its own", async () => {
  const api = new TestApi();
  const { view } = api;
  const waiting = { ...STREAM, publisher: null, video: null, audio: null, clients: 1, tcUrl: "" };
  view.streamReports = [waiting];
  expect(await api.fetchJson("/api/v1/streams/")).toMatchObject({
    streams: [
      {
        tcUrl: "rtmp://__defaultVhost__/live",
        publish: { active: false },
        video: null,
        audio: null,
        sluice: { published_ms: null },
      },
    ],
  });
});

test("a stream without publisher and clients is not listed, and not found", async () => {
  const api = new TestApi();
  const { view } = api;
  view.streamReports = [{ ...STREAM, publisher: null, clients: 0 }];
  expect(await api.fetchJson("/api/v1/streams/")).toEqual({ ...ENVELOPE, streams: [] });
  expect(await api.fetchJson(`/api/v1/streams/${STREAM_ID}`)).toEqual({ code: 2048 });
  view.streamReports = [{ ...STREAM, publisher: null, isRelayed: true, clients: 0 }];
  expect(await api.fetchJson("/api/v1/streams/")).toMatchObject({
    streams: [{ publish: { active: true } }],
  });
});

test("a client has SRS's keys and values in their order, and then what is Sluice's", async () => {
  const api = new TestApi();
  const answer = await api.fetchJson("/api/v1/clients/");
  const client = {
    ...SRS_CLIENT,
    sluice: { lag_bytes: 20_000, lag_ms: 700, skips: 2, skipped_bytes: 50_000 },
  };
  expect(answer).toEqual({ ...ENVELOPE, clients: [client] });
  expect(keysOf((answer as unknown as { clients: unknown[] }).clients[0])).toEqual(keysOf(client));
  expect(await api.fetchJson("/api/v1/clients/s1999172")).toEqual({ ...ENVELOPE, client });
});

test("an FLV player's name has the extension, as in SRS", async () => {
  const api = new TestApi();
  const { view } = api;
  view.sessionReports = [{ ...PLAYER, clientType: "flv-play" }];
  expect(await api.fetchJson("/api/v1/clients/")).toMatchObject({
    clients: [{ name: "livestream.flv", type: "flv-play" }],
  });
});

test("who has not said what it wants is no client, but can be kicked", async () => {
  const api = new TestApi();
  const { view } = api;
  view.sessionReports = [{ ...PLAYER, clientType: "unknown", url: null }];
  expect(await api.fetchJson("/api/v1/clients/")).toEqual({ ...ENVELOPE, clients: [] });
  expect(await api.fetchJson("/api/v1/clients/s1999172")).toEqual({ code: 2049 });
  expect(await api.fetchJson("/api/v1/clients/s1999172", "DELETE")).toEqual(ENVELOPE);
});

test("DELETE kicks a client", async () => {
  const api = new TestApi();
  const { view } = api;
  expect(await api.fetchJson("/api/v1/clients/s1999172", "DELETE")).toEqual(ENVELOPE);
  expect(view.kicked).toEqual(["s1999172 kicked_by_api"]);
});

test.each([
  ["/api/v1/streams/vid-unknown", "GET", 2048],
  [`/api/v1/streams/${STREAM_ID}/`, "GET", 2048],
  ["/api/v1/vhosts/vid-unknown", "GET", 2014],
  [`/api/v1/vhosts/${VHOST_ID}/`, "GET", 2014],
  ["/api/v1/clients/unknown", "GET", 2049],
  ["/api/v1/clients/unknown", "DELETE", 2049],
  ["/api/v1/clients/", "DELETE", 2049],
  ["/api/v1/clients/s1999172/", "GET", 2049],
  ["/api/v1/clients/s1999172/", "DELETE", 2049],
])("%s by %s is SRS's error %i", async (path, method, code) => {
  const api = new TestApi();
  const { view } = api;
  expect(await api.fetchJson(path, method)).toEqual({ code });
  expect(view.kicked).toEqual([]);
});

test.each([
  ["/api", "/api/"],
  ["/api/v1", "/api/v1/"],
  ["/api/v1/vhosts", "/api/v1/vhosts/"],
  ["/api/v1/streams?start=0&count=1", "/api/v1/streams/?start=0&count=1"],
  ["/api/v1/clients", "/api/v1/clients/"],
])("%s is sent to %s, as in SRS", async (path, location) => {
  const response = await new TestApi().fetch(path);
  expect([response.status, field(response, "Location")]).toEqual([302, location]);
  expect(response.body).toBe(`Redirect to ${location}`);
});

test.each([
  ["/api/v1/streams/", "PUT", "GET, HEAD"],
  ["/api/v1/vhosts/", "POST", "GET, HEAD"],
  [`/api/v1/streams/${STREAM_ID}`, "DELETE", "GET, HEAD"],
  ["/api/v1/clients/", "POST", "GET, HEAD, DELETE"],
])("%s by %s is answered by 405 and SRS's words", async (path, method, allow) => {
  const response = await new TestApi().fetch(path, method);
  expect([response.status, field(response, "Allow")]).toEqual([405, allow]);
  expect(response.body).toBe("Method Not Allowed");
});

test.each(["/api/v1/versions", "/api/v1/summaries", "/api/v1/clusters"])(
  "%s may be asked by POST too, as in SRS",
  async (path) => {
    expect(await new TestApi().fetchJson(path, "POST")).toMatchObject({ code: 0 });
  },
);

test.each([
  ["/", ["api", "rtc"]],
  ["/nothing", ["api", "rtc"]],
  ["/rtc/v1/nothing/", ["api", "rtc"]],
  ["/api/", ["v1"]],
  ["/api/v2/streams/", ["v1"]],
])("%s is answered by the list of what is there", async (path, keys) => {
  const { urls } = await new TestApi().fetchJson(path);
  expect(Object.keys(urls as object)).toEqual(keys);
});

test.each(["/api/v1/", "/api/v1/nothing", "/api/v1/tests", "/api/v1/tests/nothing/"])(
  "%s is answered by the list of version 1, of which all is there that is not said to be this list",
  async (path) => {
    const api = new TestApi();
    const { urls, tests } = (await api.fetchJson(path)) as Record<string, Record<string, string>>;
    expect(Object.keys(tests ?? {})).toEqual(["requests", "errors", "redirects", "[vhost]"]);
    const lists = Object.entries(urls ?? {}).filter(([, text]) => text.startsWith("this list"));
    expect(lists.map(([name]) => name)).toEqual(["requests", "perf", "tcmalloc"]);
    for (const [name, text] of Object.entries(urls ?? {})) {
      const answer = await api.fetch(`/api/v1/${name}`);
      const isList = String(answer.body).includes('"urls"');
      expect(isList, name).toBe(text.startsWith("this list"));
    }
  },
);

test("vhosts, and one of them", async () => {
  const api = new TestApi({
    vhosts: { __defaultVhost__: { hls: { enabled: true, hls_fragment: 4 } }, quiet: {} },
  });
  const vhost = {
    id: VHOST_ID,
    name: "__defaultVhost__",
    enabled: true,
    clients: 3,
    streams: 1,
    send_bytes: 3_514_417,
    recv_bytes: 1_743_081,
    kbps: { recv_30s: 243, send_30s: 504 },
    hls: { enabled: true, fragment: 4 },
  };
  const answer = await api.fetchJson("/api/v1/vhosts/");
  expect(answer).toEqual({ ...ENVELOPE, vhosts: [vhost] });
  expect(keysOf((answer["vhosts"] as unknown[])[0])).toEqual(keysOf(vhost));
  expect(await api.fetchJson(`/api/v1/vhosts/${VHOST_ID}`)).toEqual({ ...ENVELOPE, vhost });
  const [own] = api.view.vhostReports;
  api.view.vhostReports = own === undefined ? [] : [{ ...own, name: "gone" }];
  expect(await api.fetchJson("/api/v1/vhosts/")).toMatchObject({
    vhosts: [{ enabled: false, hls: { enabled: false } }],
  });
});

test("pages of ten at least, in the order of the ids", async () => {
  const api = new TestApi();
  const { view } = api;
  const ids = Array.from({ length: 25 }, (_, index) => `id${String(index).padStart(6, "0")}`);
  view.sessionReports = ids.toReversed().map((clientId) => ({ ...PLAYER, clientId }));
  const page = async (query: string): Promise<string[]> => {
    const answer = (await api.fetchJson(`/api/v1/clients/${query}`)) as unknown as {
      clients: { id: string }[];
    };
    return answer.clients.map(({ id }) => id);
  };
  expect(await page("")).toEqual(ids.slice(0, 10));
  expect(await page("?start=5&count=1")).toEqual(ids.slice(5, 15));
  expect(await page("?start=5&count=12")).toEqual(ids.slice(5, 17));
  expect(await page("?start=20&count=99999999999")).toEqual(ids.slice(20));
  expect(await page("?start=-3&count=x")).toEqual(ids.slice(0, 10));
  expect(await page("?start=25")).toEqual([]);
});
