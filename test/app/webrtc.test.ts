/**
 * Goal: the ports of WebRTC follow the configuration while the server runs; who is connected by an old
 * port stays, and the port goes when the last of them has gone.
 *
 * Method: the whole server in memory, reconfigured with clients of WebRTC on it.
 */

import { describe, expect, test } from "vitest";
import { SystemError } from "../../src/base/errors.ts";
import { readDtlsIdentity } from "../../src/protocols/rtc/dtls/dtls-identity.ts";
import {
  MemoryRtcPeer,
  offerText,
  passRtc,
  postOffer,
  RTC_CONFIG,
  settleRtc,
} from "../support/memory-rtc.ts";
import { type ConfigValue, MemoryServer, memoryConfig } from "../support/memory-server.ts";
import { createSelfSigned } from "../support/self-signed.ts";

const SHOW = "app=live&stream=show";

async function reload(server: MemoryServer, config: ConfigValue): Promise<void> {
  await server.finish(server.sluice.reconfigure(memoryConfig(config)));
}

/** Such as `udp 8000`. */
async function offered(server: MemoryServer, stream: string): Promise<string[]> {
  const answer = await postOffer(server, `whip/?app=live&stream=${stream}`, offerText("publish"));
  const found = answer.text.matchAll(/a=candidate:\S+ 1 (\w+) \d+ \S+ (\d+)/gi);
  return [...new Set([...found].map(([, transport, port]) => `${transport} ${port}`))];
}

async function isBound(server: MemoryServer, port: number): Promise<boolean> {
  const handler = { datagram: () => undefined, error: () => undefined };
  try {
    await (await server.runtime.udp.bind({ host: "0.0.0.0", port }, handler)).close();
    return false;
  } catch {
    return true;
  }
}

describe("ports", () => {
  test("new ones are told, old ones are told no more, and who came by them stays", async () => {
    const server = await MemoryServer.start(RTC_CONFIG);
    expect(await offered(server, "a")).toEqual(["udp 8000", "tcp 8000"]);
    const publisher = await MemoryRtcPeer.join(server, "publish", SHOW);
    const player = await MemoryRtcPeer.join(server, "play", SHOW, { name: "view" });
    await publisher.run(5);
    const before = player.packets("video").length;
    await reload(server, {
      rtc_server: { enabled: true, listen: [8100, 8101], tcp: { listen: 8200 } },
    });
    expect(await offered(server, "b")).toEqual(["udp 8100", "udp 8101", "tcp 8200"]);
    await publisher.run(5);
    expect(player.packets("video").length).toBeGreaterThanOrEqual(before + 5);
    const late = await MemoryRtcPeer.join(server, "play", SHOW, { name: "late" });
    await publisher.run(5);
    expect(late.packets("video").length).toBeGreaterThan(5);
    expect(await isBound(server, 8000)).toBe(true);

    for (const peer of [publisher, player, late]) peer.close();
    await settleRtc();
    await server.advance(20_000);
    expect(await isBound(server, 8000)).toBe(false);
    expect(await isBound(server, 8100)).toBe(true);
  });

  test("an old port that comes back is the same one, with those who are on it", async () => {
    const server = await MemoryServer.start(RTC_CONFIG);
    const publisher = await MemoryRtcPeer.join(server, "publish", SHOW);
    await reload(server, { rtc_server: { enabled: true, listen: 8100 } });
    await reload(server, RTC_CONFIG);
    expect(await offered(server, "a")).toEqual(["udp 8000", "tcp 8000"]);
    const player = await MemoryRtcPeer.join(server, "play", SHOW, { name: "view" });
    await publisher.run(5);
    expect(player.packets("video").length).toBeGreaterThanOrEqual(5);
  });

  test("WebRTC is switched off for who comes, and on again", async () => {
    const server = await MemoryServer.start(RTC_CONFIG);
    const publisher = await MemoryRtcPeer.join(server, "publish", SHOW);
    await reload(server, {});
    expect((await postOffer(server, `whep/?${SHOW}`, offerText("play"))).status).toBe(404);
    await publisher.run(5);
    expect(publisher.ends).toEqual([]);
    await reload(server, RTC_CONFIG);
    const player = await MemoryRtcPeer.join(server, "play", SHOW, { name: "view" });
    await publisher.run(5);
    expect(player.packets("video").length).toBeGreaterThanOrEqual(5);
  });

  test("is refused whole if one port is taken", async () => {
    const server = await MemoryServer.start(RTC_CONFIG);
    const handler = { datagram: () => undefined, error: () => undefined };
    await server.runtime.udp.bind({ host: "0.0.0.0", port: 8101 }, handler);
    const listen = [8100, 8101];
    await expect(reload(server, { rtc_server: { enabled: true, listen } })).rejects.toThrow();
    expect(await offered(server, "a")).toEqual(["udp 8000", "tcp 8000"]);
    await passRtc(server, 2_000);
    await server.advance(20_000);
    expect(await isBound(server, 8100)).toBe(false);
  });

  test("of http_server may be those of media by TCP", async () => {
    const server = await MemoryServer.start({
      rtc_server: { enabled: true, tcp: { listen: 8080 } },
    });
    expect(await offered(server, "a")).toEqual(["udp 8000", "tcp 8080"]);
    const publisher = await MemoryRtcPeer.join(server, "publish", SHOW, { transport: "tcp" });
    const player = await MemoryRtcPeer.join(server, "play", SHOW, {
      name: "view",
      transport: "tcp",
    });
    await publisher.run(10);
    expect(player.packets("video").length).toBeGreaterThan(8);
    expect((await server.fetch("/api/v1/versions")).status).toBe(200);
    const { path } = player.client;
    expect([path?.protocol, path?.port]).toEqual(["tcp", 8080]);
  });

  test("without TCP tells of UDP alone", async () => {
    const server = await MemoryServer.start({
      rtc_server: { enabled: true, tcp: { enabled: false } },
    });
    expect(await offered(server, "a")).toEqual(["udp 8000"]);
  });
});

