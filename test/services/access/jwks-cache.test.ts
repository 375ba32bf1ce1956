/**
 * Goal: keys that an issuer has changed are found, an issuer that is down keeps nobody out whose keys
 * are known, and no flood of tokens becomes a flood of questions to the issuer.
 *
 * Method: an issuer in memory that counts, and a clock that the test moves.
 */

import { describe, expect, test } from "vitest";
import { createLogging } from "../../../src/app/logging.ts";
import { MalformedError } from "../../../src/base/errors.ts";
import { ManualClock } from "../../../src/runtime/memory.ts";
import { parseJwkSet } from "../../../src/services/access/jwk-set.ts";
import { JwksCache } from "../../../src/services/access/jwks-cache.ts";
import { settle } from "../../support/memory-network.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const EC = {
  kty: "EC",
  crv: "P-256",
  x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
  y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
};
const SOURCE = "https://issuer.example/keys?secret=s3cr3t";

class Issuer {
  /** Names of the keys that it has. */
  keys = ["a"];
  isDown = false;
  questions = 0;
  /** What it says instead. */
  text: string | undefined;

  async read(): Promise<string> {
    this.questions += 1;
    await Promise.resolve();
    if (this.isDown) throw new Error("Cannot connect");
    return this.text ?? JSON.stringify({ keys: this.keys.map((kid) => ({ ...EC, kid })) });
  }
}

function start() {
  const clock = new ManualClock();
  const issuer = new Issuer();
  let log = "";
  const target = (text: string): void => {
    log += text;
  };
  const { logger } = createLogging({ level: "debug", format: "json", hasColour: false, target });
  const cache = new JwksCache({ read: () => issuer.read(), clock, logger });
  const find = async (id: string | undefined, source = SOURCE) =>
    (await cache.find(source, "ES256", id))?.map((key) => key.id) ?? "unknown";
  return { clock, issuer, find, log: () => log };
}

describe("keys", () => {
  test("are asked for once, by how many it may be", async () => {
    const { issuer, find, log } = start();
    const found = await Promise.all(Array.from({ length: 100 }, () => find("a")));
    expect(new Set(found.flat())).toEqual(new Set(["a"]));
    expect(issuer.questions).toBe(1);
    expect(log()).toContain("https://issuer.example/keys");
    expect(log()).not.toContain("s3cr3t");
  });

  test("are those of the algorithm, all of them for a token that names none", async () => {
    const { issuer, find } = start();
    issuer.keys = ["a", "b"];
    expect(await find(undefined)).toEqual(["a", "b"]);
    expect(await find("b")).toEqual(["b"]);
  });

  test("are the same for ten minutes, then replaced while they go on being used", async () => {
    const { clock, issuer, find } = start();
    await find("a");
    clock.advance(10 * MINUTE - 1);
    expect(await find("a")).toEqual(["a"]);
    expect(issuer.questions).toBe(1);
    issuer.keys = ["b"];
    clock.advance(1);
    expect(await find("a")).toEqual(["a"]);
    expect(issuer.questions).toBe(2);
    await settle();
    expect(await find("a")).toEqual([]);
    expect(await find("b")).toEqual(["b"]);
  });

  test("that are new are asked for when a token names one", async () => {
    const { clock, issuer, find } = start();
    await find("a");
    issuer.keys = ["a", "b"];
    clock.advance(30 * SECOND);
    expect(await find("b")).toEqual(["b"]);
    expect(issuer.questions).toBe(2);
  });

  test("that nobody has are not asked for each time", async () => {
    const { clock, issuer, find } = start();
    await find("a");
    for (let i = 0; i < 1_000; i++) expect(await find(`unknown${i}`)).toEqual([]);
    expect(issuer.questions).toBe(1);
    for (let i = 0; i < 60; i++) {
      clock.advance(SECOND);
      await find(`unknown${i}`);
    }
    expect(issuer.questions).toBe(3);
  });
});

describe("an issuer that is down", () => {
  test("is not known to have no such key", async () => {
    const { clock, issuer, find } = start();
    issuer.isDown = true;
    expect(await find("a")).toBe("unknown");
    expect(await find(undefined)).toBe("unknown");
    issuer.isDown = false;
    clock.advance(SECOND);
    expect(await find("a")).toBe("unknown"); // It is not asked again so soon.
    clock.advance(30 * SECOND);
    expect(await find("a")).toEqual(["a"]);
    expect(await find("b")).toEqual([]);
    clock.advance(SECOND);
    expect(await find("b")).toBe("unknown"); // It may have made one since.
  });

  test("is asked again now and then, and keeps nobody out whose key is known", async () => {
    const { clock, issuer, find, log } = start();
    await find("a");
    issuer.isDown = true;
    for (let minute = 0; minute < 60; minute++) {
      clock.advance(MINUTE);
      expect(await find("a")).toEqual(["a"]);
      await settle();
    }
    expect(issuer.questions).toBe(1 + 51);
    expect(log()).toContain("token keys not read");
    expect(log()).not.toContain("s3cr3t");
  });

  test("from the start keeps everybody out until it is there", async () => {
    const { clock, issuer, find } = start();
    issuer.isDown = true;
    expect(await find("a")).toBe("unknown");
    issuer.isDown = false;
    expect(await find("a")).toBe("unknown");
    clock.advance(30 * SECOND);
    expect(await find("a")).toEqual(["a"]);
    expect(issuer.questions).toBe(2);
  });

  test("for a day is not trusted", async () => {
    const { clock, issuer, find } = start();
    await find("a");
    issuer.isDown = true;
    clock.advance(24 * 60 * MINUTE);
    expect(await find("a")).toBe("unknown");
  });

  test("that talks nonsense is as one that is down", async () => {
    const { clock, issuer, find } = start();
    await find("a");
    issuer.text = "<html>";
    clock.advance(10 * MINUTE);
    await find("a");
    await settle();
    expect(await find("a")).toEqual(["a"]);
  });
});

test("issuers are told apart", async () => {
  const { issuer, find } = start();
  await find("a");
  await find("a", "another");
  expect(issuer.questions).toBe(2);
});

describe("parseJwkSet()", () => {
  const RSA = { kty: "RSA", n: "a".repeat(342), e: "AQAB" };
  const count = (...keys: unknown[]): number => parseJwkSet(JSON.stringify({ keys })).length;

  test.each([
    ["EC", EC, 1],
    ["RSA", RSA, 1],
    ["RSA that says for what", { ...RSA, use: "sig", alg: "RS256" }, 1],
    ["RSA for encryption", { ...RSA, use: "enc" }, 0],
    ["RSA for another algorithm", { ...RSA, alg: "PS256" }, 0],
    ["RSA of 1024 bits", { ...RSA, n: "a".repeat(171) }, 0],
    ["RSA of 16384 bits", { ...RSA, n: "a".repeat(2_731) }, 0],
    ["RSA with a large exponent", { ...RSA, e: "a".repeat(342) }, 0],
    ["EC on another curve", { ...EC, crv: "P-384" }, 0],
    ["EC with a short number", { ...EC, x: "AA" }, 0],
    ["a secret", { kty: "oct", k: "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ" }, 0],
    ["nothing", null, 0],
    ["a text", "RSA", 0],
  ])("%s", (_, key, expected) => {
    expect(count(key)).toBe(expected);
  });

  test("no more than 32 of them", () => {
    expect(count(...Array.from({ length: 100 }, () => EC))).toBe(32);
  });

  test.each(["", "[]", "{}", '{"keys":{}}', "null", "\u0000"])("%j is no set", (text) => {
    expect(() => parseJwkSet(text)).toThrow(MalformedError);
  });
});
