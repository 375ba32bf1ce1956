/**
 * Goal: a password is taken for the one that was hashed and for no other, in a time that does not tell
 * whether there is such a user; checking costs what it must, but once, one at a time, and within
 * bounds; and users may do what is written and no more.
 *
 * Method: hashes made here with little work in them, and a cryptography that counts.
 */

import { describe, expect, test } from "vitest";
import type { UserConfig } from "../../../src/config/config.ts";
import { formatPasswordHash, parsePasswordHash } from "../../../src/config/password-hash.ts";
import { MemoryRuntime } from "../../../src/runtime/memory/memory-runtime.ts";
import type { ScryptCost } from "../../../src/runtime/runtime.ts";
import { hashPassword, isPassword } from "../../../src/services/access/password.ts";
import { type Guesser, isPermitted, Users } from "../../../src/services/access/users.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const CHEAP = { logCost: 4, blockSize: 8, parallelization: 1 };

async function cheapHash(password: string): Promise<string> {
  const { crypto } = new MemoryRuntime();
  const salt = crypto.randomBytes(16);
  const hash = await crypto.scrypt(encode(password), salt, CHEAP, 32);
  return formatPasswordHash({ ...CHEAP, salt, hash });
}

/** Users whose checks take as long as a test says. */
async function start() {
  const { crypto, clock } = new MemoryRuntime();
  const config: Record<string, UserConfig> = {
    alice: { password: await cheapHash("secret"), permissions: [] },
    nobody: { password: "", permissions: [] },
  };
  const costs: ScryptCost[] = [];
  let running = 0;
  let runningMax = 0;
  const counting = {
    isEqual: crypto.isEqual.bind(crypto),
    hmac: crypto.hmac.bind(crypto),
    randomBytes: crypto.randomBytes.bind(crypto),
    scrypt: async (password: Uint8Array, salt: Uint8Array, cost: ScryptCost, size: number) => {
      costs.push(cost);
      running += 1;
      runningMax = Math.max(runningMax, running);
      const hash = await crypto.scrypt(password, salt, CHEAP, size);
      running -= 1;
      return hash;
    },
  };
  const users = new Users({ users: () => config, crypto: counting, clock });
  return { users, config, costs, clock, runningMax: () => runningMax };
}

describe("a hash", () => {
  test("is of a password and of no other, and never twice the same", async () => {
    const { crypto } = new MemoryRuntime();
    const text = await hashPassword("pä:ss", crypto);
    expect(text).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await isPassword("pä:ss", text, crypto)).toBe(true);
    expect(await isPassword("pass", text, crypto)).toBe(false);
    expect(await hashPassword("pä:ss", crypto)).not.toBe(text);
  });

  test.each([
    ["", "nothing"],
    ["secret", "a password"],
    ["$scrypt$ln=15,r=8,p=3$AAAAAAAAAAAAAAAAAAAAAA", "a part of one"],
    ["$2b$10$abcdefghijklmnopqrstuu", "one of another kind"],
    [`$scrypt$ln=40,r=8,p=1$${"A".repeat(22)}$${"A".repeat(43)}`, "one that would take for ever"],
    [`$scrypt$ln=20,r=99,p=1$${"A".repeat(22)}$${"A".repeat(43)}`, "one that would take 13 GB"],
    [` $scrypt$ln=4,r=8,p=1$${"A".repeat(22)}$${"A".repeat(43)}`, "one with a blank"],
  ])("is not %j: %s", async (text) => {
    expect(parsePasswordHash(text)).toBeUndefined();
    expect(await isPassword("", text, new MemoryRuntime().crypto)).toBe(false);
  });
});

/** Each from another network, unless it is said from where. */
let asked = 0;
function ask(
  users: Users,
  name: string,
  password: string,
  guesser: Partial<Guesser> = {},
): Promise<UserConfig | undefined> {
  asked += 1;
  const address = `10.0.${asked >> 8}.${asked & 255}`;
  return users.find(
    { name, password },
    {
      ...{ address, isHeldOff: () => false, failed: () => undefined },
      ...guesser,
    },
  );
}