describe("an old port", () => {
  const MOVED = { rtc_server: { enabled: true, listen: 8100 } };

  test("is kept by those who are on it, not by others", async () => {
    const server = await MemoryServer.start(RTC_CONFIG);
    const old = await MemoryRtcPeer.join(server, "play", SHOW);
    await reload(server, MOVED);
    const other = await MemoryRtcPeer.join(server, "play", SHOW, { name: "other" });
    await passRtc(server, 20_000);
    await server.advance(2_000);
    expect(await isBound(server, 8000)).toBe(true);
    old.close();
    await settleRtc();
    await server.advance(2_000);
    expect(other.ends).toEqual([]);
    expect(await isBound(server, 8000)).toBe(false);
  });

  test("is closed after an hour whoever is on it, who then ends or goes elsewhere", async () => {
    const server = await MemoryServer.start(RTC_CONFIG);
    await MemoryRtcPeer.join(server, "play", SHOW);
    await reload(server, MOVED);
    await server.advance(3_590_000, 5_000);
    expect(await isBound(server, 8000)).toBe(true);
    await server.advance(20_000, 5_000);
    expect(await isBound(server, 8000)).toBe(false);
    expect(server.events("port closed with sessions on it")).toMatchObject([{ sessions: 1 }]);
    await server.advance(40_000);
    expect(server.events("session ended")).toMatchObject([{ reason: "consent_expired" }]);
  });
});

