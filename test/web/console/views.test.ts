/**
 * Goal: the console shows of the server, its streams and its sessions what the API tells, in words and
 * units for people, and a dash where it tells nothing.
 *
 * Method: entries as the API had them, of each kind that differs.
 */

import { describe, expect, test } from "vitest";
import { countSessions, toOverview } from "../../../web/console/overview.js";
import { toSession } from "../../../web/console/session-view.js";
import { findPages, playAddress, toStream } from "../../../web/console/stream-view.js";

const NBSP = "\u00a0";

const WEBRTC = {
  ...{ id: "b4jygbbn", vhost: "vid-wb3vnfy", stream: "vid-8vvr946", ip: "192.0.2.9" },
  ...{ url: "/live/show", name: "show", type: "rtc-play", publish: false, alive: 64.49 },
  kbps: { recv_30s: 9, send_30s: 1_631 },
  sluice: {
    ...{ lag_bytes: 0, lag_ms: 0, skips: 0, skipped_bytes: 0 },
    transport: {
      ...{ protocol: "udp", rtt_ms: 23.4, loss: 0.0125, lost_packets: 1_201, jitter_ms: 13.3 },
      ...{ nacks: 14, repeated_packets: 12, key_frame_requests: 3, bandwidth_kbps: 1_065 },
      codecs: ["h264", "opus"],
    },
  },
};

const RTMP = {
  ...{ id: "6r431ztx", ip: "127.0.0.1", url: "a.example/live/show", type: "fmle-publish" },
  ...{ publish: true, alive: 5.97, kbps: { recv_30s: 538, send_30s: 5 } },
  sluice: { lag_ms: 0 },
};

describe("toSession()", () => {
  test("of WebRTC has the figures of its packets", () => {
    expect(toSession(WEBRTC)).toMatchObject({
      id: "b4jygbbn",
      role: "Plays",
      protocol: "WebRTC",
      stream: "live/show",
      texts: {
        age: `1${NBSP}min 4${NBSP}s`,
        received: `9${NBSP}kbit/s`,
        sent: `1.63${NBSP}Mbit/s`,
        lag: "–",
        roundTrip: `23${NBSP}ms`,
        loss: `1.3${NBSP}%`,
      },
      details: [
        ["Transport", "UDP"],
        ["Codecs", "H.264, Opus"],
        ["Bandwidth", `1.06${NBSP}Mbit/s`],
        ["Jitter", `13${NBSP}ms`],
        ["Packets lost", "1,201"],
        ["NACKs", "14"],
        ["Sent again", "12"],
        ["Key frames asked for", "3"],
      ],
      search: "live/show 192.0.2.9 webrtc plays",
    });
  });

  test("of WebRTC that has just come knows nothing of its way yet", () => {
    const transport = { ...WEBRTC.sluice.transport, protocol: null, rtt_ms: null, codecs: [] };
    const session = toSession({
      ...WEBRTC,
      sluice: { transport: { ...transport, bandwidth_kbps: null } },
    });
    expect(session.texts["roundTrip"]).toBe("–");
    expect(session.details.slice(0, 3).map(([, text]) => text)).toEqual(["–", "–", "–"]);
    expect(session.keys["roundTrip"]).toBeLessThan(0);
  });

  test("by TCP has none, and a player's lag", () => {
    expect(toSession(RTMP)).toMatchObject({
      ...{ role: "Publishes", protocol: "RTMP", stream: "a.example/live/show", details: [] },
      texts: { lag: "–", roundTrip: "–", loss: "–" },
    });
    const player = { ...RTMP, type: "flv-play", publish: false, sluice: { lag_ms: 1_200 } };
    expect(toSession(player)).toMatchObject({ protocol: "HTTP", texts: { lag: `1.20${NBSP}s` } });
    expect(toSession({ ...RTMP, type: "srt-play" }).protocol).toBe("srt-play");
  });
});

const STREAM = {
  ...{ id: "vid-8vvr946", name: "show", vhost: "v1", app: "live", url: "a.example/live/show" },
  ...{ live_ms: 190_000, clients: 1_003, publish: { active: true, cid: "6r431ztx" } },
  kbps: { recv_30s: 540, send_30s: 983_000 },
  video: { codec: "H264", profile: "High", level: "4.1", width: 1920, height: 1080 },
  audio: { codec: "AAC", sample_rate: 44_100, channel: 2, profile: "LC" },
  sluice: { published_ms: 10_000 },
};

