/**
 * Goal: the HTTP API works with what people use on it: curl, fetch, a browser's questions; on a port of
 * its own, on one port with everything else, by TLS, with credentials; its figures are those of this
 * machine; heartbeats reach a server that is none of ours.
 *
 * Method: a server of each kind as a process, an encoder, curl and fetch.
 */

import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { RtmpPeer } from "../support/rtmp-peer.ts";
import { createSelfSigned } from "../support/self-signed.ts";
import {
  launchServer,
  type ServerOptions,
  startServer,
  type TestServer,
} from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

const identity = createSelfSigned("localhost", ["localhost", "127.0.0.1"]);

async function start(options: ServerOptions): Promise<TestServer> {
  const server = await startServer(options);
  onTestFinished(() => server.stop());
  return server;
}

/** What curl prints: head and body. */
async function curl(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("curl", ["-s", "-i", "--max-time", "10", ...args]);
  return stdout;
}

async function curlJson(...args: string[]): Promise<Record<string, unknown>> {
  const text = await curl(...args);
  return JSON.parse(text.slice(text.lastIndexOf("\r\n\r\n") + 4)) as Record<string, unknown>;
}

/** SRS's configuration, with the API by HTTPS. */
const SEPARATE: ServerOptions = {
  srsConfig: ({ rtmp, http, api, https }, folder) => {
    writeFileSync(`${folder}/server.crt`, identity.certificate);
    writeFileSync(`${folder}/server.key`, identity.key);
    return `
      listen 127.0.0.1:${rtmp}; daemon off; srs_log_tank console; pid ${folder}/sluice.pid;
      http_api {
        enabled on; listen 127.0.0.1:${api};
        https { enabled on; listen 127.0.0.1:${https}; key ${folder}/server.key; cert ${folder}/server.crt; }
      }
      http_server { enabled on; listen 127.0.0.1:${http}; dir ${folder}; }
      vhost __defaultVhost__ { http_remux { enabled on; } }
    `;
  },
};

describe("on a port of its own", () => {
  test("curl finds, kicks and is redirected", async () => {
    const server = await start(SEPARATE);
    const publisher = await RtmpPeer.publish(server.rtmpUrl("live/show"));
    onTestFinished(() => publisher.close());
    const url = server.apiUrl("/api/v1");
    const { streams } = await curlJson("-L", `${url}/streams?start=0`);
    expect(streams).toMatchObject([{ name: "show", publish: { active: true }, clients: 1 }]);
    expect(await curlJson(`${url}/vhosts/`)).toMatchObject({ vhosts: [{ streams: 1 }] });
    const { clients } = (await curlJson(`${url}/clients/`)) as { clients: { id: string }[] };
    const id = clients[0]?.id;
    expect(await curl("-X", "DELETE", `${url}/streams/`)).toMatch(/^HTTP\/1\.1 405 Method Not/);
    expect(await curlJson("-X", "DELETE", `${url}/clients/${id}`)).toMatchObject({ code: 0 });
    await waitFor("the publisher's end", async () => {
      const answer = await curlJson(`${url}/clients/${id}`);
      return answer["code"] === 2049;
    });
    expect(await curl(`${url}/versions?callback=cb`)).toMatch(/\r\n\r\ncb\(\{"code":0,.*\}\)$/s);
    expect(await curl("-I", `${url}/versions`)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^{]*$/);
    expect(await curl("-0", `${url}/nothing`)).toMatch(/^HTTP\/1\.[01] 200 OK\r\n.*"urls"/s);
    expect(await curl(`${url}/tests/redirects`)).toMatch(/^HTTP\/1\.1 301 /);
    expect(await curlJson("-L", `${url}/tests/redirects`)).toEqual({ code: 100 });
  });

  test("curl trusts it by TLS", async () => {
    const server = await start(SEPARATE);
    const url = `https://localhost:${server.ports.https}/api/v1/versions`;
    // This port opens behind the one that is waited for at the start.
    const answer = await waitFor("an answer by TLS", () =>
      curlJson("--cacert", `${server.folder}/server.crt`, url).catch(() => undefined),
    );
    expect(answer).toEqual(await curlJson(server.apiUrl("/api/v1/versions")));
  });

  test("figures are this machine's", async () => {
    const server = await start(SEPARATE);
    const ask = async (what: string): Promise<Record<string, never>> => {
      const answer = await fetch(server.apiUrl(`/api/v1/${what}`));
      return ((await answer.json()) as { data: Record<string, never> }).data;
    };
    const { self, system } = (await ask("summaries")) as Record<string, Record<string, number>>;
    const total = /^MemTotal:\s+(\d+)/.exec(readFileSync("/proc/meminfo", "utf8"))?.[1];
    expect(system).toMatchObject({ mem_ram_kbyte: Number(total) });
    expect(system?.["uptime"]).toBeGreaterThan(1);
    expect(system?.["conn_sys"]).toBeGreaterThan(0);
    expect(self?.["cwd"]).toBe(server.folder);
    expect(self?.["argv"]).toMatch(/ -c .*srs\.conf$/);
    const stat = (await ask("self_proc_stats")) as Record<string, unknown>;
    const own = readFileSync(`/proc/${self?.["pid"]}/stat`, "utf8");
    const [, comm = "", rest = ""] = /^\d+ (\(.*\)) [A-Z] (.*)$/s.exec(own) ?? [];
    const [ppid, pgrp, session] = rest.split(" ").map(Number);
    expect(stat).toMatchObject({ ok: true, comm, ppid, pgrp, session });
    const use = (await ask("rusages")) as Record<string, number | boolean>;
    expect(use).toMatchObject({ ok: true });
    expect(use["ru_maxrss"]).toBeGreaterThan(10_000);
    expect((await ask("system_proc_stats"))["ok"]).toBe(true);
    expect((await ask("meminfos"))["ok"]).toBe(true);
  });
});

