/**
 * Goal: a token opens what it says, until when it says, and only if it was signed by a key of ours
 * with the algorithm of that key.
 *
 * Method: the vectors of RFC 7515 (appendix A) and RFC 7519, whose signatures are somebody else's;
 * tokens made here that differ in one thing from one that is good; the known confusions of
 * algorithms (RFC 8725, section 2.1); noise.
 */

import { createSign, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { decodeBase64Url, encodeBase64Url } from "../../../src/base/base64.ts";
import { MemoryRuntime } from "../../../src/runtime/memory/memory-runtime.ts";
import { parseJwkSet } from "../../../src/services/access/jwk-set.ts";
import {
  type JwtPorts,
  type JwtRules,
  judgeJwt,
  verifyJwt,
} from "../../../src/services/access/jwt.ts";
import { noise } from "../../support/noise.ts";

const { crypto } = new MemoryRuntime();
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A set with these keys, at any address. */
function portsOf(...keys: unknown[]): JwtPorts {
  const set = parseJwkSet(JSON.stringify({ keys }));
  return {
    crypto,
    findKeys: async (_source, algorithm, id) =>
      set.filter((key) => key.algorithm === algorithm && (id === undefined || key.id === id)),
  };
}

// RFC 7515, appendix A --------------------------------------------------------------------------------

const RFC_PAYLOAD =
  "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const RFC_CLAIMS = { iss: "joe", exp: 1_300_819_380, "http://example.com/is_root": true };

const HS256_KEY =
  "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
const HS256_TOKEN = `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${RFC_PAYLOAD}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`;

const RS256_KEY = {
  kty: "RSA",
  n: "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
  e: "AQAB",
};
const RS256_TOKEN = `eyJhbGciOiJSUzI1NiJ9.${RFC_PAYLOAD}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw`;

const ES256_KEY = {
  kty: "EC",
  crv: "P-256",
  x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
  y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
};
const ES256_TOKEN = `eyJhbGciOiJFUzI1NiJ9.${RFC_PAYLOAD}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`;

const NO_SECRET = new Uint8Array();
const RFC_SECRET = decodeBase64Url(HS256_KEY) ?? NO_SECRET;

describe("the vectors of RFC 7515", () => {
  test.each([
    ["A.1, HS256", HS256_TOKEN, { secret: RFC_SECRET, jwks: "" }, portsOf()],
    ["A.2, RS256", RS256_TOKEN, { secret: NO_SECRET, jwks: "a" }, portsOf(RS256_KEY)],
    ["A.3, ES256", ES256_TOKEN, { secret: NO_SECRET, jwks: "a" }, portsOf(ES256_KEY)],
    [
      "A.3 among others",
      ES256_TOKEN,
      { secret: RFC_SECRET, jwks: "a" },
      portsOf(RS256_KEY, ES256_KEY),
    ],
  ])("%s", async (_, token, keys, ports) => {
    expect(await verifyJwt(token, keys, ports)).toEqual(RFC_CLAIMS);
    for (const other of ["A", "B", "-", "_"]) {
      // The last character has bits that count for nothing, the one before has not.
      const altered = `${token.slice(0, -2)}${other}${token.slice(-1)}`;
      if (altered !== token) expect(await verifyJwt(altered, keys, ports)).toBeUndefined();
    }
    const another = token.replace(RFC_PAYLOAD, RFC_PAYLOAD.replace("qb2U", "qb2V"));
    expect(await verifyJwt(another, keys, ports)).toBeUndefined();
  });

  test("A.5 of it and 6.1 of RFC 7519, without a signature", async () => {
    const token = `eyJhbGciOiJub25lIn0.${RFC_PAYLOAD}.`;
    const keys = { secret: RFC_SECRET, jwks: "a" };
    expect(await verifyJwt(token, keys, portsOf(RS256_KEY, ES256_KEY))).toBeUndefined();
  });
});

// Tokens of our own ---------------------------------------------------------------------------------------

const SECRET = "0123456789abcdef0123456789abcdef";
const NOW = 1_767_225_600;
const RULES: JwtRules = { jwtSecret: SECRET, jwks: "", issuer: "", audience: "" };
const WISH = {
  action: "play",
  streamUrl: "/live/show",
  address: "192.0.2.1",
  nowSeconds: NOW,
} as const;
const GOOD = { exp: NOW + 60, action: "play", stream: "/live/*" };

const toPart = (value: unknown): string => encodeBase64Url(encode(JSON.stringify(value)));

function sign(claims: unknown, header: unknown = { alg: "HS256" }, secret = SECRET): string {
  const data = `${toPart(header)}.${toPart(claims)}`;
  return `${data}.${encodeBase64Url(crypto.hmac("sha256", encode(secret), encode(data)))}`;
}

const judge = (token: string, rules: Partial<JwtRules> = {}, ports = portsOf()) =>
  judgeJwt(token, WISH, { ...RULES, ...rules }, ports);

describe("claims", () => {
  test.each<[string, object, Partial<JwtRules>]>([
    ["as they should be", {}, {}],
    ["with lists", { action: ["publish", "play"], stream: ["/a/*", "/live/show"] }, {}],
    ["for everything", { stream: "**" }, {}],
    ["expired within the leeway", { exp: NOW - 29 }, {}],
    ["valid soon, within the leeway", { nbf: NOW + 30 }, {}],
    ["of the issuer", { iss: "a" }, { issuer: "a" }],
    ["for the audience", { aud: "a" }, { audience: "a" }],
    ["for several audiences", { aud: ["b", "a"] }, { audience: "a" }],
    ["with others", { sub: "me", iat: NOW }, {}],
  ])("%s", async (_, more, rules) => {
    expect(await judge(sign({ ...GOOD, ...more }), rules)).toBeUndefined();
  });

  test.each<[string, object, Partial<JwtRules>, why: string]>([
    ["expired", { exp: NOW - 30 }, {}, "stale: the token has expired"],
    ["not yet valid", { nbf: NOW + 31 }, {}, "stale: the token is not valid yet"],
    ["valid from no time", { nbf: "now" }, {}, "stale: the token is not valid yet"],
    [
      "without an end",
      { exp: undefined },
      {},
      "forbidden: the token has no time at which it expires",
    ],
    [
      "with an end that is no number",
      { exp: "9999999999" },
      {},
      "forbidden: the token has no time",
    ],
    ["for publishing", { action: "publish" }, {}, "forbidden: the token is for something else"],
    ["for nothing", { action: undefined }, {}, "forbidden: the token is for something else"],
    [
      "for what only begins so",
      { action: "playing" },
      {},
      "forbidden: the token is for something else",
    ],
    [
      "for another stream",
      { stream: "/live/other" },
      {},
      "forbidden: the token is for another stream",
    ],
    ["for no stream", { stream: undefined }, {}, "forbidden: the token is for another stream"],
    [
      "for a stream of another vhost",
      { stream: "a/live/show" },
      {},
      "forbidden: the token is for another stream",
    ],
    [
      "for a stream that is no text",
      { stream: [{}, 1] },
      {},
      "forbidden: the token is for another stream",
    ],
    [
      "of another issuer",
      { iss: "b" },
      { issuer: "a" },
      "forbidden: the token is of another issuer",
    ],
    ["of no issuer", {}, { issuer: "a" }, "forbidden: the token is of another issuer"],
    [
      "for another audience",
      { aud: ["b"] },
      { audience: "a" },
      "forbidden: the token is for another audience",
    ],
  ])("%s", async (_, more, rules, expected) => {
    const { kind, why } = (await judge(sign({ ...GOOD, ...more }), rules)) ?? {};
    expect(`${kind}: ${why}`).toContain(expected);
  });
});

describe("what is no token of ours", () => {
  const wrong = { kind: "wrong", why: "the token is not valid" };
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const publicJwk = { ...rsa.publicKey.export({ format: "jwk" }), kid: "a" };
  const publicPem = rsa.publicKey.export({ type: "spki", format: "pem" }).toString();
  const ports = portsOf(publicJwk);
  const byRsa = (header: object): string => {
    const data = `${toPart(header)}.${toPart(GOOD)}`;
    const signature = createSign("sha256").update(data).sign(rsa.privateKey);
    return `${data}.${encodeBase64Url(signature)}`;
  };

  test("a token by the key of the set is one", async () => {
    for (const header of [{ alg: "RS256", kid: "a" }, { alg: "RS256" }]) {
      expect(await judge(byRsa(header), { jwks: "a" }, ports)).toBeUndefined();
    }
  });

  test.each<[string, string, Partial<JwtRules>]>([
    ["by another secret", sign(GOOD, { alg: "HS256" }, `${SECRET}x`), {}],
    ["without a signature", `${toPart({ alg: "none" })}.${toPart(GOOD)}.`, {}],
    ["without one, in other letters", `${toPart({ alg: "nOnE" })}.${toPart(GOOD)}.`, {}],
    ["with an algorithm that is not said", sign(GOOD, {}), {}],
    ["with an algorithm of another size", sign(GOOD, { alg: "HS512" }), {}],
    ["with an algorithm that is no text", sign(GOOD, { alg: ["HS256"] }), {}],
    ["with what must be understood", sign(GOOD, { alg: "HS256", crit: ["b64"], b64: false }), {}],
    ["by HS256 where there is no secret", sign(GOOD, { alg: "HS256" }, ""), { jwtSecret: "" }],
    ["by HS256 with the public key as PEM", sign(GOOD, { alg: "HS256" }, publicPem), { jwks: "a" }],
    [
      "by HS256 with the public key as JSON",
      sign(GOOD, { alg: "HS256", kid: "a" }, JSON.stringify(publicJwk)),
      { jwks: "a" },
    ],
    ["by RS256 with a signature of HS256", sign(GOOD, { alg: "RS256", kid: "a" }), { jwks: "a" }],
    ["by ES256 with a key of RSA", byRsa({ alg: "ES256", kid: "a" }), { jwks: "a" }],
    ["by PS256", byRsa({ alg: "PS256", kid: "a" }), { jwks: "a" }],
    ["by a key of another name", byRsa({ alg: "RS256", kid: "b" }), { jwks: "a" }],
    ["by a name that is no text", byRsa({ alg: "RS256", kid: 1 }), { jwks: "a" }],
    ["by a key that comes along", byRsa({ alg: "RS256", jwk: publicJwk }), {}],
    ["with four parts", `${sign(GOOD)}.`, {}],
    ["with two", sign(GOOD).split(".").slice(0, 2).join("."), {}],
    ["with padding", `${sign(GOOD)}=`, {}],
    ["with a blank", ` ${sign(GOOD)}`, {}],
    ["whose claims are a list", sign([GOOD]), {}],
    ["whose claims are nothing", sign(null), {}],
    ["that is huge", sign({ ...GOOD, more: "a".repeat(9_000) }), {}],
    ["that is empty", "", {}],
    ["that is dots", "..", {}],
  ])("one %s", async (_, token, rules) => {
    expect(await judge(token, rules, ports)).toEqual(wrong);
  });

  test("ECDSA with zeros for r and s", async () => {
    const data = `${toPart({ alg: "ES256" })}.${toPart(GOOD)}`;
    const token = `${data}.${encodeBase64Url(new Uint8Array(64))}`;
    expect(await judge(token, { jwks: "a" }, portsOf(ES256_KEY))).toEqual(wrong);
  });

  test("noise", async () => {
    const parts = sign(GOOD).split(".");
    let which = 0;
    for (const bytes of noise(200, 200)) {
      const text = encodeBase64Url(bytes);
      const noisy = parts.map((part, index) => (which % 3 === index ? text : part)).join(".");
      expect(await judge(noisy, { jwks: "a" }, ports)).toEqual(wrong);
      which += 1;
    }
  });
});
