/**
 * Goal: clients of SRS's JSON of before WHIP are answered as by SRS: status 200 and a code, whatever
 * happens; and a meeting sees who is in it, and nobody else.
 *
 * Method: the whole server in memory, asked by HTTP as SRS's own pages ask.
 */

import { describe, expect, test } from "vitest";
import { parseSdp } from "../../../src/codec/sdp/parse-sdp.ts";
import type { FetchedAnswer } from "../../support/memory-network.ts";
import { offerText, postOffer, RTC_CONFIG } from "../../support/memory-rtc.ts";
import { defaultVhost, MemoryServer } from "../../support/memory-server.ts";

async function ask(
  server: MemoryServer,
  path: string,
  body: unknown,
  port = 1985,
): Promise<FetchedAnswer & { readonly json: Record<string, unknown> }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await server.fetch(`/rtc/v1/${path}`, {
    method: "POST",
    body: new TextEncoder().encode(text),
    port,
  });
  return { ...answer, json: JSON.parse(answer.text) as Record<string, unknown> };
}

const start = (config: object = {}) => MemoryServer.start({ ...RTC_CONFIG, ...config });
const STREAM = "webrtc://127.0.0.1/live/show";

describe.each(["publish", "play"] as const)("%s", (role) => {
  test("is answered with the fields of SRS's answer", async () => {
    const server = await start();
    for (const [path, port] of [
      [`${role}/`, 1985],
      [`${role}`, 8080],
    ] as const) {
      const body = {
        api: `http://127.0.0.1:${port}/rtc/v1/${path}`,
        clientip: null,
        streamurl: `${STREAM}${port}`,
        tid: "1234567",
        sdp: offerText(role),
      };
      const { status, head, json } = await ask(server, path, body, port);
      expect([status, head.fields.get("content-type")]).toEqual([200, "application/json"]);
      expect(json).toEqual({
        code: 0,
        server: expect.stringMatching(/^vid-/),
        service: expect.stringMatching(/^[0-9a-z]{8}$/),
        pid: "4242",
        sdp: expect.stringMatching(/^v=0\r\n/),
        sessionid: expect.stringMatching(/^[a-z0-9]{8}:peer$/),
      });
      const [section] = parseSdp(String(json["sdp"])).sections;
      const ufrag = section?.attributes.find(({ name }) => name === "ice-ufrag")?.value;
      expect(json["sessionid"]).toBe(`${ufrag}:peer`);
    }
  });

  test.each([
    ["no JSON", "xxx"],
    ["nothing", ""],
    ["null", "null"],
    ["an array", []],
    ["no offer", { streamurl: STREAM }],
    ["no stream", { sdp: offerText(role) }],
    ["another type", { streamurl: 1, sdp: {} }],
    ["no address", { streamurl: "xxx", sdp: offerText(role) }],
    ["an address without a stream", { streamurl: "webrtc://127.0.0.1/live", sdp: offerText(role) }],
    ["a bad name", { streamurl: "webrtc://127.0.0.1/../show", sdp: offerText(role) }],
    ["a bad offer", { streamurl: STREAM, sdp: "xxx" }],
    [
      "an offer of nothing that is served",
      { streamurl: STREAM, sdp: offerText(role).replaceAll(/H264|opus/g, "none") },
    ],
  ])("is told the code 400 for %s", async (_, body) => {
    const server = await start();
    const { status, json } = await ask(server, `${role}/`, body);
    expect([status, json]).toEqual([200, { code: 400, message: expect.stringMatching(/./) }]);
  });
});

test("a method that has no body is told the code 400, as by SRS", async () => {
  const server = await start();
  const { status, text } = await server.fetch("/rtc/v1/play/", { port: 1985 });
  expect([status, JSON.parse(text)]).toMatchObject([200, { code: 400 }]);
});

test("who is refused is told the code 400: the stream is busy, or the rules say no", async () => {
  const server = await start(
    defaultVhost({ security: { enabled: true, allow: ["publish all"], deny: ["play all"] } }),
  );
  await server.publish(server.rtmpUrl("live/show"));
  const busy = await ask(server, "publish/", { streamurl: STREAM, sdp: offerText("publish") });
  expect([busy.status, busy.json["code"]]).toEqual([200, 400]);
  const denied = await ask(server, "play/", { streamurl: STREAM, sdp: offerText("play") });
  expect([denied.status, denied.json["code"]]).toEqual([200, 400]);
});

test("the vhost is that of the address", async () => {
  const server = await start({ vhosts: { "a.example": {}, "b.example": {} } });
  for (const streamurl of ["webrtc://a.example/live/show", `${STREAM}?vhost=b.example`]) {
    const { json } = await ask(server, "publish/", { streamurl, sdp: offerText("publish") });
    expect(json["code"]).toBe(0);
  }
  expect(server.events("stream published").map(({ url }) => url)).toEqual([
    "a.example/live/show",
    "b.example/live/show",
  ]);
});

test("what the address's query asks for is done", async () => {
  const server = await start();
  const streamurl = `${STREAM}?eip=203.0.113.4:18000&ice-ufrag=mine`;
  const { json } = await ask(server, "publish/", { streamurl, sdp: offerText("publish") });
  expect(json["sessionid"]).toBe("mine:peer");
  expect(json["sdp"]).toMatch(/203\.0\.113\.4 18000/);
});

describe("a meeting", () => {
  const list = async (server: MemoryServer, query: string): Promise<unknown> => {
    const { status, text, head } = await server.fetch(`/rtc/v1/streams/?${query}`);
    expect([status, head.fields.get("cache-control")]).toEqual([200, "no-store"]);
    return (JSON.parse(text) as { streams: { stream: string }[] }).streams.map(
      ({ stream }) => stream,
    );
  };

  test("sees those who publish for it, in its room alone", async () => {
    const server = await start({ vhosts: { "a.example": {} } });
    const publish = (query: string) => postOffer(server, `whip/?${query}`, offerText("publish"));
    for (const query of [
      "app=team&stream=Alice&meeting",
      "app=team&stream=Bob&meeting=1",
      "app=team&stream=secret",
      "app=other&stream=Carol&meeting",
      "app=team&stream=Dave&meeting&vhost=a.example",
    ]) {
      expect((await publish(query)).status).toBe(201);
    }
    await postOffer(server, "whep/?app=team&stream=Eve&meeting", offerText("play"));
    expect(await list(server, "app=team")).toEqual(["Alice", "Bob"]);
    expect(await list(server, "app=team&vhost=a.example")).toEqual(["Dave"]);
    expect(await list(server, "app=nobody")).toEqual([]);
    expect(await list(server, "")).toEqual([]);
  });

  test("is read, not written", async () => {
    const server = await start();
    const answer = await server.fetch("/rtc/v1/streams/?app=a", { method: "POST" });
    expect([answer.status, answer.head.fields.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect((await server.fetch("/rtc/v1/streams", { method: "HEAD" })).status).toBe(200);
  });
});

test("what is none of it is somebody else's", async () => {
  const server = await start();
  for (const path of ["/rtc/v1/", "/rtc/v1/other", "/rtc/v1/whip/x", "/rtc/v2/whip/"]) {
    expect((await server.fetch(path, { method: "POST" })).status).toBe(404);
  }
});
