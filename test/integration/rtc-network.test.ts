/**
 * Goal: WebRTC goes on where UDP is blocked, where addresses change, by IPv6, and by one port with HTTP.
 *
 * Method: one server, one page with publishers and players, some behind a relay of their own;
 * candidates are picked so that nothing goes around what is tried.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { httpGet } from "../support/http-request.ts";
import { RtcPage, type RtcPeerOptions } from "../support/rtc-page.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { UdpRelay } from "../support/udp-relay.ts";
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
async function behindRelay(
  onTestFinished: (close: () => void) => void,
): Promise<[UdpRelay, RtcPeerOptions]> {
  const relay = await UdpRelay.start(server.ports.rtc);
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

  test("of clients whose address changes", async ({ onTestFinished }) => {
    const [sending, sendingOptions] = await behindRelay(onTestFinished);
    const [receiving, receivingOptions] = await behindRelay(onTestFinished);
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
});
