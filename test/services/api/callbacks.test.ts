/**
 * Goal: pages that use JSONP get their function called with what JSON would say, can kick by GET, and
 * nobody can have a script of their own made answer for this server.
 *
 * Method: requests with names of functions, good and bad.
 */

import { describe, expect, test } from "vitest";
import { HttpError } from "../../../src/protocols/http/http-error.ts";
import { field, TestApi } from "../../support/api.ts";

const CLIENT = "/api/v1/clients/s1999172";

test.each(["cb", "jQuery_1.cb-2", "angular.callbacks._0", "_"])(
  "%s is called with the answer",
  async (callback) => {
    const api = new TestApi();
    for (const path of ["/api/v1/versions", "/api/v1/vhosts/none", "/api/v1/nothing", CLIENT]) {
      const plain = await api.fetch(path);
      const response = await api.fetch(`${path}?callback=${callback}`);
      expect(response.status).toBe(200);
      expect(field(response, "Content-Type")).toBe("text/javascript");
      expect(response.body).toBe(`${callback}(${plain.body})`);
    }
  },
);

test("without a name the answer is JSON", async () => {
  const response = await new TestApi().fetch("/api/v1/versions?callback=&_=1");
  expect(field(response, "Content-Type")).toBe("application/json");
});

test.each([
  "a%3Cb",
  "alert(1)",
  "a%2Cb",
  "a+b",
  "a%0Ab",
  "a%00",
  "a;b",
  "a[0]",
  "%C3%A4",
  "a%E2%80%A8",
  "%22",
  "a/**/",
])("%s is refused, and not repeated", async (callback) => {
  const answer = new TestApi().fetch(`/api/v1/versions?callback=${callback}`);
  const error = await answer.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(HttpError);
  expect(error).toMatchObject({ status: 400 });
  expect((error as HttpError).message).not.toContain(decodeURIComponent(callback));
});

describe("a browser", () => {
  const ask = (fields: Readonly<Record<string, string>>): Promise<number> => {
    const all = Object.entries({ "User-Agent": "Mozilla/5.0 (Macintosh)", ...fields });
    const text = all.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    return new TestApi().fetch("/api/v1/clients/?callback=cb", "GET", text).then(
      ({ status }) => status,
      (error: HttpError) => error.status,
    );
  };

  test.each<[string, Record<string, string>]>([
    ["of the same origin", { "Sec-Fetch-Site": "same-origin" }],
    ["of another port", { "Sec-Fetch-Site": "same-site" }],
    ["of nobody: an address typed", { "Sec-Fetch-Site": "none" }],
    ["of this host, in a browser that says no more", { Referer: "http://a:8080/console/" }],
    ["of this host by TLS", { Referer: "https://A/console/?x=http://b" }],
    ["in a program that has no pages", { "User-Agent": "curl/8.0" }],
  ])("is answered for a page %s", async (_, fields) => {
    expect(await ask(fields)).toBe(200);
  });

  test.each<[string, Record<string, string>]>([
    ["of another site", { "Sec-Fetch-Site": "cross-site", Referer: "http://a/" }],
    ["of another host", { Referer: "http://evil.example/" }],
    ["of another host with this one's name in it", { Referer: "http://a.evil.example/a:1985/" }],
    ["of another host with this one as a user", { Referer: "http://a@evil.example/" }],
    ["that hides who it is", {}],
    ["that is no address", { Referer: "about:client" }],
  ])("is refused for a page %s", async (_, fields) => {
    expect(await ask(fields)).toBe(403);
  });

  test("without a callback is for ApiAccess to judge", async () => {
    const fields = "User-Agent: Mozilla/5.0\r\nSec-Fetch-Site: cross-site\r\n";
    const { status } = await new TestApi().fetch("/api/v1/clients/", "GET", fields);
    expect(status).toBe(200);
  });
});

describe("a method in the query", () => {
  test("counts with a callback", async () => {
    const api = new TestApi();
    const response = await api.fetch(`${CLIENT}?callback=cb&method=DELETE`);
    expect(response.body).toMatch(/^cb\(\{"code":0,/);
    expect(api.view.kicked).toEqual(["s1999172 kicked_by_api"]);
    const refused = await api.fetch("/api/v1/streams/?callback=cb&method=delete");
    expect([refused.status, refused.body]).toEqual([405, "Method Not Allowed"]);
  });

  test("does not count without", async () => {
    const api = new TestApi();
    expect(await api.fetchJson(`${CLIENT}?method=DELETE`)).toMatchObject({ client: {} });
    expect(api.view.kicked).toEqual([]);
  });
});

test("a redirect keeps the query, and what is in it is encoded", async () => {
  const response = await new TestApi().fetch("/api/v1/clients?callback=cb&x=%0D%0Aa:b");
  expect(field(response, "Location")).toBe("/api/v1/clients/?callback=cb&x=%0D%0Aa:b");
});
