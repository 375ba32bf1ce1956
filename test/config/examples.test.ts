/**
 * Goal: every example in conf/ can be used as it is, and does what its comments say.
 *
 * Method: load each; it must have neither faults nor warnings; look at what it is there for.
 */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { load } from "./load.ts";

const CONF = new URL("../../conf/", import.meta.url);

/** What each example is there for. */
const PURPOSES: Readonly<Record<string, (config: Config) => unknown>> = {
  "sluice.yaml": ({ listen, httpServer, httpApi }) => [
    listen[0]?.port === 1935 && httpServer.enabled && httpServer.listen[0]?.port === 8080,
    httpApi.enabled && httpApi.listen[0]?.port === 1985,
  ],
  "demo.yaml": ({ testStream, httpServer, httpApi, rtcServer }) => [
    rtcServer.enabled,
    testStream.enabled && testStream.app === "live" && testStream.stream === "test",
    httpServer.enabled && httpServer.page && httpApi.enabled,
  ],
  "realtime.yaml": ({ vhosts }) => [
    vhosts["__defaultVhost__"]?.minLatency,
    vhosts["__defaultVhost__"]?.play.mwLatency === 0,
  ],
  "https.yaml": ({ rtmps, httpServer }) => [rtmps.enabled, httpServer.https.enabled],
  "vhosts.yaml": ({ vhosts }) => [
    vhosts["concerts.example.com"]?.play.gopCacheMaxFrames === 5000,
    vhosts["closed.example.com"]?.enabled === false,
    vhosts["radio.example.com"]?.httpRemux.hasVideo === false,
  ],
  "hls.yaml": ({ vhosts }) => [
    vhosts["__defaultVhost__"]?.cmaf.sessions === false,
    vhosts["__defaultVhost__"]?.hls.hlsCtx === false,
    vhosts["__defaultVhost__"]?.hls.hlsVariants.length === 2,
  ],
  "full.yaml": ({ httpServer }) => [!httpServer.enabled],
  "srs-compatible.conf": ({ vhosts, daemon }) => [
    !daemon && vhosts["__defaultVhost__"]?.httpRemux.enabled,
  ],
};

describe("conf/", () => {
  const names = readdirSync(CONF).filter((name) => /\.(yaml|conf)$/.test(name));

  test("has the examples that are described here", () => {
    expect(names.sort()).toEqual(Object.keys(PURPOSES).sort());
  });

  test.each(names)("%s can be used as it is", (name) => {
    const text = readFileSync(new URL(name, CONF), "utf8");
    const { config, warnings } = load(name, text);
    expect(warnings).toEqual([]);
    for (const fact of (PURPOSES[name]?.(config) ?? [false]) as unknown[]) expect(fact).toBe(true);
    if (name.endsWith(".yaml")) {
      expect(text).toMatch(/^# yaml-language-server: \$schema=sluice\.schema\.json$/m);
    }
  });
});
