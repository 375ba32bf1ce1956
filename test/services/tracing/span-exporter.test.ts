/**
 * Goal: spans reach a collector, or are dropped and counted; nothing grows and nothing hangs, whatever
 * the collector does.
 *
 * Method: a collector whose answers a test gives one by one, and a clock that is moved by hand.
 */

import { describe, expect, test } from "vitest";
import { ClosedError } from "../../../src/base/errors.ts";
import type { HttpClientExchange, ResponseReceiver } from "../../../src/protocols/http/client.ts";
import type { HttpClientRequest } from "../../../src/protocols/http/client-request.ts";
import { ManualClock } from "../../../src/runtime/memory.ts";
import { type Span, SpanKind } from "../../../src/services/tracing/otlp.ts";
import { SpanExporter } from "../../../src/services/tracing/span-exporter.ts";
import { settle } from "../../support/memory-network.ts";

interface Asked {
  readonly request: HttpClientRequest;
  readonly names: string[];
  isAborted: boolean;
  answer(status: number, more?: { body?: string; retryAfter?: string }): Promise<void>;
  fail(error: Error): Promise<void>;
}

function setUp({ queueLengthMax = 2_048, nameSize = 1 } = {}) {
  const clock = new ManualClock();
  const warnings: unknown[] = [];
  const asked: Asked[] = [];
  const logger = {
    debug() {},
    info() {},
    error() {},
    warn: (event: string, fields?: object) => void warnings.push({ event, ...fields }),
    child: () => logger,
  };
  const exporter = new SpanExporter({
    http: {
      request: (request, receiver) => {
        const one = toAsked(request, receiver);
        asked.push(one);
        const abort = (): void => {
          one.isAborted = true;
        };
        return { abort } as HttpClientExchange;
      },
    },
    clock,
    logger,
    settings: () => ({
      url: "http://collector:4318/v1/traces",
      fields: [["Authorization", "Bearer x"]],
      resource: { attributes: {}, scope: { name: "Sluice", version: "1" } },
    }),
    queueLengthMax: () => queueLengthMax,
    chance: () => 0,
  });
  let count = 0;
  const add = (spans: number): void => {
    for (let i = 0; i < spans; i++) exporter.add(span(String(count++).padEnd(nameSize, "x")));
  };
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settle();
  };
  return { clock, warnings, asked, exporter, add, pass };
}

function span(name: string): Span {
  const ids = { traceId: "0".repeat(32), spanId: "0".repeat(16) };
  return { ...ids, name, kind: SpanKind.Internal, startMs: 0, endMs: 1, attributes: {} };
}

function toAsked(request: HttpClientRequest, receiver: ResponseReceiver): Asked {
  const body = JSON.parse(new TextDecoder().decode(request.body));
  const spans = body.resourceSpans[0].scopeSpans[0].spans as { name: string }[];
  return {
    request,
    names: spans.map(({ name }) => name),
    isAborted: false,
    answer: async (status, { body: text = "{}", retryAfter } = {}) => {
      const fields = new Map(retryAfter === undefined ? [] : [["retry-after", retryAfter]]);
      receiver.head({ status, fields } as never, request.url);
      receiver.data(new TextEncoder().encode(text));
      receiver.end();
      await settle();
    },
    fail: async (error) => {
      receiver.fail(error);
      await settle();
    },
  };
}

describe("a collector that takes all", () => {
  test("gets what came in five seconds, in one request", async () => {
    const { asked, exporter, add, pass } = setUp();
    add(2);
    await pass(4_999);
    add(1);
    expect(asked).toEqual([]);
    await pass(1);
    expect(asked[0]?.names).toEqual(["0", "1", "2"]);
    expect(asked[0]?.request).toMatchObject({
      url: "http://collector:4318/v1/traces",
      method: "POST",
      fields: [
        ["Content-Type", "application/json"],
        ["Authorization", "Bearer x"],
      ],
      redirectsMax: 0,
    });
    expect(exporter.report()).toEqual({ sent: 0, dropped: 0, queueLength: 3 });
    await asked[0]?.answer(200);
    expect(exporter.report()).toEqual({ sent: 3, dropped: 0, queueLength: 0 });
  });

  test("gets a full batch at once, and the rest behind it, one request at a time", async () => {
    const { asked, exporter, add } = setUp();
    add(600);
    await settle();
    expect(asked.map(({ names }) => names.length)).toEqual([512]);
    await asked[0]?.answer(200);
    expect(asked.map(({ names }) => names.length)).toEqual([512, 88]);
    await asked[1]?.answer(200);
    expect(exporter.report()).toEqual({ sent: 600, dropped: 0, queueLength: 0 });
  });

  test("gets no request of more than a mebibyte", async () => {
    const { asked, add, pass } = setUp({ nameSize: 300_000 });
    add(5);
    await settle();
    await pass(5_000);
    for (let i = 0; i < 3; i++) await asked[i]?.answer(200);
    expect(asked.map(({ names }) => names.length)).toEqual([3, 2]);
  });

  test("and says that it refused some: they are lost", async () => {
    const { asked, exporter, add, pass, warnings } = setUp();
    add(3);
    await pass(5_000);
    await asked[0]?.answer(200, { body: '{"partialSuccess":{"rejectedSpans":"2"}}' });
    expect(exporter.report()).toEqual({ sent: 1, dropped: 2, queueLength: 0 });
    expect(warnings).toEqual([{ event: "traces dropped", spans: 2, reason: "rejected" }]);
  });
});

