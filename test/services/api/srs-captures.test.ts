/**
 * Goal: clients made for SRS's HTTP API find the same paths, statuses, fields, keys in the same order,
 * and types, and the same values where these do not depend on the moment.
 *
 * Method: every request of the captures of SRS 7.0.18, made to a server in memory with the same
 * configuration and the same clients. What differs on purpose is listed with its reason.
 */

import { describe, test } from "vitest";
import { parseRtmpUrl } from "../../../src/protocols/rtmp/client-target.ts";
import { fromHex } from "../../support/hex.ts";
import { AUDIO_HEADER, type FetchedAnswer } from "../../support/memory-network.ts";
import { MemoryServer } from "../../support/memory-server.ts";
import { installProc } from "../../support/proc-texts.ts";
import { PROCESS } from "../../support/reports.ts";
import {
  type Capture,
  compareAnswers,
  type Difference,
  srsCaptures,
} from "../../support/srs-answers.ts";

const NO_RTC = { reason: "nobody is helped to lose packets", missing: ["urls.rtc.v1.nack"] };
const CORS = {
  reason: "the asterisk does not cover Authorization",
  fields: ["Access-Control-Allow-Headers"],
};
const CHALLENGE = { reason: "the realm is said, in UTF-8", fields: ["WWW-Authenticate"] };

const DIFFERENCES: Readonly<Record<string, Difference>> = {
  root: NO_RTC,
  exporter_root: NO_RTC,
  server_summaries: { reason: "errors of HTTP are JSON", isOther: true },
  versions_callback_a_3Cb: { reason: "told in place of a closed connection", status: 400 },
  error_vhost: { reason: "this machine alone, by its own name", status: 403, isOther: true },
  versions_HEAD_raw: { reason: "HEAD has no body", isOther: true },
  versions_OPTIONS: CORS,
  versions_Origin: CORS,
  "auth bad": CHALLENGE,
  "auth noauth": CHALLENGE,
  "auth noauth-summaries": CHALLENGE,
  "auth metrics": { reason: "metrics need the credentials too", status: 401, isOther: true },
  "auth rtc": { reason: "servers/rtc answers it", status: 404, isOther: true },
  "auth static-with-api-in-path": { reason: "a file is not the API", status: 404, isOther: true },
};

const CONFIG = `
listen 127.0.0.1:1935; max_connections 500; daemon off; srs_log_tank console;
http_api { enabled on; listen 127.0.0.1:1985; raw_api { enabled on; allow_reload on; } }
http_server { enabled on; listen 127.0.0.1:8080; dir /www; }
exporter { enabled on; listen 127.0.0.1:9972; label cn-beijing; tag cn-edge; }
stats { network 0; disk vda; }
vhost __defaultVhost__ {
    hls { enabled on; hls_fragment 4; hls_window 20; hls_dispose 30; }
    http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }
}
`;

const AUTH_CONFIG = `
listen 127.0.0.1:1935; max_connections 100; daemon off; srs_log_tank console;
http_api { enabled on; listen 127.0.0.1:8080;
           auth { enabled on; username admin; password 12345678; } }
http_server { enabled on; listen 127.0.0.1:8080; dir /www; crossdomain off; }
vhost __defaultVhost__ { hls { enabled on; } http_remux { enabled on; } }
`;

/** With parameter sets, without which nothing is packaged. */
const VIDEO_HEADER = fromHex("17 00 000000 0164001fffe10004 67640000 01 0004 68ee0000");
const KEY_FRAME = fromHex("17 01 000000 00000004 65880000");

const FILES = {
  "/www/index.html": "front",
  "/www/console/index.html": "console",
  "/www/console/en_index.html": "console",
};

