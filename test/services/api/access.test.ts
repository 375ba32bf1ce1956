/**
 * Goal: without credentials the API is this machine's alone, and neither a proxy nor a page in a
 * browser opens it to others; with credentials it is for whoever has them, and for nobody else.
 *
 * Method: requests that differ in one thing from one that is let in.
 */

import { describe, expect, test } from "vitest";
import { HeaderFields } from "../../../src/codec/http/header-fields.ts";
import { ApiAccess, type ApiUsers, type JudgedRequest } from "../../../src/services/api/access.ts";

interface Overrides extends Partial<Omit<JudgedRequest, "headers">> {
  readonly fields?: readonly (readonly [string, string])[];
}

function request({ fields = [], ...overrides }: Overrides = {}): JudgedRequest {
  const headers = new HeaderFields(fields);
  const path = "/api/v1/streams/";
  return {
    method: "GET",
    path,
    host: "localhost:1985",
    remoteAddress: "127.0.0.1",
    parameter: () => undefined,
    headers,
    ...overrides,
  };
}

describe("without credentials", () => {
  const access = new ApiAccess(undefined);

  test.each<[string, Overrides]>([
    ["from loopback", {}],
    ["from elsewhere on loopback", { remoteAddress: "127.3.2.1", host: "127.3.2.1:1985" }],
    ["by IPv6", { remoteAddress: "::1", host: "[::1]:1985" }],
    ["by an IPv4 address as IPv6", { remoteAddress: "::ffff:127.0.0.1", host: "127.0.0.1" }],
    ["without a Host", { host: "" }],
    ["under a name of localhost", { host: "Sluice.localhost:80" }],
    ["from a page of this machine", { fields: [["Origin", "http://localhost:8080"]] }],
    ["from a page of its own, or an address typed", { fields: [["Sec-Fetch-Site", "none"]] }],
    ["from a page of the same origin", { fields: [["Sec-Fetch-Site", "same-origin"]] }],
    [
      "with fields that are no proxy's",
      {
        fields: [
          ["X-Forward", "a"],
          ["Viaduct", "b"],
        ],
      },
    ],
    ["from such a page by TLS", { fields: [["Origin", "https://127.0.0.1"]] }],
    ["versions, from anywhere", { path: "/api/v1/versions", remoteAddress: "192.0.2.1" }],
    ["versions with a slash", { path: "/api/v1/versions/", remoteAddress: "192.0.2.1" }],
  ])("%s is let in", (_, overrides) => {
    expect(access.refusal(request(overrides))).toBeUndefined();
  });

  test.each<[string, Overrides]>([
    ["from another machine", { remoteAddress: "192.0.2.1" }],
    ["from another machine that says localhost", { remoteAddress: "10.0.0.1", host: "localhost" }],
    ["from an address that only looks like loopback", { remoteAddress: "2001:db8::127.0.0.1" }],
    ["from a local socket", { remoteAddress: "local" }],
    ["through a proxy", { fields: [["X-Forwarded-For", "192.0.2.1"]] }],
    ["through a proxy that follows the RFC", { fields: [["Forwarded", "for=192.0.2.1"]] }],
    ["from another site's page without Origin", { fields: [["Sec-Fetch-Site", "cross-site"]] }],
    ["from a page on another port", { fields: [["Sec-Fetch-Site", "same-site"]] }],
    [
      "from a page on another port that says so too",
      {
        fields: [
          ["Origin", "http://localhost:8080"],
          ["Sec-Fetch-Site", "Same-Site"],
        ],
      },
    ],
    ["under a name that was pointed here", { host: "evil.example:1985" }],
    ["under a name with localhost in it", { host: "localhost.evil.example" }],
    ["under a name that starts like an address", { host: "127.0.0.1.evil.example" }],
    ["from another site's page", { fields: [["Origin", "https://evil.example"]] }],
    ["from a page with no origin of its own", { fields: [["Origin", "null"]] }],
    ["versions of something else", { path: "/api/v1/versions/x", remoteAddress: "192.0.2.1" }],
  ])("%s is refused, and told why", async (_, overrides) => {
    const refusal = await access.refusal(request(overrides));
    expect(refusal).toMatchObject({ status: 403, body: expect.stringContaining("http_api.auth") });
  });
});

describe("a proxy on this machine", () => {
  test.each([
    "Forwarded",
    "Via",
    "X-Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
    "X-Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "CF-RAY",
  ])("is known by %s, whatever it says", async (name) => {
    for (const value of ["", "127.0.0.1"]) {
      const asked = request({ host: "127.0.0.1:1985", fields: [[name, value]] });
      expect((await new ApiAccess(undefined).refusal(asked))?.status).toBe(403);
    }
  });

  test("that asks with credentials is let in", () => {
    const authorization = `Basic ${btoa("admin:secret")}`;
    const asked = request({
      fields: [
        ["Authorization", authorization],
        ["Via", "1.1 a"],
      ],
    });
    const access = new ApiAccess({ username: "admin", password: "secret" });
    expect(access.refusal(asked)).toBeUndefined();
  });
});

