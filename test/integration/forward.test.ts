/**
 * Goal: what FFmpeg publishes here arrives packet by packet at other servers, by RTMP and RTMPS; one of
 * them may die and return without anybody else noticing; a certificate that nobody vouches for is none.
 *
 * Method: three real servers; FFmpeg publishes to the first and plays from the others.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { expectPartOf } from "../support/compare-packets.ts";
import { probePackets, publishFile } from "../support/ffmpeg.ts";
import { httpGet } from "../support/http-request.ts";
import { media } from "../support/media.ts";
import { createSelfSigned } from "../support/self-signed.ts";
import { type ConfigValue, freePorts, startServer, type TestServer } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

const TIMEOUT_MS = 60_000;
/** Two seconds of the file. */
const COUNT = 50;

interface Forward {
  readonly destination: string;
  readonly state: string;
  readonly connects: number;
  readonly problem: string | null;
}

async function start(config: Parameters<typeof startServer>[0] = {}): Promise<TestServer> {
  const server = await startServer(config);
  onTestFinished(() => server.stop());
  return server;
}

function forwardTo(forward: ConfigValue): ConfigValue {
  return { vhosts: { __defaultVhost__: { forward: { enabled: true, ...forward } } } };
}

async function forwards(server: TestServer): Promise<Forward[]> {
  const { text } = await httpGet(server.apiUrl("/api/v1/forwards"));
  return (JSON.parse(text) as { forwards: Forward[] }).forwards;
}

async function publish(server: TestServer): Promise<void> {
  const file = await media("h264-aac.flv");
  const publisher = publishFile(file, server.rtmpUrl("live/show"), { isLooped: true });
  onTestFinished(async () => void (await publisher.end()));
}

function waitUntilForwarding(server: TestServer, connects: readonly number[]): Promise<unknown> {
  return waitFor(`connects ${connects.join(", ")}`, async () => {
    const seen = await forwards(server);
    const isThere = seen.every(({ state }) => state === "forwarding");
    return isThere && seen.map((one) => one.connects).join() === connects.join();
  });
}

test("two servers, of which one dies and returns", { timeout: TIMEOUT_MS }, async () => {
  const source = await probePackets(await media("h264-aac.flv"));
  const steady = await start();
  const { rtmp: port } = await freePorts();
  const listen = (): Promise<TestServer> =>
    startServer({ config: { listen: `127.0.0.1:${port}` } });
  let frail = await listen();
  onTestFinished(() => frail.stop());
  const destination = [`127.0.0.1:${steady.ports.rtmp}`, `127.0.0.1:${port}`];
  const server = await start({ config: forwardTo({ destination }) });
  await publish(server);
  await waitUntilForwarding(server, [1, 1]);
  const frailUrl = `rtmp://127.0.0.1:${port}/live/show`;
  const [first, second] = await Promise.all([
    probePackets(steady.rtmpUrl("live/show"), COUNT),
    probePackets(frailUrl, COUNT),
  ]);
  expectPartOf(first, source);
  expectPartOf(second, source);

  const watching = probePackets(steady.rtmpUrl("live/show"), 4 * COUNT);
  await frail.signal("SIGKILL");
  await frail.stop();
  await waitFor("the loss", async () => (await forwards(server))[1]?.problem !== null);
  frail = await listen();
  await waitUntilForwarding(server, [1, 2]);
  expectPartOf(await probePackets(frailUrl, COUNT), source);
  expect((await watching).length).toBeGreaterThanOrEqual(4 * COUNT);
  expect(server.events("stream unpublished")).toEqual([]);
});

test("RTMPS, with a certificate that is vouched for", { timeout: TIMEOUT_MS }, async () => {
  const identity = createSelfSigned("localhost", ["localhost", "127.0.0.1"]);
  const secure = await start({
    config: ({ rtmps }, folder) => {
      const [cert, key] = [join(folder, "server.crt"), join(folder, "server.key")];
      writeFileSync(cert, identity.certificate);
      writeFileSync(key, identity.key);
      return { rtmps: { enabled: true, listen: `127.0.0.1:${rtmps}`, cert, key } };
    },
  });
  const destination = [`rtmps://127.0.0.1:${secure.ports.rtmps}/[app]/[stream]-copy`];
  const wary = await start({ config: forwardTo({ destination }) });
  await publish(wary);
  await waitFor("the refusal", async () => (await forwards(wary))[0]?.problem !== null);
  expect(secure.events("stream published")).toEqual([]);

  const trusting = await start({
    config: (_, folder) => {
      const authority = join(folder, "ca.pem");
      writeFileSync(authority, identity.certificate);
      return forwardTo({ destination, tls_ca: authority });
    },
  });
  await publish(trusting);
  await waitUntilForwarding(trusting, [1]);
  const source = await probePackets(await media("h264-aac.flv"));
  expectPartOf(await probePackets(secure.rtmpUrl("live/show-copy"), COUNT), source);
});
