/**
 * Goal: a hook of the program decides who publishes and plays; whatever else it does refuses that one
 * session and is logged.
 *
 * Method: hooks of every kind, and a clock that is moved by hand.
 */

import { expect, test } from "vitest";
import { RefusedError } from "../../src/base/errors.ts";
import { HostAdmission } from "../../src/embed/host-admission.ts";
import { createHostLogger } from "../../src/embed/host-logger.ts";
import type { HookRequest, SessionHook } from "../../src/embed/server-options.ts";
import type { SessionRequest } from "../../src/live/admission.ts";
import { ManualClock } from "../../src/runtime/memory.ts";

const REQUEST: SessionRequest = {
  clientId: "c1",
  clientType: "rtmp-play",
  remoteAddress: "192.0.2.7",
  vhost: "__defaultVhost__",
  app: "live",
  stream: "show",
  param: "?token=abc",
  tcUrl: "rtmp://host/live",
  pageUrl: "",
  swfUrl: "",
};

function withHook(hook: SessionHook | undefined): {
  readonly admission: HostAdmission;
  readonly clock: ManualClock;
  readonly errors: unknown[];
} {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const ignore = (): void => undefined;
  const logger = createHostLogger({
    ...{ debug: ignore, info: ignore, warn: ignore },
    error: (event, fields) => errors.push([event, fields["hook"], fields["clientId"]]),
  });
  const ports = { onPublish: undefined, onPlay: hook, clock, logger, timeoutMs: () => 3_000 };
  return { admission: new HostAdmission(ports), clock, errors };
}

async function refusal(hook: SessionHook): Promise<{
  readonly error: RefusedError;
  readonly errors: readonly unknown[];
}> {
  const { admission, errors } = withHook(hook);
  const error: unknown = await admission.play(REQUEST).catch((reason: unknown) => reason);
  if (!(error instanceof RefusedError)) throw new Error("It was not refused");
  return { error, errors };
}

test("without a hook everybody may begin", async () => {
  await withHook(undefined).admission.play(REQUEST);
  await withHook(() => false).admission.publish(REQUEST);
});

test("is asked with what is known of the session", async () => {
  const asked: HookRequest[] = [];
  const { admission, errors } = withHook(async (request) => {
    asked.push(request);
    return true;
  });
  await admission.play(REQUEST);
  expect(asked).toEqual([
    {
      ...{ clientId: "c1", clientType: "rtmp-play", address: "192.0.2.7" },
      ...{ vhost: "__defaultVhost__", app: "live", stream: "show", query: "token=abc" },
      ...{ tcUrl: "rtmp://host/live", pageUrl: "", authorization: "" },
    },
  ]);
  expect(errors).toEqual([]);
});

test.each([
  [false, "forbidden", /the program says no/],
  [{ refuse: "not paid" }, "forbidden", /: not paid$/],
  [{ refuse: "who are you", as: "unauthorized" }, "unauthorized", /who are you/],
] as const)("%j refuses", async (answer, reason, message) => {
  const { error, errors } = await refusal(() => answer);
  expect(error.reason).toBe(reason);
  expect(error.message).toMatch(message);
  expect(errors).toEqual([]);
});

const FAULTS: readonly [string, () => unknown][] = [
  ["a throw", () => JSON.parse("{")],
  ["a rejection", () => Promise.reject(new Error("database"))],
  ["nothing", () => undefined],
  ["a word", () => "yes"],
  ["a number", () => 1],
  ["null", () => null],
  ["an unknown reason", () => ({ refuse: "x", as: "because" })],
];

test.each(FAULTS)("%s refuses, and is logged", async (_name, hook) => {
  const { error, errors } = await refusal(hook as SessionHook);
  expect(error.reason).toBe("forbidden");
  expect(errors).toEqual([["hook failed", "on_play", "c1"]]);
});

test("who does not answer in time has said no", async () => {
  const { admission, clock, errors } = withHook(() => new Promise(() => undefined));
  const asked = admission.play(REQUEST);
  asked.catch(() => undefined);
  clock.advance(2_999);
  expect(errors).toEqual([]);
  clock.advance(1);
  await expect(asked).rejects.toThrow(RefusedError);
  expect(errors).toHaveLength(1);
});
