/**
 * Goal: the commands for tokens and passwords print what the server takes, and take no secret as an
 * argument, which everybody on the machine could see.
 *
 * Method: tables of command lines; the machine in memory for what is printed.
 */

import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/cli/arguments.ts";
import { runHashPassword } from "../../src/cli/hash-password.ts";
import { parseSignUrl, runSignUrl } from "../../src/cli/sign-url.ts";
import { parsePasswordHash } from "../../src/config/password-hash.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import { isPassword } from "../../src/services/access/password.ts";

const NOW = 1_767_225_600;

describe("sign-url", () => {
  test.each([
    ["rtmp://a/live/show", { action: "play", expires: NOW + 3_600 }],
    ["--action publish rtmp://a/live/show", { action: "publish" }],
    ["rtmp://a/live/show --seconds 60", { expires: NOW + 60 }],
    ["rtmp://a/live/show --address 2001:db8::1", { address: "2001:db8::1" }],
    ["--vhost b rtmp://a/live/show", { vhost: "b" }],
  ])("%s", (typed, expected) => {
    const url = "rtmp://a/live/show";
    expect(parseSignUrl(typed.split(" "), NOW)).toMatchObject({ url, ...expected });
  });

  test.each([
    ["--seconds 60", "Cannot sign: expected one URL"],
    ["rtmp://a/b/c rtmp://a/b/d", "Cannot sign: expected one URL"],
    ["rtmp://a/b/c --action watch", "Cannot use option --action: expected play or publish"],
    ["rtmp://a/b/c --seconds 0", "Cannot use option --seconds: expected a number from 1 on"],
    ["rtmp://a/b/c --address a.example", "Cannot use option --address: expected an IP address"],
    ["rtmp://a/b/c --address", "Cannot use option --address: it needs a value"],
    ["rtmp://a/b/c --secret s", 'Cannot understand option "--secret"'],
  ])("refuses %s", (typed, message) => {
    expect(() => parseSignUrl(typed.split(" "), NOW)).toThrow(new UsageError(message));
  });

  test("takes the secret from the environment, and prints the URL", () => {
    const { crypto, clock, host } = new MemoryRuntime({
      environment: { SLUICE_SIGN_SECRET: "an example, not a secret" },
    });
    let printed = "";
    host.print = (text) => {
      printed += text;
    };
    const runtime = { crypto, clock, host } as unknown as MemoryRuntime;
    runSignUrl(["rtmp://127.0.0.1/live/show"], runtime);
    // The value of docs/access.md.
    expect(printed).toBe(
      "rtmp://127.0.0.1/live/show?expires=1767229200&sign=Pue13jxJlkTaH377ORhB9MaiD_1ukujxf82Hnse_apg\n",
    );
    expect(() => runSignUrl(["rtmp://a"], runtime)).toThrow("expected a URL with app and stream");
    expect(() => runSignUrl(["rtmp://a/b/c"], new MemoryRuntime())).toThrow("is not set");
  });
});

describe("hash-password", () => {
  async function hash(input: string): Promise<string> {
    const runtime = new MemoryRuntime();
    await runtime.files.makeFolder("/dev");
    await runtime.files.write("/dev/stdin", input);
    let printed = "";
    runtime.host.print = (text) => {
      printed += text;
    };
    await runHashPassword([], runtime);
    return printed;
  }

  test.each(["secret", "secret\n", "secret\r\nmore\n"])("of %j", async (input) => {
    const printed = await hash(input);
    expect(printed.endsWith("\n")).toBe(true);
    expect(parsePasswordHash(printed.trim())).toBeDefined();
    expect(await isPassword("secret", printed.trim(), new MemoryRuntime().crypto)).toBe(true);
  });

  test("of nothing is refused", async () => {
    await expect(hash("\n")).rejects.toThrow(UsageError);
  });
});
