/**
 * Goal: the checks come in SRS's order, each for those it is for, with what is set at the moment of the
 * question; and no reason tells a secret.
 *
 * Method: the pages that were tried on SRS 7.0 with two vhosts; requests that several checks would
 * refuse, whose reason says which came first.
 */

import { beforeEach, describe, expect, test } from "vitest";
import { createAccess } from "../../../src/app/access.ts";
import { createLogging } from "../../../src/app/logging.ts";
import { RefusedError } from "../../../src/base/errors.ts";
import type { Config } from "../../../src/config/config.ts";
import type { Admission, SessionRequest } from "../../../src/live/admission.ts";
import type { ServerEvent } from "../../../src/live/server-event.ts";
import { MemoryRuntime } from "../../../src/runtime/memory/memory-runtime.ts";
import { memoryConfig } from "../../support/memory-server.ts";

const VHOSTS = {
  "refer.com": { refer: { enabled: true, all: ["good.com"] } },
  "referpub.com": { refer: { enabled: true, publish: ["good.com"], play: ["good2.com"] } },
  "http.com": { refer: { enabled: true, all: ["good.com"], play: ["a.good.com"], http: true } },
  "strict.com": {
    security: { enabled: true, allow: ["publish all", "play 127.0.0.1"] },
    refer: { enabled: true, all: ["good.com"], play: ["a.good.com"] },
    token: { play: true, jwt_secret: "0123456789abcdef0123456789abcdef" },
  },
};

let config: Config;
let admission: Admission;
let logText: string;
let events: ServerEvent[];

beforeEach(() => {
  config = memoryConfig({ vhosts: VHOSTS });
  logText = "";
  events = [];
  const { logger } = createLogging({
    ...{ level: "debug", format: "json", hasColour: false },
    target: (text) => {
      logText += text;
    },
  });
  const runtime = new MemoryRuntime();
  const tell = (event: ServerEvent): void => void events.push(event);
  ({ admission } = createAccess({ config: () => config, runtime, logger, tell }));
});

function request(more: Partial<SessionRequest>): SessionRequest {
  return {
    ...{ clientId: "a", clientType: "rtmp-play", remoteAddress: "127.0.0.1" },
    ...{ vhost: "strict.com", app: "live", stream: "show", param: "" },
    ...{ tcUrl: "", pageUrl: "", swfUrl: "", ...more },
  };
}

/** As an RTMP client asks. @returns Why it was refused. */
async function ask(action: "publish" | "play", more: Partial<SessionRequest>): Promise<string> {
  try {
    await admission.connect(request(more));
    await admission[action](request(more));
    return "ok";
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return `${error.reason}: ${error.message}`;
  }
}

describe("pages, as SRS has it", () => {
  test.each([
    ["play", "refer.com", "", false],
    ["play", "refer.com", "http://good.com/x", true],
    ["play", "refer.com", "http://notgood.com/p", true],
    ["play", "refer.com", "http://good.com.evil/", false],
    ["publish", "refer.com", "", false],
    ["publish", "refer.com", "http://www.good.com/x", true],
    ["publish", "refer.com", "http://GOOD.com/", false],
    ["play", "referpub.com", "http://good.com/x", false],
    ["play", "referpub.com", "http://good2.com/x", true],
    ["play", "referpub.com", "http://bad.com/", false],
    ["publish", "referpub.com", "http://good.com/x", true],
    ["publish", "referpub.com", "http://good2.com/x", false],
    ["publish", "referpub.com", "http://bad.com/", false],
  ] as const)("%s at %s from %j: %j", async (action, vhost, pageUrl, expected) => {
    expect((await ask(action, { vhost, pageUrl })) === "ok").toBe(expected);
  });

  test.each([
    ["refer.com", "", true],
    ["referpub.com", "http://bad.com/", true],
    ["http.com", "", false],
    ["http.com", "http://good.com/", false],
    ["http.com", "http://a.good.com/", true],
  ])("an HTTP player at %s from %j: %j", async (vhost, pageUrl, expected) => {
    for (const clientType of ["flv-play", "hls-play", "dash-play"] as const) {
      const played = admission.play(request({ vhost, pageUrl, clientType })).then(
        () => true,
        () => false,
      );
      expect(await played).toBe(expected);
    }
  });
});

describe("of several reasons the first is told:", () => {
  test.each([
    ["the page of all", {}, "forbidden: Cannot connect: the page is not one of those allowed"],
    [
      "the address",
      { pageUrl: "http://good.com", remoteAddress: "192.0.2.1" },
      "forbidden: Cannot play: the address is not allowed",
    ],
    [
      "the page of players",
      { pageUrl: "http://good.com" },
      "forbidden: Cannot play: the page is not one of those allowed",
    ],
    [
      "nothing shown",
      { pageUrl: "http://a.good.com" },
      "unauthorized: Cannot play: it takes a token, a signed URL, or a name and a password",
    ],
    [
      "a wrong token",
      { pageUrl: "http://a.good.com", param: "?token=s3cr3t" },
      "unauthorized: Cannot play: the token is not valid",
    ],
  ])("%s", async (_, more, expected) => {
    expect(await ask("play", more)).toBe(expected);
    expect(logText).toContain("access refused");
    expect(logText).not.toContain("s3cr3t");
  });
});

test("publishers need no token where players do", async () => {
  expect(await ask("publish", { pageUrl: "http://good.com" })).toBe("ok");
});

test("a vhost that is not there refuses nobody", async () => {
  config = memoryConfig("listen 1935; vhost a { security { enabled on; } }");
  expect(await ask("play", { vhost: "b" })).toBe("ok");
  expect(await ask("play", { vhost: "a" })).toContain("the address");
});

test("what is set now is what counts", async () => {
  expect(await ask("play", { vhost: "refer.com" })).toContain("the page");
  config = memoryConfig();
  expect(await ask("play", { vhost: "refer.com" })).toBe("ok");
});