const CONTEXT = {
  sessions: new Map([["6r431ztx", { protocol: "RTMP" }]]),
  isComplete: true,
  vhosts: new Map([["v1", "a.example"]]),
};

describe("toStream()", () => {
  test("tells what it is", () => {
    expect(toStream(STREAM, CONTEXT)).toMatchObject({
      name: "a.example/live/show",
      address: { vhost: "a.example", app: "live", stream: "show" },
      codecDetails: "H.264 High level 4.1; AAC LC 44.1 kHz stereo",
      texts: {
        publisher: "RTMP",
        codecs: "H.264 · AAC",
        size: `1920${NBSP}×${NBSP}1080`,
        clients: "1,003",
        received: `540${NBSP}kbit/s`,
        sent: `983${NBSP}Mbit/s`,
        age: `3${NBSP}min`,
      },
    });
  });

  test("has dashes where nobody publishes", () => {
    const waiting = { ...STREAM, publish: { active: false }, video: null, audio: null, sluice: {} };
    const { texts, codecDetails } = toStream(waiting, CONTEXT);
    expect(texts).toMatchObject({ publisher: "Nobody", codecs: "–", size: "–", age: "–" });
    expect(codecDetails).toBe("");
  });

  test("tells of publishers that are no sessions, if it can be known", () => {
    const own = { ...STREAM, publish: { active: true, cid: "test" } };
    const publisherOf = (stream: object, context = CONTEXT): string | undefined =>
      toStream(stream, context).texts["publisher"];
    expect(publisherOf(own)).toBe("Server");
    expect(publisherOf(own, { ...CONTEXT, isComplete: false })).toBe("–");
    expect(publisherOf({ ...STREAM, publish: { active: true } })).toBe("Relayed");
  });
});

test.each([
  ["http://a.example:1985/console/", { http: [8080], https: [] }, "http://a.example:8080/"],
  ["http://a.example:8081/console/", { http: [8080, 8081], https: [] }, "http://a.example:8081/"],
  ["http://a.example/console/", { http: [80], https: [] }, "http://a.example/"],
  ["https://a.example:1990/console/", { http: [8080], https: [8443] }, "https://a.example:8443/"],
  ["https://a.example:1990/console/", { http: [8080], https: [] }, "http://a.example:8080/"],
  ["http://[::1]:1985/console/", { http: [8080], https: [] }, "http://[::1]:8080/"],
  ["http://a.example:1985/console/", { http: [], https: [] }, undefined],
  ["http://a.example:1985/console/", undefined, undefined],
])("the pages of %s with %o", (page, ports, address) => {
  expect(findPages(ports, new URL(page))).toBe(address);
});

test("the address that plays a stream leads nowhere else", () => {
  const pages = "http://a.example:8080/";
  const play = (vhost: string, app: string, stream: string): string =>
    playAddress(pages, { vhost, app, stream });
  expect(play("__defaultVhost__", "live", "show")).toBe(`${pages}?stream=live/show`);
  expect(play("b.example", "a/b", "x&y=1 #")).toBe(
    `${pages}?stream=a/b/x%26y%3D1%20%23&vhost=b.example`,
  );
});

test("the overview adds up vhosts", () => {
  const vhost = { streams: 2, clients: 700, kbps: { recv_30s: 600, send_30s: 1_000 } };
  const summary = {
    self: { version: "1.2.3", srs_uptime: 90_000, cpu_percent: 1.25, mem_kbyte: 96_876 },
    system: {
      cpu_percent: 0.88,
      mem_ram_kbyte: 24_684_092,
      mem_ram_percent: 0.07,
      conn_srs: 1_410,
    },
  };
  expect(toOverview({ summary, vhosts: [vhost, vhost] })).toEqual({
    version: "1.2.3",
    uptime: `1${NBSP}d 1${NBSP}h`,
    cpu: `125${NBSP}%`,
    cpuOfMachine: `of a core · machine 88${NBSP}%`,
    memory: `94.6${NBSP}MiB`,
    memoryOfMachine: `machine 7${NBSP}%`,
    streams: "4",
    sessions: "1,400",
    received: `1.20${NBSP}Mbit/s`,
    sent: `2.00${NBSP}Mbit/s`,
    connections: "1,410",
  });
  expect(countSessions([vhost, vhost])).toBe(1_400);
});
