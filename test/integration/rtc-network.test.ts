/**
 * Goal: WebRTC goes on whatever the network does: UDP that is blocked, that loses, repeats and reorders,
 * addresses that change, IPv6; and by one port with HTTP.
 *
 * Method: one server, one page with publishers and players, each behind a relay of its own that treats
 * datagrams badly, the same way on every run; candidates are picked so that nothing goes around it.
 */

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { httpGet } from "../support/http-request.ts";
import { RtcPage, type RtcPeerOptions } from "../support/rtc-page.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type UdpFaults, UdpRelay } from "../support/udp-relay.ts";
import { waitFor } from "../support/wait.ts";

let server: TestServer;
let page: RtcPage;

beforeAll(async () => {
  server = await startServer({
    config: ({ rtc, http }) => ({
      http_server: { listen: [`127.0.0.1:${http}`, `[::1]:${http}`] },
      rtc_server: {
        enabled: true,
        listen: [`127.0.0.1:${rtc}`, `[::1]:${rtc}`],
        tcp: { listen: `127.0.0.1:${http}` },
      },
    }),
  });
  page = await RtcPage.open(server);
});

afterAll(async () => {
  await page?.close();
  await server?.stop();
});

/** A relay, and what makes a peer go by it alone. */
async function behindRelay(faults: UdpFaults = {}): Promise<[UdpRelay, RtcPeerOptions]> {
  const relay = await UdpRelay.start(server.ports.rtc, faults);
  onTestFinished(() => relay.close());
  const place = `127.0.0.1:${relay.port}`;
  return [relay, { query: `&eip=${place}`, candidates: ` 127.0.0.1 ${relay.port} ` }];
}

interface Client {
  readonly name: string;
  readonly type: string;
  readonly sluice: { readonly transport?: Record<string, unknown> };
}

/** What the API tells of who plays, or publishes, a stream. */
async function transportOf(stream: string, type: string): Promise<Record<string, unknown>> {
  return waitFor(`the ${type} of ${stream}`, async () => {
    const { text } = await httpGet(server.apiUrl("/api/v1/clients/"));
    const { clients } = JSON.parse(text) as { clients: Client[] };
    return clients.find((one) => one.name === stream && one.type === type)?.sluice.transport;
  });
}

describe.concurrent("media", () => {
  test("by TCP, on the port of HTTP", async () => {
    const publisher = await page.publish("tcp", { candidates: " tcp " });
    const player = await page.play("tcp", { candidates: " tcp " });
    const { transport } = await player.decode(50);
    expect(transport).toBe(`tcp 127.0.0.1 ${server.ports.http}`);
    expect((await publisher.figures()).transport).toBe(transport);
    expect(await transportOf("tcp", "rtc-play")).toMatchObject({ protocol: "tcp" });
    await player.stop();
    await publisher.stop();
  });

  test("by IPv6", async () => {
    const options = { candidates: "::1", origin: `http://[::1]:${server.ports.http}` };
    const publisher = await page.publish("ipv6", options);
    const player = await page.play("ipv6", options);
    const { transport } = await player.decode(25);
    expect(transport).toMatch(/^udp \[?::1\]? \d+$/);
    await player.stop();
    await publisher.stop();
  });

  test("of clients whose address changes", async () => {
    const [sending, sendingOptions] = await behindRelay();
    const [receiving, receivingOptions] = await behindRelay();
    const publisher = await page.publish("moves", sendingOptions);
    const player = await page.play("moves", receivingOptions);
    await player.decode(25);
    receiving.rebind();
    await player.decode(75);
    sending.rebind();
    await player.decode(75);
    const { state } = await player.figures();
    expect(state).toBe("connected");
    await player.stop();
    await publisher.stop();
  });

  test.each([
    [1, 1],
    [5, 2],
    [20, 8],
  ])("through a network that loses %i percent both ways", async (lossPercent, frozenSecondsMax) => {
    const stream = `loss-${lossPercent}`;
    const faults = { lossPercent, duplicatePercent: 2, jitterMs: 10 };
    const [sending, sendingOptions] = await behindRelay(faults);
    const [receiving, receivingOptions] = await behindRelay(faults);
    const publisher = await page.publish(stream, sendingOptions);
    const player = await page.play(stream, receivingOptions);
    const before = await player.decode(1);
    const after = await player.decode(200);
    expect(Math.min(sending.lostCount, receiving.lostCount)).toBeGreaterThan(0);
    expect(after.frozenSeconds - before.frozenSeconds).toBeLessThan(frozenSecondsMax);
    if (lossPercent >= 5) {
      expect(after.nacks).toBeGreaterThan(0);
      expect(after.repaired).toBeGreaterThan(0);
      const { sentNacks, sentAgain } = await publisher.figures();
      expect(sentNacks).toBeGreaterThan(0);
      expect(sentAgain).toBeGreaterThan(0);
      const transport = await transportOf(stream, "rtc-play");
      expect(transport["repeated_packets"]).toBeGreaterThan(0);
    }
    await player.stop();
    await publisher.stop();
  });
});
