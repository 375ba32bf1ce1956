/**
 * Goal: the server knows its own programs, and takes nobody else for one: not by a key that was made for
 * another stream or another purpose, not from another machine, not from another server.
 */

import { expect, test } from "vitest";
import { OwnPrograms } from "../../src/app/own-programs.ts";
import type { SessionRequest } from "../../src/live/admission.ts";
import { withoutKey } from "../../src/programs/program-key.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import { type ConfigValue, memoryConfig } from "../support/memory-server.ts";

const NAME = { vhost: "__defaultVhost__", app: "live", stream: "show" };
const INPUT = "rtmp://127.0.0.1:1935/live?vhost=__defaultVhost__/show";

/** Any stream is encoded. */
const ALL: ConfigValue = {
  vhosts: { __defaultVhost__: { transcode: { "*": { enabled: true } } } },
};

function create(config: ConfigValue = ALL, secret = "secret"): OwnPrograms {
  const { crypto, host } = new MemoryRuntime();
  const value = memoryConfig(config);
  return new OwnPrograms({ config: () => value, crypto, host, secret });
}

function request(fields: Partial<SessionRequest>): SessionRequest {
  return {
    ...{ clientId: "01234567", clientType: "fmle-publish", remoteAddress: "127.0.0.1" },
    ...{ ...NAME, param: "", tcUrl: "rtmp://127.0.0.1/live", pageUrl: "", swfUrl: "" },
    ...fields,
  };
}

/** The query that an output is given, by default one of this server. */
function paramOf(
  own: OwnPrograms,
  {
    output = "rtmp://127.0.0.1/live/show_ff",
    before,
  }: { output?: string; before?: SessionRequest },
): string {
  const origin = { name: NAME, request: before, block: "*" };
  const { output: marked } = own.markTranscode({ input: INPUT, output }, origin);
  return marked.slice(output.length);
}

const KEY = /[?&]sluice_key=[0-9a-f]{32}/;

test.each([
  ["an address of this machine", "rtmp://127.0.0.1/live/show_ff"],
  ["a name that this server does not know for its own", "rtmp://live.example.com/live/show_ff"],
  ["an address from outside", "rtmp://203.0.113.9:19350/live?vhost=x/show_ff"],
  ["TLS", "rtmps://live.example.com/live/show_ff?k=v"],
])("what has been through a block is known by that, sent to %s", (_, output) => {
  const own = create();
  const param = paramOf(own, { output });
  expect(KEY.test(param)).toBe(output.includes("127.0.0.1"));
  for (const remoteAddress of ["127.0.0.1", "172.17.0.1", "203.0.113.9"]) {
    const brought = request({ ...{ stream: "show_ff", param, remoteAddress } });
    expect(own.isThrough(brought, NAME.vhost, "*")).toBe(true);
    expect(own.isThrough({ ...brought, stream: "other" }, NAME.vhost, "*")).toBe(true);
    expect(own.isThrough(brought, NAME.vhost, "live")).toBe(false);
    expect(own.isThrough(brought, "a.example", "*")).toBe(false);
  }
});

test("what other servers say, and what is made up, is no claim", () => {
  const own = create();
  const param = paramOf(own, {});
  const isThrough = (value: string): boolean =>
    own.isThrough(request({ param: value }), NAME.vhost, "*");
  expect(isThrough(param)).toBe(true);
  expect(isThrough("")).toBe(false);
  expect(isThrough(paramOf(create(ALL, "another server's"), {}))).toBe(false);
  const changed = param.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  expect(isThrough(changed)).toBe(false);
  // One that is made up does not hide the one that is there.
  expect(isThrough(`${changed}&${param.slice(1)}`)).toBe(true);
});

test("what is handed on is known by all that it has been through", () => {
  const own = create();
  const output = "rtmp://live.example.com/live/show_ff_ff";
  const param = paramOf(own, { output, before: request({ param: paramOf(own, {}) }) });
  expect(param).toMatch(/^\?sluice_through=[0-9a-f]{12}\.[0-9a-f]{12}~[0-9a-f]{32}$/);
});

test.each(["/srv/show.flv", "srt://203.0.113.9:10080", "rtmp://203.0.113.9"])(
  "%s has nothing put into it",
  (output) => expect(paramOf(create(), { output })).toBe(""),
);

test.each([
  ["live", false],
  ["live2", true],
  ["live2/key", true],
  ["live2/other", false],
])("where %s is encoded, a platform is shown what it does not know: %s", (key, isShown) => {
  const transcode = { [key]: { enabled: true } };
  const own = create({ vhosts: { __defaultVhost__: { transcode } } });
  const output = "rtmp://a.rtmp.example.com/live2/key";
  expect(paramOf(own, { output }).includes("sluice_through")).toBe(isShown);
});

test("a key lets in for its purpose, and asks about anybody else", async () => {
  const own = create();
  const asked: string[] = [];
  const refuse = async ({ stream }: SessionRequest): Promise<void> => {
    asked.push(stream);
    throw new Error("no");
  };
  const nothing = (): void => undefined;
  const admission = own.watch({
    ...{ connect: async () => undefined, publish: refuse, play: refuse },
    ...{ unpublished: nothing, stopped: nothing, closed: nothing },
  });
  const good = request({ stream: "show_ff", param: paramOf(own, {}) });
  await admission.publish(good);
  expect(asked).toEqual([]);
  await expect(admission.play(good)).rejects.toThrow("no");
  await expect(admission.publish({ ...good, stream: "other" })).rejects.toThrow("no");
  await expect(admission.publish({ ...good, remoteAddress: "192.0.2.1" })).rejects.toThrow("no");
  const changed = good.param.replace(/(?<=sluice_key=)./, (one) => (one === "0" ? "1" : "0"));
  await expect(admission.publish({ ...good, param: changed })).rejects.toThrow("no");
  const claim = good.param.replace(KEY, "").replace(/^&/, "?");
  expect(own.isThrough({ ...good, param: claim }, NAME.vhost, "*")).toBe(true);
  await expect(admission.publish({ ...good, param: claim })).rejects.toThrow("no");
});

test.each([
  [{}, "", "127.0.0.1:1935"],
  [{}, "rtmp://a.example:19350/live", "127.0.0.1:1935"],
  [{ listen: [1935, 19350] }, "rtmp://a.example:19350/live", "127.0.0.1:19350"],
  [{ listen: "192.0.2.1:1935" }, "rtmp://a.example/live", "192.0.2.1:1935"],
  [{ listen: "[::1]:1936" }, "", "[::1]:1936"],
  [{ listen: "[::]:1936" }, "", "127.0.0.1:1936"],
])("under %j, who came to %j has programs come to %s", (config, tcUrl, expected) => {
  const { host, port } = create(config).localAddress(tcUrl);
  expect(`${host}:${port}`).toBe(expected);
});

test.each([
  ["", ""],
  ["?a=b&", "?a=b&"],
  ["?sluice_key=ab", ""],
  ["?sluice_key=ab&sluice_through=cd~ef", ""],
  ["?sluice_key=ab&sluice_key=cd#x", "#x"],
  ["?vhost=v&sluice_through=ab~cd", "?vhost=v"],
  ["?sluice_key=ab&k=v", "?k=v"],
  ["?a=b&sluice_key=ab&k=v&sluice_through=cd~ef", "?a=b&k=v"],
])("%j is shown as %j", (param, shown) => {
  expect(withoutKey(param)).toBe(shown);
});
