/**
 * Goal: what would let nobody in, or everybody, is found before the server starts; and no fault or
 * warning tells a secret.
 *
 * Method: tables of configurations; secrets come from variables of the environment too.
 */

import { describe, expect, test } from "vitest";
import { faultsOf, load, loadYaml } from "./load.ts";

const HASH = `$scrypt$ln=15,r=8,p=3$${"A".repeat(22)}$${"A".repeat(43)}`;
const SECRET = "0123456789abcdef0123456789abcdef";

const vhost = (token: object): string => JSON.stringify({ vhosts: { a: { token } } });
const user = (value: object, name = "alice"): string =>
  JSON.stringify({ users: { [name]: value } });

describe("can be used:", () => {
  test.each([
    vhost({ publish: true, jwt_secret: SECRET }),
    vhost({ play: true, sign_secrets: [SECRET, "0123456789abcdef"] }),
    vhost({ play: true, jwks: "https://issuer.example/keys" }),
    vhost({ play: true, jwks: "http://127.0.0.1:8000/keys" }),
    vhost({ play: true, jwks: "http://[::1]/keys" }),
    vhost({ play: true, jwks: "./conf/keys.json" }),
    user({ password: HASH, permissions: ["publish:/live/*", "play", "api:read", "api:write:/a"] }),
    user({}),
    JSON.stringify({ users: { a: { password: HASH } }, vhosts: { a: { token: { play: true } } } }),
  ])("%s", (text) => {
    expect(loadYaml(text).warnings).toEqual([]);
  });
});

describe("cannot be used:", () => {
  test.each([
    [vhost({ play: true }), "vhosts.a.token: Expected a jwt_secret, jwks, sign_secrets or users"],
    [vhost({ jwt_secret: "s3cr3t" }), "vhosts.a.token.jwt_secret: Expected at least 32 bytes"],
    [
      vhost({ sign_secrets: [SECRET, "s3cr3t"] }),
      "vhosts.a.token.sign_secrets: Expected at least 16 bytes in each",
    ],
    [vhost({ jwks: "http://issuer.example/keys" }), "vhosts.a.token.jwks: Expected an https URL"],
    [vhost({ jwks: "http://127.0.0.1.evil/" }), "vhosts.a.token.jwks: Expected an https URL"],
    [vhost({ jwks: "ftp://127.0.0.1/" }), "vhosts.a.token.jwks: Expected an https URL"],
    [user({ password: "s3cr3t" }), "users.alice.password: Expected what `sluice hash-password`"],
    [user({ permissions: ["watch"] }), "users.alice.permissions: Expected publish, play, api:read"],
    [user({ permissions: ["api"] }), "users.alice.permissions: Expected publish, play, api:read"],
    [user({}, "a:b"), "users.a:b: Expected a name without a colon"],
  ])("%s", (text, expected) => {
    const faults = faultsOf(() => loadYaml(text));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(expected);
    expect(faults[0]).not.toContain("s3cr3t");
  });
});

test("in SRS's format", () => {
  const { config } = load(
    "a.conf",
    `listen 1935; user alice { password "${HASH}"; permissions publish:/live/* play; }
     vhost a { token { play on; sign_secrets $SIGN 0123456789abcdef; } refer { http on; } }`,
    { environment: { SIGN: SECRET } },
  );
  expect(config.users["alice"]).toEqual({
    password: HASH,
    permissions: ["publish:/live/*", "play"],
  });
  expect(config.vhosts["a"]?.token).toMatchObject({
    play: true,
    publish: false,
    signSecrets: [SECRET, "0123456789abcdef"],
  });
  expect(config.vhosts["a"]?.refer.http).toBe(true);
});

test("a secret by a variable of its own is one of every vhost", () => {
  const { config } = load("a.yaml", vhost({ play: true }), {
    environment: { SLUICE_VHOST_TOKEN_JWT_SECRET: "$JWT", JWT: SECRET },
  });
  expect(config.vhosts["a"]?.token.jwtSecret).toBe(SECRET);
});

test("a variable that is not set lets nobody in", () => {
  const text = vhost({ play: true, jwt_secret: "$JWT" });
  expect(faultsOf(() => loadYaml(text))[0]).toContain("else nobody is let in");
});