/** A publisher, an RTMP player and an HTTP-FLV player, for some seconds. */
async function startAll(): Promise<MemoryServer> {
  const server = await MemoryServer.start(CONFIG, {
    files: FILES,
    prepare: ({ runtime }) => {
      runtime.host.resourceUsed = PROCESS.use ?? undefined;
      return installProc(runtime.files);
    },
  });
  const target = parseRtmpUrl("rtmp://127.0.0.1:1935/live/livestream");
  const known = { ...target, tcUrl: "rtmp://127.0.0.1:1935/live" };
  const publisher = await server.publish(known);
  publisher.client.sendVideo(0, VIDEO_HEADER);
  publisher.client.sendAudio(0, AUDIO_HEADER);
  await server.play(known);
  await server.watch(server.httpUrl("/live/livestream.flv"));
  for (let second = 0; second < 10; second++) {
    await publisher.send(KEY_FRAME, 1_000);
    await server.advance(1_000);
  }
  return server;
}

interface Entry {
  readonly id: string;
  readonly type: string;
}

/** Ids of the capture, by the ids of the same here. */
async function idsOf(server: MemoryServer): Promise<Map<string, string>> {
  const list = async (what: string): Promise<Entry[]> => {
    const { text } = await server.fetch(`/api/v1/${what}/`, { port: 1985 });
    return (JSON.parse(text) as Record<string, Entry[]>)[what] ?? [];
  };
  const clients = await list("clients");
  const clientOf = (type: string): string => clients.find((one) => one.type === type)?.id ?? "";
  return new Map([
    ["vid-0it0812", (await list("streams"))[0]?.id ?? ""],
    ["vid-7m1w98v", (await list("vhosts"))[0]?.id ?? ""],
    ["s1999172", clientOf("rtmp-play")],
    ["tdf0p880", clientOf("flv-play")],
    ["nd481804", clientOf("fmle-publish")],
  ]);
}

function ask(server: MemoryServer, capture: Capture, path: string): Promise<FetchedAnswer> {
  const { port, method, body } = capture;
  const fields = (capture.fields ?? []).filter(([name]) => name !== "Host");
  const [, host] = capture.fields?.find(([name]) => name === "Host") ?? [];
  return server.fetch(path, {
    ...(host === undefined ? {} : { host: host.replace(/:\d+$/, "") }),
    // The API by HTTPS is the same; test/integration asks it.
    port: port === 1990 ? 1985 : port,
    method,
    fields,
    ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }),
  });
}

/** What a capture needs to have happened. */
async function prepare(
  name: string,
  server: MemoryServer,
  ids: Map<string, string>,
): Promise<void> {
  const kick = async (id: string): Promise<void> => {
    await server.fetch(`/api/v1/clients/${ids.get(id)}`, { port: 1985, method: "DELETE" });
    await server.advance(0);
  };
  if (name === "clients_hls") await server.fetch("/live/livestream.m3u8?hls_ctx=myctx123");
  if (name === "clients_ID_DELETE_again") await kick("s1999172");
  if (name === "clients_after_kick") for (const id of ["s1999172", "tdf0p880"]) await kick(id);
}

describe("with everything on", () => {
  test.each(srsCaptures("api").map((capture) => [capture.name, capture] as const))(
    "%s",
    async (name, capture) => {
      const server = await startAll();
      const ids = await idsOf(server);
      await prepare(name, server, ids);
      const path = capture.path.replace(
        /\b(?:vid-\w{7}|\w{8})(?=[/?]|$)/g,
        (id) => ids.get(id) ?? id,
      );
      compareAnswers(capture, await ask(server, capture, path), DIFFERENCES[name]);
    },
  );
});

describe("on one port, with credentials", () => {
  test.each(srsCaptures("auth").map((capture) => [capture.name, capture] as const))(
    "%s",
    async (name, capture) => {
      const server = await MemoryServer.start(AUTH_CONFIG, {
        files: FILES,
        prepare: ({ runtime }) => installProc(runtime.files),
      });
      const ours = await ask(server, capture, capture.path);
      compareAnswers(capture, ours, DIFFERENCES[`auth ${name}`]);
    },
  );
});
