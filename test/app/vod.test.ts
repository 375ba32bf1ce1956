/**
 * Goal: what SRS's folder of files does for players is done here too: recordings beside live streams,
 * seeking by bytes, the policy file of Flash, the addresses of its player pages.
 *
 * Method: the whole server in memory, asked over HTTP.
 */

import { describe, expect, test } from "vitest";
import { type ConfigValue, HTTP_PORT, MemoryServer } from "../support/memory-server.ts";

const ASSETS = { "/index.html": "built-in front" };
/** SRS's, to the byte. */
const POLICY = `<cross-domain-policy>
  <allow-access-from domain="*"/>
</cross-domain-policy>
`;

function start(http: ConfigValue = {}, files: Record<string, string> = {}): Promise<MemoryServer> {
  const httpServer = { enabled: true, dir: "/www", ...http };
  return MemoryServer.start({ http_server: httpServer }, { files, assets: ASSETS });
}

describe("a recording", () => {
  const FILES = { "/www/live/show.flv": "recorded", "/www/live/show.mp4": "0123456789" };

  test("is served under the address of a stream that nobody publishes", async () => {
    const server = await start({}, FILES);
    expect(await server.fetch("/live/show.flv")).toMatchObject({ status: 200, text: "recorded" });
    await (await server.publish(server.rtmpUrl("live/show"))).start();
    const viewer = await server.watch(server.httpUrl("/live/show.flv"));
    expect(viewer.count(9)).toBeGreaterThan(0);
  });

  test("can be had in parts", async () => {
    const server = await start({}, FILES);
    const part = await server.fetch("/live/show.mp4?range=2-4");
    expect([part.status, part.text]).toEqual([206, "234"]);
    expect(part.head.fields.get("content-range")).toBe("bytes 2-4/10");
    const past = await server.fetch("/live/show.flv?start=8");
    expect([past.status, JSON.parse(past.text)]).toEqual([
      416,
      { code: 416, message: 'Cannot seek to byte 8: "/live/show.flv" has 8' },
    ]);
  });

  test("that was not there is found a second later", async () => {
    const server = await start();
    expect((await server.fetch("/a.mp4")).status).toBe(404);
    await server.putFile("/www/a.mp4", "film");
    expect((await server.fetch("/a.mp4")).status).toBe(404);
    await server.advance(1_000);
    expect(await server.fetch("/a.mp4")).toMatchObject({ status: 200, text: "film" });
  });
});

describe("crossdomain.xml", () => {
  const paths = ["/crossdomain.xml", "/players/crossdomain.xml"];

  test.each(paths)("%s lets players of all origins in", async (path) => {
    const server = await start();
    const { status, text, head } = await server.fetch(path);
    expect([status, text]).toEqual([200, POLICY]);
    expect(head.fields.get("content-type")).toBe("text/xml");
    expect(head.fields.get("content-length")).toBe("79");
    expect((await server.fetch(path, { method: "HEAD" })).status).toBe(200);
  });

  test.each(paths)("%s may be the operator's own", async (path) => {
    const server = await start({}, { [`/www${path}`]: "own" });
    expect(await server.fetch(path)).toMatchObject({ status: 200, text: "own" });
  });

  test.each(paths)("%s is not there if other origins may not", async (path) => {
    const server = await start({ crossdomain: false });
    expect((await server.fetch(path)).status).toBe(404);
  });
});

describe("an address of SRS's player", () => {
  const path = "/players/srs_player.html?vhost=a.com&app=live&stream=show.flv&port=1935&token=x";

  test("leads to the page", async () => {
    const server = await start();
    const { status, head } = await server.fetch(path);
    const location = head.fields.get("location") ?? "";
    expect([status, location]).toEqual([302, "/?stream=live/show&proto=flv&vhost=a.com&token=x"]);
    expect(await server.fetch(location)).toMatchObject({ status: 200, text: "built-in front" });
  });

  test("is the operator's own page if there is one", async () => {
    const server = await start({}, { "/www/players/srs_player.html": "own player" });
    expect(await server.fetch(path)).toMatchObject({ status: 200, text: "own player" });
    // The folder, which has no index, is not the page's business any more.
    expect((await server.fetch("/players", { port: HTTP_PORT })).head.fields.get("location")).toBe(
      "/players/",
    );
  });

  test("is not there if the page is off", async () => {
    const server = await start({ page: false });
    expect((await server.fetch(path)).status).toBe(404);
  });
});