describe("find()", () => {
  test("finds a user by name and password", async () => {
    const { users, config } = await start();
    expect(await ask(users, "alice", "secret")).toBe(config["alice"]);
  });

  test.each([
    ["alice", "Secret"],
    ["alice", ""],
    ["alice", "s".repeat(2_000)],
    ["bob", "secret"],
    ["nobody", ""],
    ["nobody", "secret"],
    ["constructor", "secret"],
    ["__proto__", "secret"],
  ])("finds nobody by %s and %j", async (name, password) => {
    const { users } = await start();
    expect(await ask(users, name, password)).toBeUndefined();
  });

  test("works as hard for a name that nobody has", async () => {
    const { users, costs } = await start();
    await ask(users, "bob", "secret");
    expect(costs).toMatchObject([{ logCost: 15, blockSize: 8, parallelization: 3 }]);
  });

  test("remembers what was right for ten minutes, unless it is changed", async () => {
    const { users, config, costs, clock } = await start();
    for (let i = 0; i < 10; i++) await ask(users, "alice", "secret");
    expect(costs).toHaveLength(1);
    clock.advance(10 * 60_000);
    users.sweep(clock.monotonicMs());
    await ask(users, "alice", "secret");
    expect(costs).toHaveLength(2);
    config["alice"] = { password: await cheapHash("other"), permissions: [] };
    expect(await ask(users, "alice", "secret")).toBeUndefined();
    delete config["alice"];
    expect(await ask(users, "alice", "other")).toBeUndefined();
  });

  test("remembers nothing that was wrong", async () => {
    const { users, costs } = await start();
    for (let i = 0; i < 3; i++) await ask(users, "alice", "wrong");
    expect(costs).toHaveLength(3);
  });

  test("checks one at a time, and lets no more wait than it can serve", async () => {
    const { users, runningMax } = await start();
    const asked = Array.from({ length: 40 }, (_, i) => ask(users, "alice", `wrong${i}`));
    const settled = await Promise.allSettled(asked);
    const refused = settled.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(8);
    expect(refused[0]).toMatchObject({ reason: { reason: "too_many_attempts" } });
    expect(runningMax()).toBe(1);
    expect(await ask(users, "alice", "secret")).toBeDefined();
  });
});

describe("permissions", () => {
  const user: UserConfig = {
    password: "",
    permissions: ["publish:/live/*", "play", "api:read:/api/v1/streams/**"],
  };

  test.each([
    ["publish", "/live/show", true],
    ["publish", "/other/show", false],
    ["publish", "a.example/live/show", false],
    ["play", "a.example/live/show", true],
    ["api:read", "/api/v1/streams/", true],
    ["api:read", "/api/v1/streams/a", true],
    ["api:read", "/api/v1/clients/", false],
    ["api:write", "/api/v1/streams/a", false],
  ] as const)("%s of %s: %j", (right, path, expected) => {
    expect(isPermitted(user, right, path)).toBe(expected);
  });

  test("of all users say whether the API asks for any", async () => {
    const { users, config } = await start();
    expect(users.hasAny("api:read", "api:write")).toBe(false);
    config["bob"] = { password: "", permissions: ["api:write:/api/v1/clients/*"] };
    expect(users.hasAny("api:read", "api:write")).toBe(true);
  });

  test.each(["192.0.2.7", "2001:db8:7::1"])(
    "lets few wait from the network of %s",
    async (address) => {
      const { users } = await start();
      const all = Array.from({ length: 10 }, (_, i) => {
        const other = address.includes(":") ? `2001:db8:7:${i}::1` : address;
        return ask(users, "alice", `wrong${i}`, { address: other });
      });
      const right = ask(users, "alice", "secret");
      const refused = (await Promise.allSettled(all)).filter(({ status }) => status === "rejected");
      expect(refused).toHaveLength(8);
      expect(await right).toBeDefined();
      expect(await ask(users, "alice", "wrong", { address })).toBeUndefined();
    },
  );

  test("does not check what came from where too much was wrong meanwhile", async () => {
    const { users, costs } = await start();
    let isHeldOff = false;
    const failed = (): void => {
      isHeldOff = true;
    };
    const first = ask(users, "alice", "wrong", { failed });
    const second = ask(users, "alice", "secret", { isHeldOff: () => isHeldOff });
    await first;
    await expect(second).rejects.toMatchObject({ reason: "too_many_attempts" });
    expect(costs).toHaveLength(1);
  });
});
