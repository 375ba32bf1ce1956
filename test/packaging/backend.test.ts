/**
 * Goal: the backend of the compose example lets those publish and watch who have the token, and does
 * not fall over whatever it is sent.
 *
 * Method: its decisions, and requests to it on loopback.
 */

import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { createBackend, decide } from "../../packaging/compose/backend/backend.ts";

const TOKENS = { publish: "s3cret", play: "" };

const event = (action: string, param?: string) => ({
  ...{ action, client_id: "c1", ip: "192.0.2.1", app: "live", stream: "show" },
  ...(param !== undefined && { param }),
});

async function start(): Promise<{ url: string; lines: string[] }> {
  const lines: string[] = [];
  const server = createBackend(TOKENS, (line) => lines.push(line));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, lines };
}

describe("decide()", () => {
  test.each([
    ["on_publish", "?token=s3cret", true],
    ["on_publish", "?a=b&token=s3cret", true],
    ["on_publish", "?token=s3cre", false],
    ["on_publish", "", false],
    ["on_publish", undefined, false],
    ["on_play", undefined, true],
    ["on_unpublish", undefined, true],
    ["on_dvr", "", true],
  ])("%s %s", (action, param, isAllowed) => {
    expect(decide(event(action, param), TOKENS).code === 0).toBe(isAllowed);
  });

  test("viewers need a token if there is one for them", () => {
    const tokens = { publish: "a", play: "b" };
    expect(decide(event("on_play", "?token=b"), tokens).code).toBe(0);
    expect(decide(event("on_play", "?token=a"), tokens).code).not.toBe(0);
    expect(decide(event("on_publish", "?token=b"), tokens).code).not.toBe(0);
  });
});

describe("the backend", () => {
  const post = (url: string, body: string) => fetch(url, { method: "POST", body });

  test("answers with JSON, and logs no token", async () => {
    const { url, lines } = await start();
    const yes = await post(url, JSON.stringify(event("on_publish", "?token=s3cret")));
    expect(await yes.json()).toEqual({ code: 0 });
    const no = await post(url, JSON.stringify(event("on_publish", "?token=other")));
    expect(no.status).toBe(200);
    expect(await no.json()).toMatchObject({ code: 403 });
    expect(lines.map((line) => JSON.parse(line).answer)).toEqual(["yes", "no"]);
    expect(lines.join()).not.toMatch(/s3cret|other/);
  });

  test.each(["", "{", "null", "[]", '"on_publish"', '{"action":1}'])("refuses %s", async (body) => {
    const { url } = await start();
    expect((await post(url, body)).status).toBe(400);
  });

  test("does not start without a token for publishers", () => {
    expect(() => createBackend({ publish: "", play: "" }, () => undefined)).toThrow(
      "PUBLISH_TOKEN",
    );
  });
});
