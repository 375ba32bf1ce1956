/**
 * Goal: WHIP and WHEP answer as RFC 9725 asks and as SRS does: what a client may send, what it gets,
 * how it changes and ends its session, and in what words it is refused.
 *
 * Method: the whole server in memory, asked by HTTP; offers of our own, of browsers and of no use.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseSdp } from "../../../src/codec/sdp/parse-sdp.ts";
import type { FetchedAnswer } from "../../support/memory-network.ts";
import {
  MemoryRtcPeer,
  offerText,
  passRtc,
  postOffer,
  RTC_CONFIG,
} from "../../support/memory-rtc.ts";
import { HTTP_PORT, MemoryServer } from "../../support/memory-server.ts";

const SHOW = "app=live&stream=show";
const FRAGMENT = "application/trickle-ice-sdpfrag";
const RESTART = [
  "a=ice-ufrag:neww",
  "a=ice-pwd:newpasswordnewpassword12",
  "m=audio 9 RTP/AVP 0",
  "a=mid:0",
  "",
].join("\r\n");
const TRICKLE = [
  "a=ice-ufrag:peer",
  "a=ice-pwd:peer-password-of-enough-letters",
  "m=audio 9 RTP/AVP 0",
  "a=mid:0",
  "a=candidate:1 1 udp 2130706431 198.51.100.1 39132 typ host",
  "a=end-of-candidates",
  "",
].join("\r\n");

const start = (config: object = {}) => MemoryServer.start({ ...RTC_CONFIG, ...config });
const field = ({ head }: FetchedAnswer, name: string) => head.fields.get(name);
const bytes = (text: string) => new TextEncoder().encode(text);
const errorOf = ({ text }: FetchedAnswer): string =>
  (JSON.parse(text) as { message?: string }).message ?? text;

async function change(
  server: MemoryServer,
  location: string,
  text: string,
  fields: readonly (readonly [string, string])[] = [],
): Promise<FetchedAnswer> {
  return server.fetch(location, {
    method: "PATCH",
    fields: [["Content-Type", FRAGMENT], ...fields],
    body: bytes(text),
  });
}

const end = (server: MemoryServer, location: string) =>
  server.fetch(location, { method: "DELETE" });

describe("POST", () => {
  test("answers 201 with the session's address, its tag, and what may be patched", async () => {
    const server = await start();
    const answer = await postOffer(server, `whip/?${SHOW}&x=1`, offerText("publish"));
    expect(answer.status).toBe(201);
    expect(field(answer, "content-type")).toBe("application/sdp");
    expect(field(answer, "accept-patch")).toBe(FRAGMENT);
    const description = parseSdp(answer.text);
    const value = (name: string) =>
      description.sections[0]?.attributes.find((one) => one.name === name)?.value;
    expect(field(answer, "etag")).toBe(`"${value("ice-ufrag")}"`);
    expect(field(answer, "location")).toMatch(
      new RegExp(
        `^/rtc/v1/whip/\\?action=delete&token=[a-z0-9]{24}&app=live&stream=show&session=${value("ice-ufrag")}:peer$`,
      ),
    );
    expect(value("candidate")).toBeDefined();
    expect(field(answer, "link")).toBeUndefined();
  });

  test("tells of servers of STUN and TURN", async () => {
    const server = await start({
      rtc_server: {
        enabled: true,
        ice_servers: [
          "stun:stun.example.net",
          'turn:turn.example.net?transport=udp; username=user; credential=my"Password\\',
        ],
      },
    });
    const answer = await postOffer(server, `whep/?${SHOW}`, offerText("play"));
    // Spec: RFC 9725, section 4.6, figure 6.
    expect(field(answer, "link")).toBe(
      '<stun:stun.example.net>; rel="ice-server", ' +
        '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="user"; ' +
        'credential="my\\"Password\\\\"; credential-type="password"',
    );
  });

  test.each(["whep", "whip-play"])("plays at %s", async (path) => {
    const server = await start();
    const answer = await postOffer(server, `${path}/?${SHOW}`, offerText("play"));
    expect(answer.status).toBe(201);
    expect(field(answer, "location")).toMatch(/^\/rtc\/v1\/whep\/\?action=delete&/);
    expect(answer.text).toMatch(/a=sendonly/);
  });

  test.each(["application/sdp", "Application/SDP; charset=utf-8", "text/plain", ""])(
    "takes an offer of type %j, with and without a slash",
    async (type) => {
      const server = await start();
      for (const [index, path] of ["whip/", "whip"].entries()) {
        const options = { fields: type === "" ? [] : [["Content-Type", type] as const] };
        const query = `${path}?app=live&stream=${index}`;
        const answer = await postOffer(server, query, offerText("publish"), options);
        expect(answer.status).toBe(201);
      }
    },
  );

  test.each([
    "chromium-publish",
    "chromium-simulcast",
    "firefox-h264-publish",
    "firefox-h264-sendrecv",
    "firefox-publish",
    "firefox-simulcast",
    "gstreamer-publish",
    "gstreamer-sendrecv",
    "ffmpeg-8",
    "ffmpeg-8.1",
    "ffmpeg-8.1-active",
    "obs-h264",
    "obs-av1",
    "larix",
    "rfc-9725",
    "safari-18-publish",
    "aiortc-publish",
    "srs-whip",
  ])("answers the offer of %s", async (name) => {
    const server = await start();
    const url = new URL(`../../fixtures/sdp/${name}.sdp`, import.meta.url);
    const answer = await postOffer(server, `whip/?${SHOW}`, readFileSync(url, "utf8"));
    expect(answer.status).toBe(201);
  });

  test.each([
    // No stream.
    [`whip/?app=live`, offerText("publish"), 400, /expected \?app=APP/],
    // No app.
    [`whip/?stream=show`, offerText("publish"), 400, /expected \?app=APP/],
    // A bad name.
    [`whip/?app=..&stream=show`, offerText("publish"), 400, /name of the app/],
    // No offer.
    [`whip/?${SHOW}`, "", 400, /Cannot/],
    // Something else.
    [`whip/?${SHOW}`, "xxx", 400, /Cannot/],
    // JSON.
    [`whip/?${SHOW}`, "{}", 400, /Cannot/],
    // A player's offer.
    [`whip/?${SHOW}`, offerText("play"), 422, /Cannot/],
    // A publisher's offer.
    [`whep/?${SHOW}`, offerText("publish"), 422, /Cannot/],
    // A short name for ICE.
    [`whip/?${SHOW}&ice-ufrag=a`, offerText("publish"), 400, /ice-ufrag/],
    // A name for ICE of signs.
    [`whip/?${SHOW}&ice-ufrag=%0d%0a`, offerText("publish"), 400, /ice/],
    // A short password.
    [`whip/?${SHOW}&ice-pwd=short`, offerText("publish"), 400, /ice-pwd/],
  ])("refuses case %#: %s", async (target, offer, status, message) => {
    const server = await start();
    const answer = await postOffer(server, target, offer);
    expect([answer.status, errorOf(answer)]).toEqual([status, expect.stringMatching(message)]);
    expect(server.events("stream published")).toEqual([]);
    // Nothing is left of it: the name is free.
    expect((await postOffer(server, `whip/?${SHOW}`, offerText("publish"))).status).toBe(201);
  });

  test("refuses an offer of another type with what it takes", async () => {
    const server = await start();
    const options = { fields: [["Content-Type", "application/json"] as const] };
    const answer = await postOffer(server, `whip/?${SHOW}`, offerText("publish"), options);
    expect(answer.status).toBe(415);
    expect(field(answer, "accept-post")).toBe("application/sdp");
  });

  test("refuses an offer that is too large", async () => {
    const server = await start();
    const offer = offerText("publish") + "a=x:y\r\n".repeat(10_000);
    expect((await postOffer(server, `whip/?${SHOW}`, offer)).status).toBe(413);
  });

  test("refuses what is not encrypted as the rest of WebRTC is: no fingerprint", async () => {
    const server = await start();
    const offer = offerText("publish").replaceAll(/a=fingerprint:.*\r\n/g, "");
    const { status } = await postOffer(server, `whip/?${SHOW}`, offer);
    expect([400, 422]).toContain(status);
  });

  test("refuses an offer without ICE", async () => {
    const server = await start();
    const offer = offerText("publish").replaceAll(/a=ice-(ufrag|pwd):.*\r\n/g, "");
    const { status } = await postOffer(server, `whip/?${SHOW}`, offer);
    expect([400, 422]).toContain(status);
  });

  test("refuses whose stream is taken, and who names a session that is there", async () => {
    const server = await start();
    const first = await postOffer(server, `whip/?${SHOW}&ice-ufrag=mine`, offerText("publish"));
    expect(first.status).toBe(201);
    const busy = await postOffer(server, `whip/?${SHOW}`, offerText("publish"));
    expect(busy.status).toBe(409);
    const other = "whip/?app=live&stream=other&ice-ufrag=mine";
    const named = await postOffer(server, other, offerText("publish"));
    expect([named.status, errorOf(named)]).toEqual([400, expect.stringMatching(/another session/)]);
  });

  test("is refused by RTMP's publisher, and refuses RTMP", async () => {
    const server = await start();
    await server.publish(server.rtmpUrl("live/show"));
    expect((await postOffer(server, `whip/?${SHOW}`, offerText("publish"))).status).toBe(409);
    expect((await postOffer(server, "whip/?app=live&stream=b", offerText("publish"))).status).toBe(
      201,
    );
    await expect(server.publish(server.rtmpUrl("live/b"))).rejects.toThrow();
  });

  test("takes the names for ICE that are wished for", async () => {
    const server = await start();
    const names = "ice-ufrag=myufrag1&ice-pwd=mypwd567890123456789012345678901";
    const answer = await postOffer(server, `whip/?${SHOW}&${names}`, offerText("publish"));
    expect(answer.text).toMatch(/a=ice-ufrag:myufrag1\r\n/);
    expect(answer.text).toMatch(/a=ice-pwd:mypwd567890123456789012345678901\r\n/);
    expect(field(answer, "location")).toMatch(/session=myufrag1:peer$/);
  });

  test("names the addresses that are asked for first", async () => {
    const server = await start();
    const answer = await postOffer(
      server,
      `whip/?${SHOW}&eip=203.0.113.4:18000`,
      offerText("publish"),
    );
    const [first] = answer.text.match(/a=candidate:.*/g) ?? [];
    expect(first).toMatch(/^a=candidate:\S+ 1 udp \d+ 203\.0\.113\.4 18000 typ host/);
  });

  test("says the setup that is wished for", async () => {
    const server = await start();
    for (const [index, setup] of ["active", "passive"].entries()) {
      const query = `whip/?app=live&stream=${index}&dtls=${setup}`;
      const answer = await postOffer(server, query, offerText("publish"));
      expect(answer.text).toContain(`a=setup:${setup}\r\n`);
    }
  });

  test("is 404 where WebRTC is not served", async () => {
    const server = await start({ vhosts: { "a.example": { rtc: { enabled: false } } } });
    const closed = await postOffer(server, `whip/?${SHOW}&vhost=a.example`, offerText("publish"));
    expect([closed.status, errorOf(closed)]).toEqual([404, expect.stringMatching(/not served/)]);
    const none = await MemoryServer.start();
    expect((await postOffer(none, `whip/?${SHOW}`, offerText("publish"))).status).toBe(404);
  });

  test("keeps the vhost in the session's address", async () => {
    const server = await start({ vhosts: { "a.example": {} } });
    const answer = await postOffer(server, `whip/?${SHOW}&vhost=a.example`, offerText("publish"));
    expect(field(answer, "location")).toMatch(/&vhost=a.example&session=/);
    expect((await end(server, field(answer, "location") ?? "")).status).toBe(200);
  });
});

