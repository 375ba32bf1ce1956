/**
 * Goal: a light request and the web-standard one made of it say the same, and nothing a client sends
 * makes the conversion fail in another way than by an answer.
 *
 * Method: heads written out by hand; a table of those that cannot be converted.
 */

import { describe, expect, test } from "vitest";
import { createRequest } from "../../support/http-text.ts";

describe("toRequest()", () => {
  test("says what the request says", () => {
    const request = createRequest(
      "GET /a%20b/%2e%2e/%e7%9b%b4//c?x=1&y=\xe7\x9b\xb4 HTTP/1.1\r\nHost: a.com:8080\r\nX-A: 1\r\nx-a: 2\r\n\r\n",
    );
    const web = request.toRequest();
    expect(web.method).toBe("GET");
    expect(web.url).toBe("http://a.com:8080/%E7%9B%B4/c?x=1&y=%e7%9b%b4");
    expect(decodeURIComponent(new URL(web.url).pathname)).toBe(request.path);
    expect(request.parameter("y")).toBe("直");
    expect(web.headers.get("x-a")).toBe("1, 2");
    expect(web.body).toBeNull();
  });

  test.each([
    ["GET / HTTP/1.0\r\n\r\n", "http://localhost/"],
    ["GET / HTTP/1.1\r\nHost:\r\n\r\n", "http://localhost/"],
    ["GET http://b.com/x HTTP/1.1\r\nHost: a.com\r\n\r\n", "http://b.com/x"],
    ["GET /x HTTP/1.1\r\nHost: [::1]:81\r\n\r\n", "http://[::1]:81/x"],
    ["GET //evil.com/x HTTP/1.1\r\nHost: a.com\r\n\r\n", "http://a.com/evil.com/x"],
    ["GET /a%2Fb%5Cc%3Fd HTTP/1.1\r\nHost: a.com\r\n\r\n", "http://a.com/a%2Fb%5Cc%3Fd"],
  ])("of %j has the URL %s", (head, url) => {
    expect(createRequest(head).toRequest().url).toBe(url);
  });

  test("passes a signal on", () => {
    const controller = new AbortController();
    const web = createRequest("GET / HTTP/1.1\r\nHost: a\r\n\r\n").toRequest(0, controller.signal);
    expect(web.signal.aborted).toBe(false);
    controller.abort();
    expect(web.signal.aborted).toBe(true);
  });

  test.each([
    ["a port that is none", "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n"],
    ["half an address", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"],
    ["an address that is none", "GET / HTTP/1.1\r\nHost: 1.2.3.256\r\n\r\n"],
  ])("of a Host with %s fails with 400", (_, head) => {
    expect(() => createRequest(head).toRequest()).toThrow(
      expect.objectContaining({ name: "HttpError", status: 400 }),
    );
  });
});
