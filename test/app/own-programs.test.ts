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

function create(config: ConfigValue = {}, secret = "secret"): OwnPrograms {
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

/** The query that an output of this server is given. */
function paramOf(own: OwnPrograms, before?: SessionRequest): string {
  const origin = { name: NAME, request: before, block: "*" };
  const output = "rtmp://127.0.0.1/live/show_ff";
  const { output: marked } = own.markTranscode({ input: INPUT, output }, origin);
  return marked.slice(output.length);
}

test("what has been through a block is known by that, from this machine alone", () => {
  const own = create();
  const brought = request({ stream: "show_ff", param: paramOf(own) });
  expect(own.isThrough(brought, NAME.vhost, "*")).toBe(true);
  expect(own.isThrough(brought, NAME.vhost, "live")).toBe(false);
  expect(own.isThrough(brought, "a.example", "*")).toBe(false);
  expect(own.isThrough({ ...brought, remoteAddress: "192.0.2.1" }, NAME.vhost, "*")).toBe(false);
  expect(own.isThrough({ ...brought, param: "" }, NAME.vhost, "*")).toBe(false);
  const other = create({}, "another server's");
  expect(other.isThrough(brought, NAME.vhost, "*")).toBe(false);
});

test("what is handed on is known by all that it has been through", () => {
  const own = create();
  const param = paramOf(own, request({ stream: "show", param: paramOf(own) }));
  expect(param).toMatch(/^\?sluice_key=[0-9a-f]{12}\.[0-9a-f]{12}~[0-9a-f]{32}$/);
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
  const good = request({ stream: "show_ff", param: paramOf(own) });
  await admission.publish(good);
  expect(asked).toEqual([]);
  await expect(admission.play(good)).rejects.toThrow("no");
  await expect(admission.publish({ ...good, stream: "other" })).rejects.toThrow("no");
  await expect(admission.publish({ ...good, remoteAddress: "192.0.2.1" })).rejects.toThrow("no");
  const changed = good.param.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  await expect(admission.publish({ ...good, param: changed })).rejects.toThrow("no");
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
  ["?sluice_key=ab~cd", ""],
  ["?vhost=v&sluice_key=ab~cd", "?vhost=v"],
  ["?sluice_key=ab~cd&k=v", "?k=v"],
  ["?a=b&sluice_key=ab~cd&k=v", "?a=b&k=v"],
])("%j is shown as %j", (param, shown) => {
  expect(withoutKey(param)).toBe(shown);
});