describe("other methods", () => {
  test.each(["GET", "PUT"])("%s is not allowed", async (method) => {
    const server = await start();
    const answer = await server.fetch(`/rtc/v1/whip/?${SHOW}`, { method });
    expect(answer.status).toBe(405);
    expect(field(answer, "allow")).toBe("POST, PATCH, DELETE, OPTIONS");
    expect(field(answer, "accept-post")).toBe("application/sdp");
  });

  test("OPTIONS tells what may be posted and patched, and by whom", async () => {
    const server = await start();
    for (const path of ["whip/", "whip", "whep/", "whip-play/"]) {
      const answer = await server.fetch(`/rtc/v1/${path}`, {
        method: "OPTIONS",
        fields: [["Origin", "https://page.example"]],
      });
      expect([200, 204]).toContain(answer.status);
      expect(field(answer, "accept-post")).toBe("application/sdp");
      expect(field(answer, "accept-patch")).toBe(FRAGMENT);
      expect(field(answer, "access-control-allow-origin")).toBeDefined();
    }
    const other = await server.fetch("/rtc/v1/publish/", { method: "OPTIONS" });
    expect(field(other, "accept-post")).toBeUndefined();
  });

  test("a page of another origin reads the address and the tag of its session", async () => {
    const server = await start();
    const answer = await postOffer(server, `whip/?${SHOW}`, offerText("publish"), {
      fields: [
        ["Content-Type", "application/sdp"],
        ["Origin", "https://page.example"],
      ],
    });
    expect(field(answer, "access-control-expose-headers")).toMatch(/\*|location/i);
  });
});