test("on one port with everything", async () => {
  const server = await start({
    config: ({ api }, folder) => {
      writeFileSync(`${folder}/index.html`, "front");
      const listen = `127.0.0.1:${api}`;
      return {
        http_api: { listen },
        http_server: { listen, dir: folder, crossdomain: true },
      };
    },
  });
  expect(await curl(server.apiUrl("/"))).toMatch(/front$/);
  expect(await curlJson(server.apiUrl("/api/v2/x"))).toMatchObject({ urls: {} });
  expect(await curl(server.apiUrl("/api"))).toContain("Location: /api/\r\n");
  expect(await curl(server.apiUrl("/metrics"))).toContain("\nsrs_streams 0\n");
  expect(await curl(server.apiUrl("/nothing.html"))).toMatch(/^HTTP\/1\.1 404 /);
  const question = ["-X", "OPTIONS", "-H", "Origin: http://a.example"];
  const answer = await curl(...question, server.apiUrl("/api/v1/streams/"));
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Access-Control-Allow-Methods: \*\r\n/s);
  const foreign = await curl("-H", "Origin: http://a.example", server.apiUrl("/api/v1/streams/"));
  expect(foreign).toMatch(/^HTTP\/1\.1 403 /);
});

test("for whoever has the credentials, from wherever he comes", async () => {
  const auth = { enabled: true, username: "admin", password: "12345678" };
  const server = await launchServer({ config: { http_api: { auth } } });
  onTestFinished(() => server.stop());
  const url = server.apiUrl("/api/v1/summaries");
  const refused = await waitFor("an answer", () => curl(url).catch(() => undefined));
  expect(refused).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n.*WWW-Authenticate: Basic realm=/s);
  expect(await curl("-u", "admin:bad", url)).toMatch(/^HTTP\/1\.1 401 /);
  expect(await curl("-H", "Authorization: Bearer x", url)).toMatch(/^HTTP\/1\.1 401 /);
  const fields = ["-H", "X-Forwarded-For: 192.0.2.1", "-H", "Host: media.example"];
  expect(await curlJson("-u", "admin:12345678", ...fields, url)).toMatchObject({ code: 0 });
  expect(await curl("-u", "admin:12345678", server.apiUrl("/metrics"))).toContain("srs_memory ");
});

test("heartbeats reach a server in Node", async () => {
  const bodies: Record<string, unknown>[] = [];
  const collector = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
    request.on("end", () => {
      bodies.push(JSON.parse(text) as Record<string, unknown>);
      response.end('{"code":0}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void collector.close());
  const { port } = collector.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/api/v1/servers`;
  const heartbeat = {
    enabled: true,
    url,
    interval: 0.2,
    device_id: "a",
    summaries: true,
    ports: true,
  };
  const server = await start({ config: { heartbeat } });
  await waitFor("three heartbeats", async () => bodies.length >= 3);
  expect(bodies[0]).toMatchObject({
    device_id: "a",
    summaries: { data: { ok: true, self: { cwd: server.folder } } },
    rtmp: [`127.0.0.1:${server.ports.rtmp}`],
  });
});