describe("a port that breaks", () => {
  const fault = new SystemError("ENETDOWN", "Network is down");

  test("is told of once, offered no more, and opened again with growing pauses", async () => {
    const server = await MemoryServer.start(RTC_CONFIG);
    const handler = { datagram: () => undefined, error: () => undefined };
    server.runtime.udp.break(8000, fault);
    const taken = await server.runtime.udp.bind({ host: "0.0.0.0", port: 8000 }, handler);
    expect(await offered(server, "a")).toEqual(["tcp 8000"]);
    await server.advance(60_000);
    expect(await offered(server, "a")).toEqual(["tcp 8000"]);
    expect(server.events("port broke")).toMatchObject([
      { level: "error", port: 8000, reason: "Network is down" },
    ]);
    expect(server.events("port not opened again")).toHaveLength(6);
    await taken.close();
    await server.advance(30_000);
    expect(await offered(server, "a")).toEqual(["udp 8000", "tcp 8000"]);
  });

  test("has its sessions again as soon as they ask", async () => {
    const server = await MemoryServer.start(RTC_CONFIG);
    const publisher = await MemoryRtcPeer.join(server, "publish", SHOW, { transport: "tcp" });
    const player = await MemoryRtcPeer.join(server, "play", SHOW, { name: "view" });
    const byTcp = await MemoryRtcPeer.join(server, "play", SHOW, {
      name: "other",
      transport: "tcp",
    });
    const other = await MemoryRtcPeer.join(server, "publish", "app=live&stream=b", {
      name: "more",
    });
    await publisher.run(5);
    server.runtime.udp.break(8000, fault);
    // They ask every five seconds or so.
    for (let i = 0; i < 150; i++) {
      await publisher.run(1);
      await other.run(1);
    }
    const [before, beforeByTcp] = [player, byTcp].map((peer) => peer.packets("video").length);
    expect(beforeByTcp).toBeGreaterThanOrEqual(155);
    await publisher.run(6);
    expect(player.packets("video").length).toBeGreaterThanOrEqual((before ?? 0) + 6);
    expect(byTcp.packets("video").length).toBeGreaterThanOrEqual((beforeByTcp ?? 0) + 6);
    expect(server.events("session ended")).toEqual([]);
  });

  test("while it is one of an old configuration, is not opened again", async () => {
    const server = await MemoryServer.start(RTC_CONFIG);
    await MemoryRtcPeer.join(server, "publish", SHOW);
    await reload(server, { rtc_server: { enabled: true, listen: 8100 } });
    server.runtime.udp.break(8000, fault);
    await server.advance(5_000);
    expect(await isBound(server, 8000)).toBe(false);
    await reload(server, RTC_CONFIG);
    await server.advance(1_000);
    expect(await offered(server, "a")).toEqual(["udp 8000", "tcp 8000"]);
  });
});

describe("without UDP", () => {
  test("everything goes by TCP", async () => {
    const server = await MemoryServer.start({ rtc_server: { enabled: true, listen: [] } });
    expect(await offered(server, "a")).toEqual(["tcp 8000"]);
    const publisher = await MemoryRtcPeer.join(server, "publish", SHOW);
    const player = await MemoryRtcPeer.join(server, "play", SHOW, { name: "view" });
    await publisher.run(10);
    expect(player.packets("video").length).toBeGreaterThan(8);
    // A UDP port that comes is taken by who comes then.
    await reload(server, RTC_CONFIG);
    const late = await MemoryRtcPeer.join(server, "play", SHOW, { name: "late" });
    await publisher.run(5);
    expect(late.client.path?.protocol).toBe("udp");
    expect(late.packets("video").length).toBeGreaterThan(5);
    expect(player.ends).toEqual([]);
  });
});

describe("the certificate", () => {
  const fingerprint = (text: string) => /a=fingerprint:sha-256 (\S+)/.exec(text)?.[1];
  const answer = async (server: MemoryServer) =>
    (await postOffer(server, `whip/?${SHOW}`, offerText("publish"))).text;

  test("is that of the files, if there are any", async () => {
    const own = await MemoryServer.start({ rtc_server: { enabled: true, ecdsa: false } });
    expect(fingerprint(await answer(own))).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    const { certificate, key } = createSelfSigned("rtc", ["127.0.0.1"]);
    const server = await MemoryServer.start(
      { rtc_server: { enabled: true, cert: "/rtc.crt", key: "/rtc.key" } },
      { files: { "/rtc.crt": certificate, "/rtc.key": key } },
    );
    const identity = readDtlsIdentity(server.runtime.crypto, certificate, key);
    expect(fingerprint(await answer(server))).toBe(identity.fingerprint);
  });
});