describe("DELETE", () => {
  test("ends the session, and is told the same the second time", async () => {
    const server = await start();
    const peer = await MemoryRtcPeer.join(server, "publish", SHOW);
    expect((await end(server, peer.location)).status).toBe(200);
    await passRtc(server, 20);
    expect(peer.ends).toEqual(["peer_closed"]);
    expect(server.events("stream unpublished")).toHaveLength(1);
    expect((await end(server, peer.location)).status).toBe(200);
    expect(server.events("stream unpublished")).toHaveLength(1);
    // The name is free again.
    expect((await postOffer(server, `whip/?${SHOW}`, offerText("publish"))).status).toBe(201);
  });

  test("may be a POST with action=delete, as by SRS's own pages", async () => {
    const server = await start();
    const answer = await postOffer(server, `whip/?${SHOW}`, offerText("publish"));
    const location = field(answer, "location") ?? "";
    expect((await server.fetch(location, { method: "POST" })).status).toBe(200);
    expect(server.events("stream unpublished")).toHaveLength(1);
  });

  test("needs the token", async () => {
    const server = await start();
    const answer = await postOffer(server, `whip/?${SHOW}`, offerText("publish"));
    const location = field(answer, "location") ?? "";
    const wrong = location.replace(/token=[a-z0-9]+/, "token=wrong");
    expect((await end(server, wrong)).status).toBe(403);
    expect((await end(server, location.replace(/token=[a-z0-9]+&/, ""))).status).toBe(403);
    expect((await change(server, wrong, TRICKLE, [["If-Match", "*"]])).status).toBe(403);
    expect(server.events("stream unpublished")).toEqual([]);
    await end(server, location);
    expect((await end(server, wrong)).status).toBe(404);
  });

  test("of a session that never was is 404", async () => {
    const server = await start();
    expect((await end(server, "/rtc/v1/whip/?session=a:b&token=c")).status).toBe(404);
    expect((await end(server, "/rtc/v1/whip/")).status).toBe(404);
    expect((await end(server, "/rtc/v1/whip/?session=a:b")).status).toBe(404);
  });

  test("of a session that ended by itself is 404, or 200", async () => {
    const server = await start();
    const peer = await MemoryRtcPeer.join(server, "publish", SHOW);
    peer.close();
    await passRtc(server, 20);
    expect(server.events("stream unpublished")).toHaveLength(1);
    expect([200, 404]).toContain((await end(server, peer.location)).status);
  });
});

