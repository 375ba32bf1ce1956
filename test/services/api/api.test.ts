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
import { createApi } from "../../../src/services/api/api.ts";
import { BROADCAST, FixedView, PLAYER, PROCESS, STREAM } from "../../support/reports.ts";

const SERVICE_ID = "36etwo4s";
const IDENTITY = { serverId: "vid-ul2vr26", serviceId: SERVICE_ID, pid: "28619" };
const ENVELOPE = { code: 0, server: "vid-ul2vr26", service: SERVICE_ID, pid: "28619" };
const NOW_MS = 1_795_197_510_578.4;
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
  kbps: { recv_30s: 0, send_30s: 240 },
};

function setUp(): {
  view: FixedView;
  fetchApi: (path: string, method?: string) => Promise<Response>;
  fetchJson: (path: string, method?: string) => Promise<unknown>;
} {
  const view = new FixedView();
  const api = createApi({ identity: IDENTITY, view, clock: { wallMs: () => NOW_MS } });
  const fetchApi = (path: string, method = "GET"): Promise<Response> =>
    api(new Request(`http://localhost:1985${path}`, { method }));
  const fetchJson = async (path: string, method?: string): Promise<unknown> => {
    const response = await fetchApi(path, method);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    return response.json();
  };
  return { view, fetchApi, fetchJson };
}

/** The keys of an object and of those inside it, in their order. */
function keysOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  return Object.entries(value).map(([key, inner]) => [key, keysOf(inner)]);
}

test.each(["/api/v1/versions", "/api/v1/versions/"])("%s has SRS's keys", async (path) => {
  const response = await setUp().fetchApi(path);
  const [major, minor, revision] = VERSION.split(".");
  expect(await response.text()).toBe(
    `{"code":0,"server":"vid-ul2vr26","service":"36etwo4s","pid":"28619",` +
      `"data":{"major":${major},"minor":${minor},"revision":${revision},"version":"${VERSION}"}}`,
  );
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
});

test("summaries have those of SRS's figures that there are, over all processes", async () => {
  const { view, fetchJson } = setUp();
  view.processReports = [PROCESS, { ...PROCESS, pid: 7, role: "worker", worker: 1, uptimeMs: 500 }];
  expect(await fetchJson("/api/v1/summaries")).toEqual({
    ...ENVELOPE,
    data: {
      ok: true,
      now_ms: 1_795_197_510_578,
      self: {
        version: VERSION,
        pid: 28_619,
        mem_kbyte: 60_880,
        cpu_percent: 0.04,
        srs_uptime: 86,
      },
      system: {
        srs_sample_time: 1_795_197_510_578,
        srs_recv_bytes: 3_500_000,
        srs_send_bytes: 7_040_000,
        conn_srs: 6,
      },
    },
  });
});

test("a stream has SRS's keys and values in their order, and then what is Sluice's", async () => {
  const { view, fetchJson } = setUp();
  view.streamReports = [{ ...STREAM, broadcasts: [BROADCAST] }];
  const answer = await fetchJson("/api/v1/streams/");
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
  expect(keysOf((answer as { streams: unknown[] }).streams[0])).toEqual(keysOf(stream));
  expect(await fetchJson(`/api/v1/streams/${STREAM_ID}`)).toEqual({ ...ENVELOPE, stream });
});

