/**
 * Goal: `/api/v1/raw` reloads the configuration for those who may, tells how that went, and else gives
 * SRS's errors; tests and clusters answer as SRS does.
 *
 * Method: configurations that allow more or less; a reload whose end the test decides.
 */

import { describe, expect, test } from "vitest";
import { VERSION } from "../../../src/base/version.ts";
import { type Reload, ReloadStages, type ReloadState } from "../../../src/services/api/reload.ts";
import { ENVELOPE, field, TestApi } from "../../support/api.ts";
import type { ConfigValue } from "../../support/memory-server.ts";
import { STREAM } from "../../support/reports.ts";

const allow = (raw_api: ConfigValue): ConfigValue => ({
  http_api: { enabled: true, listen: "127.0.0.1:1985", raw_api },
});
const ALL = allow({ enabled: true, allow_reload: true });

class TestReload implements Reload {
  state: ReloadState = { error: 0, message: "Success", stage: ReloadStages.Initial, id: "zsnc68o" };
  count = 0;

  async reload(): Promise<void> {
    await undefined;
    this.count += 1;
    const id = `reload${this.count}`;
    this.state = { error: 1023, message: "No vhost", stage: ReloadStages.Parsing, id };
  }

  async last(): Promise<ReloadState> {
    return this.state;
  }
}

describe("a reload", () => {
  test("is done when it is answered, and can be asked about", async () => {
    const reload = new TestReload();
    const api = new TestApi(ALL, reload);
    expect(await api.fetchJson("/api/v1/raw?rpc=reload-fetch")).toEqual({
      code: 0,
      data: { err: 0, msg: "Success", state: 0, rid: "zsnc68o" },
    });
    expect(await api.fetchJson("/api/v1/raw?rpc=reload")).toEqual({ code: 0 });
    expect(await api.fetchJson("/api/v1/raw?rpc=reload-fetch")).toEqual({
      code: 0,
      data: { err: 1023, msg: "No vhost", state: 10, rid: "reload1" },
    });
  });

  test.each([
    ["the raw API is off", allow({ allow_reload: true })],
    ["it is not allowed", allow({ enabled: true })],
  ])("is refused where %s", async (_, config) => {
    const reload = new TestReload();
    const api = new TestApi(config, reload);
    expect(await api.fetchJson("/api/v1/raw?rpc=reload")).toEqual({ code: 1061 });
    expect(reload.count).toBe(0);
  });

  test("is refused where nobody can do it", async () => {
    const api = new TestApi(ALL);
    for (const rpc of ["reload", "reload-fetch"]) {
      expect(await api.fetchJson(`/api/v1/raw?rpc=${rpc}`)).toEqual({ code: 1061 });
    }
  });
});

test("what is allowed can be asked, whatever that is", async () => {
  const raw_api = { allow_query: false, allow_update: false };
  const http_api = { enabled: true, listen: "127.0.0.1:1985", crossdomain: true };
  expect(await new TestApi(ALL).fetchJson("/api/v1/raw?rpc=raw")).toEqual({
    code: 0,
    http_api: { ...http_api, raw_api: { enabled: true, allow_reload: true, ...raw_api } },
  });
  expect(await new TestApi().fetchJson("/api/v1/raw?rpc=raw")).toMatchObject({
    http_api: { listen: "1985", raw_api: { enabled: false, allow_reload: false } },
  });
});

test.each(["", "?rpc=query", "?rpc=update&scope=x", "?rpc=RELOAD"])(
  "anything else is an error: %s",
  async (query) => {
    expect(await new TestApi(ALL).fetchJson(`/api/v1/raw${query}`)).toEqual({ code: 1060 });
    expect(await new TestApi().fetchJson(`/api/v1/raw${query}`)).toEqual({ code: 1061 });
  },
);

describe("clusters", () => {
  const origin = async (query: string, config: ConfigValue = {}): Promise<unknown> => {
    const listen = "127.0.0.1:19350";
    const http_api = { enabled: true, listen: "127.0.0.1:19850" };
    const vhosts = { __defaultVhost__: {}, "plain.srs.com": {} };
    const api = new TestApi({ listen, http_api, vhosts, ...config });
    const plain = { ...STREAM, url: "plain.srs.com/live/livestream", vhost: "plain.srs.com" };
    const waiting = { ...STREAM, url: "/live/waiting", publisher: null };
    api.view.streamReports = [STREAM, plain, waiting];
    const { code, data } = await api.fetchJson(`/api/v1/clusters${query}`);
    expect(code).toBe(0);
    return (data as Record<string, unknown>)["origin"];
  };
  const live = "&app=live&stream=livestream";
  const known = { port: 19_350, vhost: "__defaultVhost__" };
  const api = { api: "127.0.0.1:19850", routers: ["127.0.0.1:19850"] };

  test.each([
    // As captured from SRS.
    [`?vhost=__defaultVhost__&ip=127.0.0.1:19350${live}`, { ip: "192.0.2.2", ...known, ...api }],
    [
      `?vhost=127.0.0.1&ip=127.0.0.1${live}&coworker=127.0.0.1:19350`,
      { ip: "127.0.0.1", ...known, ...api },
    ],
    [
      `?vhost=plain.srs.com${live}&coworker=127.0.0.1:19850`,
      { ip: "127.0.0.1", ...known, vhost: "plain.srs.com", ...api },
    ],
    [`?vhost=__defaultVhost__${live}&coworker=x`, { ip: "x", ...known, ...api }],
    ["?vhost=__defaultVhost__&app=live&stream=nosuch", null],
    ["?vhost=__defaultVhost__&app=live&stream=waiting", null],
    ["?vhost=constructor&app=live&stream=none", null],
    ["", null],
  ])("%s", async (query, expected) => {
    expect(await origin(query)).toEqual(expected);
  });

  test("an API at every address is told by the one that is known", async () => {
    const config = { http_api: { enabled: true, listen: 1985 }, stats: { network: 1 } };
    expect(await origin(`?${live}`, config)).toMatchObject({
      ip: "198.51.100.3",
      routers: ["198.51.100.3:1985"],
    });
    expect(await origin(`?${live}&coworker=a.example:1985`, config)).toMatchObject({
      ip: "a.example",
      api: "a.example:1985",
    });
  });

  test("the question is repeated", async () => {
    const answer = await new TestApi().fetchJson("/api/v1/clusters?ip=1.2.3.4&stream=a%20b");
    expect(answer["data"]).toEqual({
      query: { ip: "1.2.3.4", vhost: "", app: "", stream: "a b" },
      origin: null,
    });
  });
});

describe("tests", () => {
  test("requests tell what was asked", async () => {
    expect(await new TestApi().fetchJson("/api/v1/tests/requests?a=b", "PUT")).toEqual({
      ...ENVELOPE,
      data: {
        uri: "http://a/api/v1/tests/requests",
        path: "/api/v1/tests/requests",
        METHOD: "PUT",
        headers: { sigature: "Sluice", version: VERSION, link: "", time: 1_795_197_510_578 },
      },
    });
  });

  test("redirects lead to errors, which is one", async () => {
    const api = new TestApi();
    const { status, ...redirect } = await api.fetch("/api/v1/tests/redirects");
    expect([status, redirect.body]).toEqual([301, "Redirect to /api/v1/tests/errors"]);
    expect(await api.fetchJson(field({ status, ...redirect }, "Location") ?? "")).toEqual({
      code: 100,
    });
  });
});