describe("a collector that does not", () => {
  test("is asked again later and later, then the batch is given up", async () => {
    const { clock, asked, exporter, add, pass, warnings } = setUp();
    add(1);
    await pass(5_000);
    const times: number[] = [];
    for (let i = 0; i < 6; i++) {
      times.push(clock.monotonicMs());
      await asked[i]?.fail(new ClosedError("Cannot connect"));
      await pass(40_000 / 2 ** (5 - i));
    }
    expect(times.length).toBe(asked.length);
    expect(asked.every(({ names }) => names.join() === "0")).toBe(true);
    expect(exporter.report()).toEqual({ sent: 0, dropped: 1, queueLength: 0 });
    expect(warnings).toEqual([{ event: "traces dropped", spans: 1, reason: "ClosedError" }]);
  });

  test("says when to come back", async () => {
    const { asked, add, pass } = setUp();
    add(1);
    await pass(5_000);
    await asked[0]?.answer(503, { retryAfter: "20" });
    await pass(19_999);
    expect(asked.length).toBe(1);
    await pass(1);
    expect(asked.length).toBe(2);
    await asked[1]?.answer(429, { retryAfter: "3" });
    await pass(3_000);
    expect(asked.length).toBe(3);
  });

  test("refuses for good: the batch is lost, the next one is sent", async () => {
    const { asked, exporter, add, pass } = setUp();
    add(2);
    await pass(5_000);
    await asked[0]?.answer(400);
    add(1);
    await pass(5_000);
    await asked[1]?.answer(200);
    expect(exporter.report()).toEqual({ sent: 1, dropped: 2, queueLength: 0 });
  });

  test("never answers: what is over the limit is dropped, and logged once for each outage", async () => {
    const { asked, exporter, add, pass, warnings } = setUp({ queueLengthMax: 10 });
    add(8);
    await pass(5_000);
    add(5);
    expect(exporter.report()).toEqual({ sent: 0, dropped: 3, queueLength: 10 });
    expect(warnings).toEqual([{ event: "traces dropped", spans: 1, reason: "queue_full" }]);
    await asked[0]?.answer(200);
    await asked[1]?.answer(200);
    expect(exporter.report()).toEqual({ sent: 10, dropped: 3, queueLength: 0 });
    add(11);
    expect(warnings.length).toBe(2);
  });

  test("holds no more than four mebibytes of what waits", () => {
    const { exporter, add } = setUp({ nameSize: 500_000 });
    add(30);
    const { dropped, queueLength } = exporter.report();
    expect(queueLength).toBeLessThanOrEqual(12);
    expect(dropped + queueLength).toBe(30);
  });
});

describe("a server that stops", () => {
  test("sends what there is", async () => {
    const { clock, asked, exporter, add } = setUp();
    add(3);
    const closed = exporter.close();
    await settle();
    await asked[0]?.answer(200);
    await closed;
    expect(exporter.report()).toEqual({ sent: 3, dropped: 0, queueLength: 0 });
    expect(clock.timerCount).toBe(0);
  });

  test("waits two seconds for its collector and no longer", async () => {
    const { clock, asked, exporter, add, pass } = setUp();
    add(600);
    const closed = exporter.close();
    await settle();
    await pass(2_000);
    await closed;
    expect(asked[0]?.isAborted).toBe(true);
    expect(exporter.report()).toEqual({ sent: 0, dropped: 600, queueLength: 0 });
    expect(clock.timerCount).toBe(0);
  });

  test("does not wait to ask again: it does so at once, and that is all", async () => {
    const { clock, asked, exporter, add, pass } = setUp();
    add(1);
    await pass(5_000);
    await asked[0]?.answer(503, { retryAfter: "60" });
    const closed = exporter.close();
    await settle();
    await asked[1]?.answer(503);
    await closed;
    expect(exporter.report()).toEqual({ sent: 0, dropped: 1, queueLength: 0 });
    expect(clock.timerCount).toBe(0);
  });

  test("has nothing to send", async () => {
    const { asked, exporter } = setUp();
    await exporter.close();
    expect(asked).toEqual([]);
  });
});