test("a stream that waits for its publisher, without any session of its own", async () => {
  const { view, fetchJson } = setUp();
  const waiting = { ...STREAM, publisher: null, video: null, audio: null, clients: 1, tcUrl: "" };
  view.streamReports = [waiting];
  expect(await fetchJson("/api/v1/streams/")).toMatchObject({
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
  const { view, fetchJson } = setUp();
  view.streamReports = [{ ...STREAM, publisher: null, clients: 0 }];
  expect(await fetchJson("/api/v1/streams/")).toEqual({ ...ENVELOPE, streams: [] });
  expect(await fetchJson(`/api/v1/streams/${STREAM_ID}`)).toEqual({ code: 2048 });
  view.streamReports = [{ ...STREAM, publisher: null, isRelayed: true, clients: 0 }];
  expect(await fetchJson("/api/v1/streams/")).toMatchObject({
    streams: [{ publish: { active: true } }],
  });
});

test("a client has SRS's keys and values in their order, and then what is Sluice's", async () => {
  const { fetchJson } = setUp();
  const answer = await fetchJson("/api/v1/clients/");
  const client = {
    ...SRS_CLIENT,
    sluice: { lag_bytes: 20_000, lag_ms: 700, skips: 2, skipped_bytes: 50_000 },
  };
  expect(answer).toEqual({ ...ENVELOPE, clients: [client] });
  expect(keysOf((answer as { clients: unknown[] }).clients[0])).toEqual(keysOf(client));
  expect(await fetchJson("/api/v1/clients/s1999172")).toEqual({ ...ENVELOPE, client });
});

test("an FLV player's name has the extension, as in SRS", async () => {
  const { view, fetchJson } = setUp();
  view.sessionReports = [{ ...PLAYER, clientType: "flv-play" }];
  expect(await fetchJson("/api/v1/clients/")).toMatchObject({
    clients: [{ name: "livestream.flv", type: "flv-play" }],
  });
});

test("who has not said what it wants is no client, but can be kicked", async () => {
  const { view, fetchJson } = setUp();
  view.sessionReports = [{ ...PLAYER, clientType: "unknown", url: null }];
  expect(await fetchJson("/api/v1/clients/")).toEqual({ ...ENVELOPE, clients: [] });
  expect(await fetchJson("/api/v1/clients/s1999172")).toEqual({ code: 2049 });
  expect(await fetchJson("/api/v1/clients/s1999172", "DELETE")).toEqual(ENVELOPE);
});

test("DELETE kicks a client", async () => {
  const { view, fetchJson } = setUp();
  expect(await fetchJson("/api/v1/clients/s1999172", "DELETE")).toEqual(ENVELOPE);
  expect(view.kicked).toEqual(["s1999172 kicked_by_api"]);
});

test.each([
  ["/api/v1/streams/vid-unknown", "GET", 2048],
  [`/api/v1/streams/${STREAM_ID}/`, "GET", 2048],
  ["/api/v1/clients/unknown", "GET", 2049],
  ["/api/v1/clients/unknown", "DELETE", 2049],
  ["/api/v1/clients/", "DELETE", 2049],
  ["/api/v1/clients/s1999172/", "GET", 2049],
  ["/api/v1/clients/s1999172/", "DELETE", 2049],
])("%s by %s is SRS's error %i", async (path, method, code) => {
  const { view, fetchJson } = setUp();
  expect(await fetchJson(path, method)).toEqual({ code });
  expect(view.kicked).toEqual([]);
});

test.each([
  ["/api/v1/streams?start=0&count=1", "/api/v1/streams/?start=0&count=1"],
  ["/api/v1/clients", "/api/v1/clients/"],
])("%s is sent to %s, as in SRS", async (path, location) => {
  const response = await setUp().fetchApi(path);
  expect([response.status, response.headers.get("location")]).toEqual([302, location]);
});

test.each([
  ["/api/v1/nothing", "GET", 404, null],
  ["/", "GET", 404, null],
  ["/api/v1/versions", "POST", 405, "GET, HEAD"],
  ["/api/v1/summaries", "POST", 405, "GET, HEAD"],
  ["/api/v1/streams/", "PUT", 405, "GET, HEAD"],
  [`/api/v1/streams/${STREAM_ID}`, "DELETE", 405, "GET, HEAD"],
  ["/api/v1/clients/", "POST", 405, "GET, HEAD, DELETE"],
])("%s by %s is answered by %i and JSON", async (path, method, status, allow) => {
  const response = await setUp().fetchApi(path, method);
  expect([response.status, response.headers.get("allow")]).toEqual([status, allow]);
  expect(await response.json()).toMatchObject({ code: status });
});

test("HEAD gets a head alone", async () => {
  const response = await setUp().fetchApi("/api/v1/streams/", "HEAD");
  expect([response.status, await response.text()]).toEqual([200, ""]);
});

test("pages of ten at least, in the order of the ids", async () => {
  const { view, fetchJson } = setUp();
  const ids = Array.from({ length: 25 }, (_, index) => `id${String(index).padStart(6, "0")}`);
  view.sessionReports = ids.toReversed().map((clientId) => ({ ...PLAYER, clientId }));
  const page = async (query: string): Promise<string[]> => {
    const answer = (await fetchJson(`/api/v1/clients/${query}`)) as { clients: { id: string }[] };
    return answer.clients.map(({ id }) => id);
  };
  expect(await page("")).toEqual(ids.slice(0, 10));
  expect(await page("?start=5&count=1")).toEqual(ids.slice(5, 15));
  expect(await page("?start=5&count=12")).toEqual(ids.slice(5, 17));
  expect(await page("?start=20&count=99999999999")).toEqual(ids.slice(20));
  expect(await page("?start=-3&count=x")).toEqual(ids.slice(0, 10));
  expect(await page("?start=25")).toEqual([]);
});