describe("with credentials", () => {
  const access = new ApiAccess({ username: "admin", password: "pä:ss" });
  const basic = (credentials: string, scheme = "Basic"): Overrides => {
    const bytes = new TextEncoder().encode(credentials);
    const fields = [["Authorization", `${scheme} ${btoa(String.fromCharCode(...bytes))}`]] as const;
    return { remoteAddress: "192.0.2.1", host: "media.example", fields };
  };

  test.each<[string, Overrides]>([
    ["with them", basic("admin:pä:ss")],
    ["the scheme in lower case", basic("admin:pä:ss", "basic")],
  ])("%s anybody is let in", (_, overrides) => {
    expect(access.refusal(request(overrides))).toBeUndefined();
  });

  test.each<[string, Overrides]>([
    ["nothing", {}],
    ["nothing, for versions", { path: "/api/v1/versions" }],
    ["another password", basic("admin:pass")],
    ["another user", basic("root:pä:ss")],
    ["more", basic("admin:pä:ss ")],
    ["less", basic("admin:pä:s")],
    ["nobody", basic("")],
    ["another scheme", basic("admin:pä:ss", "Bearer")],
    ["no base 64", { fields: [["Authorization", "Basic a"]] }],
    ["no text", { fields: [["Authorization", "Basic"]] }],
  ])("with %s nobody is let in, not even from here", async (_, overrides) => {
    const refusal = await access.refusal(request(overrides));
    expect(refusal?.status).toBe(401);
    expect(refusal?.fields).toContainEqual([
      "WWW-Authenticate",
      'Basic realm="Sluice", charset="UTF-8"',
    ]);
  });
});

describe("with users", () => {
  /** One who may read streams, and one who guesses. */
  class Users implements ApiUsers {
    hasUsers = true;
    failures: string[] = [];
    readonly asked: string[] = [];

    isHeldOff(address: string): boolean {
      return this.failures.filter((one) => one === address).length >= 2;
    }

    failed(address: string): void {
      this.failures.push(address);
    }

    async judge(
      { name, password, address }: Record<"name" | "password" | "address", string>,
      right: string,
      path: string,
    ): Promise<"allowed" | "forbidden" | "unknown"> {
      this.asked.push(`${name} ${right} ${path}`);
      if (name !== "alice" || password !== "a:b") {
        this.failed(address);
        return "unknown";
      }
      return right === "api:read" ? "allowed" : "forbidden";
    }
  }

  const by = (credentials: string, more: Overrides = {}): JudgedRequest =>
    request({
      remoteAddress: "192.0.2.1",
      host: "media.example",
      fields: [["Authorization", `Basic ${btoa(credentials)}`]],
      ...more,
    });
  const ADMIN = { username: "admin", password: "secret" };

  test.each([undefined, ADMIN])("they may do what they may, beside %j", async (credentials) => {
    const users = new Users();
    const access = new ApiAccess(credentials, users);
    expect(await access.refusal(by("alice:a:b"))).toBeUndefined();
    expect(await access.refusal(by("alice:a:b", { method: "HEAD" }))).toBeUndefined();
    for (const method of ["DELETE", "POST", "PUT", "PATCH", "get", "X"]) {
      expect(await access.refusal(by("alice:a:b", { method }))).toMatchObject({ status: 403 });
    }
    expect(users.asked[0]).toBe("alice api:read /api/v1/streams/");
    expect(users.failures).toEqual([]);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ["kick by a script's GET", { callback: "f", method: "delete" }],
    ["reload", { rpc: "reload" }],
  ])("who may read may not %s", async (_, query) => {
    const access = new ApiAccess(undefined, new Users());
    const asked = (more: Readonly<Record<string, string>>): JudgedRequest =>
      by("alice:a:b", { parameter: (name) => more[name] });
    expect(await access.refusal(asked({ callback: "f", method: "get" }))).toBeUndefined();
    expect(await access.refusal(asked({ rpc: "reload-fetch" }))).toBeUndefined();
    expect(await access.refusal(asked(query))).toMatchObject({ status: 403 });
  });

  test("others are told to say who they are; this machine need not", async () => {
    const access = new ApiAccess(undefined, new Users());
    const stranger = request({ remoteAddress: "192.0.2.1", host: "media.example" });
    expect(await access.refusal(stranger)).toMatchObject({ status: 401 });
    expect(await access.refusal(request())).toBeUndefined();
  });

  test("whoever guesses has to wait, with the right password too", async () => {
    const users = new Users();
    const access = new ApiAccess(ADMIN, users);
    for (const guess of ["alice:b", "admin:b"]) {
      expect(await access.refusal(by(guess))).toMatchObject({ status: 401 });
    }
    for (const right of ["alice:a:b", "admin:secret"]) {
      expect(await access.refusal(by(right))).toMatchObject({ status: 429 });
      expect(await access.refusal(by(right, { remoteAddress: "192.0.2.2" }))).toBeUndefined();
    }
  });

  test("guesses at http_api.auth are counted where there are no users", async () => {
    const users = new Users();
    users.hasUsers = false;
    const access = new ApiAccess(ADMIN, users);
    for (let i = 0; i < 2; i++) {
      expect(await access.refusal(by("admin:b"))).toMatchObject({ status: 401 });
    }
    expect(await access.refusal(by("admin:secret"))).toMatchObject({ status: 429 });
    expect(users.asked).toEqual([]);
  });

  test("what a client says is not looked at where it need say nothing", async () => {
    const users = new Users();
    users.hasUsers = false;
    const access = new ApiAccess(undefined, users);
    expect(
      await access.refusal(by("a:b", { remoteAddress: "127.0.0.1", host: "" })),
    ).toBeUndefined();
    expect(users.failures).toEqual([]);
  });
});
