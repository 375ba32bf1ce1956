/**
 * Goal: embedded pages are served as files are.
 *
 * Method: a map of two assets; each kind of answer once, as the rest is shared with files.
 */

import { describe, expect, test } from "vitest";
import type { Asset } from "../../../src/base/assets.ts";
import { serveAsset } from "../../../src/servers/http/static-assets.ts";
import { createRequest, get } from "../../support/http-text.ts";

const ASSETS = new Map<string, Asset>([
  ["/console/index.html", asset("<p>console</p>", "text/html", '"1"')],
  ["/player.js", asset("play()", "text/javascript", '"2"')],
]);

function asset(text: string, mediaType: string, etag: string): Asset {
  return { bytes: new TextEncoder().encode(text), mediaType, etag };
}

describe("serveAsset()", () => {
  test("answers with the asset", async () => {
    const response = await serveAsset(ASSETS, createRequest(get("/player.js")));
    expect(response).toEqual({
      status: 200,
      fields: [
        ["ETag", '"2"'],
        ["Cache-Control", "no-cache"],
        ["Content-Type", "text/javascript"],
        ["X-Content-Type-Options", "nosniff"],
        ["Accept-Ranges", "bytes"],
        ["Content-Length", "6"],
      ],
      body: new TextEncoder().encode("play()"),
    });
  });

  test("answers for a folder with its index, and redirects to it", async () => {
    const response = await serveAsset(ASSETS, createRequest(get("/console/")));
    expect(response).toMatchObject({ status: 200, body: ASSETS.get("/console/index.html")?.bytes });
    const redirect = await serveAsset(ASSETS, createRequest(get("/console")));
    expect(redirect).toMatchObject({
      status: 302,
      fields: [["Location", "/console/"], expect.anything()],
    });
  });

  test("can be mounted elsewhere", async () => {
    const request = createRequest(get("/mounted/console"));
    const redirect = await serveAsset(ASSETS, request, "/console");
    expect(redirect?.fields).toContainEqual(["Location", "/mounted/console/"]);
  });

  test("knows conditions and ranges", async () => {
    const known = createRequest(get("/player.js", 'If-None-Match: "2"\r\n'));
    expect((await serveAsset(ASSETS, known))?.status).toBe(304);
    const part = createRequest(get("/player.js", 'Range: bytes=-2\r\nIf-Range: "2"\r\n'));
    expect(await serveAsset(ASSETS, part)).toMatchObject({
      status: 206,
      body: new TextEncoder().encode("()"),
    });
  });

  test("leaves the rest to others", async () => {
    expect(await serveAsset(ASSETS, createRequest(get("/")))).toBeUndefined();
    expect(await serveAsset(ASSETS, createRequest(get("/player.js/")))).toBeUndefined();
  });
});
