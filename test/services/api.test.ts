/**
 * Goal: `GET /api/v1/versions` answers as SRS does, key by key, so that scripts which wait for it work.
 *
 * Method: requests to the handler; keys and types as in a capture of SRS 7.0.18.
 */

import { expect, test } from "vitest";
import { VERSION } from "../../src/base/version.ts";
import { createApi } from "../../src/services/api/api.ts";

const api = createApi({ serverId: "vid-ul2vr26", serviceId: "36etwo4s", pid: "28619" });
const fetchApi = (path: string, method = "GET") =>
  api(new Request(`http://localhost:1985${path}`, { method }));

test("versions has SRS's keys, in their order, and our figures", async () => {
  const response = await fetchApi("/api/v1/versions");
  const [major, minor, revision] = VERSION.split(".");
  expect(await response.text()).toBe(
    `{"code":0,"server":"vid-ul2vr26","service":"36etwo4s","pid":"28619",` +
      `"data":{"major":${major},"minor":${minor},"revision":${revision},"version":"${VERSION}"}}`,
  );
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
});

test.each([
  ["/api/v1/nothing", "GET", 404],
  ["/", "GET", 404],
  ["/api/v1/versions", "POST", 405],
])("%s by %s is answered by %i and JSON", async (path, method, status) => {
  const response = await fetchApi(path, method);
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ code: status });
});
