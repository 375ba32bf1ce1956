/**
 * Goal: the console reads all there is, however much, asks for a password once, and says apart who was
 * disconnected, who had left, and what failed.
 *
 * Method: a server of a function that remembers what it was asked.
 */

import { describe, expect, test } from "vitest";
import { ApiClient } from "../../../web/console/api-client.js";
import { pauseAfter } from "../../../web/console/poller.js";

const PAGE = new URL("http://a.example:1985/console/?x");

/** Answers by the path, and remembers it. */
class FakeApi {
  readonly asked: string[] = [];
  /** Which of them have a limit of time. */
  readonly limited: boolean[] = [];
  readonly client: ApiClient;

  constructor(answer: (path: string) => unknown, page = PAGE) {
    this.client = new ApiClient(page, async (url, { method = "GET", signal }) => {
      this.limited.push(signal !== null);
      this.asked.push(`${method} ${url.pathname}${url.search}`);
      const body = answer(`${url.pathname}${url.search}`);
      return body instanceof Response ? body : Response.json(body);
    });
  }
}

const entries = (from: number, to: number): object[] =>
  Array.from({ length: to - from }, (_, i) => ({ id: String(from + i) }));

describe("readAll()", () => {
  test("reads on until a page is not full, and takes nobody twice", async () => {
    const api = new FakeApi((path) => {
      if (path.endsWith("/summaries")) return { code: 0, data: { ok: true } };
      if (path.includes("/clients/?start=0&")) return { code: 0, clients: entries(0, 10_000) };
      if (path.includes("/clients/")) return { code: 0, clients: entries(9_998, 10_005) };
      return { code: 0, vhosts: entries(0, 1), streams: entries(0, 2) };
    });
    const { summary, vhosts, streams, clients } = await api.client.readAll();
    expect(summary).toEqual({ ok: true });
    expect([vhosts?.length, streams?.length, clients?.length]).toEqual([1, 2, 10_005]);
    expect(api.asked).toEqual([
      "GET /api/v1/summaries",
      "GET /api/v1/vhosts/?start=0&count=10000",
      "GET /api/v1/streams/?start=0&count=10000",
      "GET /api/v1/clients/?start=0&count=10000",
      "GET /api/v1/clients/?start=10000&count=10000",
    ]);
  });

  test("has an end", async () => {
    const api = new FakeApi((path) => {
      const start = Number(/start=(\d+)/.exec(path)?.[1]);
      return path.includes("clients") ? { clients: entries(start, start + 10_000) } : { data: {} };
    });
    expect((await api.client.readAll())["clients"]?.length).toBe(50_000);
  });

  test("asks nothing more of who refuses", async () => {
    const refusal = { code: 401, message: "no" };
    const api = new FakeApi(() => Response.json(refusal, { status: 401 }));
    await expect(api.client.readAll()).rejects.toMatchObject({ status: 401, message: "no" });
    expect(api.asked).toEqual(["GET /api/v1/summaries"]);
  });

  test("gives whoever is asked for a password as long as it takes, a server that hangs not", async () => {
    let isLetIn = false;
    const api = new FakeApi((path) => {
      if (!isLetIn) return Response.json({}, { status: 401 });
      return path.endsWith("/summaries") ? { data: {} } : {};
    });
    for (let i = 0; i < 2; i++) await api.client.readAll().catch(() => undefined);
    isLetIn = true;
    await api.client.readAll();
    expect(api.limited).toEqual([false, false, false, true, true, true]);
  });

  test("finds the API beside itself below a proxy's path", async () => {
    const api = new FakeApi(
      () => new Response("gone", { status: 502 }),
      new URL("https://p.example/sluice/console/"),
    );
    await expect(api.client.readAll()).rejects.toMatchObject({ status: 502, message: "" });
    expect(api.asked).toEqual(["GET /sluice/api/v1/summaries"]);
  });

  test("tells of a server that cannot be reached, or is none", async () => {
    const away = new FakeApi(() => {
      throw new TypeError("Failed to fetch");
    });
    await expect(away.client.readAll()).rejects.toMatchObject({ status: 0 });
    const page = new FakeApi(() => new Response("<p>"));
    await expect(page.client.readAll()).rejects.toMatchObject({ status: 200 });
  });
});

describe("disconnect()", () => {
  test("tells who had left already", async () => {
    const api = new FakeApi((path) => ({ code: path.endsWith("/a%2Fb") ? 0 : 2049 }));
    expect(await api.client.disconnect("a/b")).toBe(true);
    expect(await api.client.disconnect("c")).toBe(false);
    expect(api.asked).toEqual(["DELETE /api/v1/clients/a%2Fb", "DELETE /api/v1/clients/c"]);
  });

  test("throws for any other answer", async () => {
    const odd = new FakeApi(() => ({ code: 1061 }));
    await expect(odd.client.disconnect("a")).rejects.toThrow("Error 1061");
    const forbidden = new FakeApi(() => Response.json({ message: "no" }, { status: 403 }));
    await expect(forbidden.client.disconnect("a")).rejects.toMatchObject({ status: 403 });
  });
});

test("polls every two seconds, and at most for a tenth of the time", () => {
  expect([pauseAfter(0), pauseAfter(200), pauseAfter(1_000)]).toEqual([2_000, 2_000, 9_000]);
});
