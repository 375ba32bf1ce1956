/**
 * Goal: whom a backend lets in at last, when the vhost or the server has gone meanwhile, is not let in,
 * and the backend that has been told of a beginning is told of an end, once.
 *
 * Method: the whole server in memory with a backend that thinks until the test has it speak.
 */

import { describe, expect, test } from "vitest";
import { HookBackend, YES } from "../support/hook-backend.ts";
import { KEY_FRAME, settle } from "../support/memory-network.ts";
import {
  type ConfigValue,
  defaultVhost,
  MemoryServer,
  memoryConfig,
} from "../support/memory-server.ts";

const PORT = 8085;
const URL = `http://127.0.0.1:${PORT}/hooks`;
const VHOST: ConfigValue = {
  http_hooks: { enabled: true, on_play: [URL], on_stop: [URL] },
  publish: { grace_ms: 0 },
  cmaf: { on_demand: false },
};

describe("an answer that comes late", () => {
  const WAYS: readonly (readonly [string, string])[] = [
    ["FLV", "/live/show.flv"],
    ["HLS", "/live/show/video.m3u8"],
    ["DASH", "/live/show.mpd"],
  ];

  /** Asks for a stream, whose backend is thinking about it; `say` has it say yes. */
  async function ask(path: string) {
    const backend = new HookBackend();
    const server = await MemoryServer.start(defaultVhost(VHOST), {
      prepare: async ({ runtime }) => void (await backend.listen(runtime.tcp, PORT)),
    });
    const publisher = await server.publish("rtmp://127.0.0.1/live/show");
    await publisher.start();
    for (let second = 0; second < 8; second++) {
      await publisher.send(KEY_FRAME, 1_000);
      await server.advance(1_000);
    }
    const { promise, resolve: say } = Promise.withResolvers<string>();
    backend.answer = ({ fields }) => (fields["action"] === "on_play" ? promise : YES);
    const asked = server.fetch(path).catch((error: Error) => ({ status: error.name, text: "" }));
    await settle();
    expect(backend.requests.at(-1)?.fields).toMatchObject({ action: "on_play" });
    const news = (): unknown[] =>
      backend.requests
        .map(({ fields }) => fields["action"])
        .filter((one) => /play|stop/.test(`${one}`));
    return { server, asked, say: () => say(YES), news };
  }

  test.each(WAYS)("lets nobody in to a vhost that is gone meanwhile: %s", async (_, path) => {
    const { server, asked, say, news } = await ask(path);
    const config = memoryConfig(defaultVhost({ ...VHOST, enabled: false }));
    await server.finish(server.sluice.reconfigure(config));
    say();
    expect((await server.finish(asked)).status).toBe(404);
    await server.advance(1_000);
    expect(news()).toEqual(["on_play", "on_stop"]);
  });

  test.each(WAYS)("lets nobody in to a server that has begun to stop: %s", async (_, path) => {
    const { server, asked, say, news } = await ask(path);
    const draining = server.sluice.drain();
    await settle();
    say();
    expect((await server.finish(asked)).status).toBe(503);
    await server.advance(1_000);
    expect(news()).toEqual(["on_play", "on_stop"]);
    await server.finish(server.sluice.stop());
    await server.finish(draining);
  });
});
