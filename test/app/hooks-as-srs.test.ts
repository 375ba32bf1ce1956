/**
 * Goal: under SRS's configuration a backend gets from this server what it got from SRS, to the byte.
 *
 * Method: the configuration under which SRS's callbacks were captured, clients that do what was done
 * then, and the captured requests with the ids, times and sizes of this run in them.
 */

import { expect, test } from "vitest";
import { SIGNATURE } from "../../src/base/version.ts";
import { parseRtmpUrl, type RtmpTarget } from "../../src/protocols/rtmp/client-target.ts";
import {
  CAPTURED_HOOKS,
  CAPTURED_HOST,
  CAPTURED_NOTIFY,
  CAPTURED_USER_AGENT,
} from "../services/hooks/captured-hooks.ts";
import { type BackendRequest, HookBackend } from "../support/hook-backend.ts";
import { KEY_FRAME } from "../support/memory-network.ts";
import { MemoryServer } from "../support/memory-server.ts";

const PORT = 8085;

const CONFIG = `
listen 1935;
daemon off;
srs_log_tank console;
http_server { enabled on; listen 8080; }
vhost __defaultVhost__ {
  http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }
  hls { enabled on; hls_fragment 4; hls_window 20; }
  http_hooks {
    enabled on;
    on_connect   http://${CAPTURED_HOST}/api/v1/clients;
    on_close     http://${CAPTURED_HOST}/api/v1/clients;
    on_publish   http://${CAPTURED_HOST}/api/v1/streams;
    on_unpublish http://${CAPTURED_HOST}/api/v1/streams;
    on_play      http://${CAPTURED_HOST}/api/v1/sessions;
    on_stop      http://${CAPTURED_HOST}/api/v1/sessions;
    on_hls       http://${CAPTURED_HOST}/api/v1/hls;
    on_hls_notify ${CAPTURED_NOTIFY.template};
  }
}
`;

/** What differs from one run to the next. */
const VARYING: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/"server_id":"[\w-]+"/, '"server_id":"-"'],
  [/"service_id":"\w+"/, '"service_id":"-"'],
  [/"client_id":"\w+"/, '"client_id":"-"'],
  [/"stream_id":"vid-\w{7}"/, '"stream_id":"-"'],
  [/"(send|recv)_bytes":\d+/g, '"$1_bytes":0'],
  [/"duration":\d\.\d\d/, '"duration":4.00'],
  [/"cwd":"[^"]+"/, '"cwd":"/"'],
  [/\/hls\/[\w-]+\/\w{8}\//, "/hls/-/-/"],
  [/Content-Length: \d\d+/, "Content-Length: 100"],
  [/User-Agent: \S+/, "User-Agent: -"],
];

function withoutVarying(text: string): string {
  return VARYING.reduce((rest, [pattern, replaced]) => rest.replace(pattern, replaced), text);
}

function captured(name: string): string {
  const hook = CAPTURED_HOOKS.find((one) => one.name === name);
  if (hook === undefined) throw new Error(`Nothing was captured of ${name}`);
  return withoutVarying(requestText("POST", hook.path, hook.body));
}

function requestText(method: string, path: string, body: string): string {
  return (
    `${method} ${path} HTTP/1.1\r\nConnection: Keep-Alive\r\nContent-Length: ${body.length}\r\n` +
    `Content-Type: application/json\r\nHost: ${CAPTURED_HOST}\r\n` +
    `User-Agent: ${CAPTURED_USER_AGENT}\r\n\r\n${body}`
  );
}

/** As FFmpeg connects, with the port in the tcUrl. */
function rtmp(stream: string): RtmpTarget {
  const target = parseRtmpUrl(`rtmp://127.0.0.1:1935/live/${stream}`);
  return { ...target, tcUrl: "rtmp://127.0.0.1:1935/live" };
}

test("requests are those that were captured of SRS", async () => {
  const backend = new HookBackend();
  const server = await MemoryServer.start(CONFIG, {
    prepare: async ({ runtime }) => void (await backend.listen(runtime.tcp, PORT)),
  });
  const publisher = await server.publish(rtmp("livestream?token=abc&salt=yyy"));
  await publisher.start();
  const viewer = await server.watch(server.httpUrl("/live/livestream.flv?token=flv"));
  const player = await server.play(rtmp("livestream?k=v"));
  for (let second = 0; second < 5; second++) {
    await publisher.send(KEY_FRAME, 1_000);
    await server.advance(1_000);
  }
  await player.leave();
  await viewer.vanish();
  await server.fetch("/live/livestream.m3u8?token=t1&a=b");
  await publisher.leave();
  await server.advance(60_000);

  const seen = new Set(
    backend.requests.map(({ head, body }: BackendRequest) => withoutVarying(head + body)),
  );
  for (const name of [
    "an RTMP client that connects",
    "an RTMP publisher",
    "an HTTP-FLV player",
    "an RTMP player",
    "a segment",
    "an RTMP player that has gone",
    "a connection that is over",
    "an HTTP-FLV player that has gone",
    "an HLS player",
    "an HLS player that has gone",
    "a publisher that has gone",
  ]) {
    expect(seen, name).toContain(captured(name));
  }
  expect(seen).toContain(withoutVarying(requestText("GET", CAPTURED_NOTIFY.path, "")));
  expect(backend.requests[0]?.head).toContain(`User-Agent: ${SIGNATURE}\r\n`);
});