describe("PATCH", () => {
  async function open() {
    const server = await start();
    const peer = await MemoryRtcPeer.join(server, "publish", SHOW);
    const tag = field(peer.answer, "etag") ?? "";
    return { server, peer, location: peer.location, tag };
  }

  test("takes candidates, which are of no use to ICE-lite", async () => {
    const { server, location, tag } = await open();
    const answer = await change(server, location, TRICKLE, [["If-Match", tag]]);
    expect([answer.status, answer.text]).toEqual([204, ""]);
  });

  test("begins ICE anew, and the session goes on at its new names", async () => {
    const { server, peer, location, tag } = await open();
    const answer = await change(server, location, RESTART, [["If-Match", "*"]]);
    expect(answer.status).toBe(200);
    expect(field(answer, "content-type")).toBe(FRAGMENT);
    const [, ufrag] = /a=ice-ufrag:(\S+)/.exec(answer.text) ?? [];
    expect(answer.text).toMatch(/a=ice-pwd:\S{22,}/);
    expect(answer.text).toMatch(/a=candidate:/);
    expect(field(answer, "etag")).toBe(`"${ufrag}"`);
    expect(field(answer, "etag")).not.toBe(tag);
    // The former tag is of another ICE session now.
    expect((await change(server, location, TRICKLE, [["If-Match", tag]])).status).toBe(412);
    // Media go on until the new way is found, and nothing has ended.
    await peer.run(2);
    expect(server.events("stream unpublished")).toEqual([]);
    expect((await end(server, location)).status).toBe(200);
  });

  test("does not free the name of the session, however often", async () => {
    const server = await start();
    const first = await postOffer(server, `whip/?${SHOW}&ice-ufrag=mine`, offerText("publish"));
    const location = field(first, "location") ?? "";
    for (let i = 0; i < 3; i++) {
      const restart = RESTART.replace("neww", `new${i}`);
      expect((await change(server, location, restart, [["If-Match", "*"]])).status).toBe(200);
    }
    const target = "whip/?app=live&stream=other&ice-ufrag=mine";
    expect((await postOffer(server, target, offerText("publish"))).status).toBe(400);
    expect((await end(server, location)).status).toBe(200);
    expect((await postOffer(server, target, offerText("publish"))).status).toBe(201);
  });

  test("of a session that ends while the request comes is 404, and leaves no name behind", async () => {
    const { server, location } = await open();
    const wire = await server.open(HTTP_PORT);
    await wire.send(
      `PATCH ${location} HTTP/1.1\r\nHost: a\r\nContent-Type: ${FRAGMENT}\r\nIf-Match: *\r\n` +
        `Content-Length: ${RESTART.length}\r\n\r\n`,
    );
    await end(server, location);
    await wire.send(RESTART);
    expect(wire.text).toMatch(/^HTTP\/1\.1 404 /);
  });

  test("is refused as RFC 9725 says", async () => {
    const { server, location, tag } = await open();
    const at = (fields: readonly (readonly [string, string])[], text = TRICKLE) =>
      change(server, location, text, fields);
    expect((await at([])).status).toBe(428);
    expect((await at([["If-Match", '"other"']])).status).toBe(412);
    expect((await at([["If-Match", tag]], "xxx")).status).toBe(400);
    const sdp = [["Content-Type", "application/sdp"]] as const;
    const wrong = await server.fetch(location, { method: "PATCH", fields: sdp, body: bytes("a") });
    expect([wrong.status, field(wrong, "accept-patch")]).toEqual([415, FRAGMENT]);
    const large = TRICKLE + "a=x:y\r\n".repeat(3_000);
    expect((await at([["If-Match", tag]], large)).status).toBe(413);
    const none = location.replace(/session=[^&]*/, "session=no:one");
    expect((await change(server, none, TRICKLE)).status).toBe(404);
  });
});
