/**
 * Goal: spans are what a collector expects of OTLP in JSON.
 *
 * Method: golden texts, by the rules of the protocol's JSON mapping; answers as collectors give them.
 */

import { describe, expect, test } from "vitest";
import {
  decodeRejected,
  encodeSpan,
  encodeTraces,
  type Span,
  SpanKind,
} from "../../../src/services/tracing/otlp.ts";

const SPAN: Span = {
  traceId: "5b8efff798038103d269b633813fc60c",
  spanId: "eee19b7ec3c1b174",
  name: "session",
  kind: SpanKind.Server,
  startMs: 1_767_225_600_000.123,
  endMs: 1_767_225_600_500,
  attributes: { "sluice.stream": 'a"b\u00e9', size: 7 },
};

const toText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const toBytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a span: hexadecimal ids, nanoseconds and whole numbers as texts, the kind as a number", () => {
  expect(toText(encodeSpan(SPAN))).toBe(
    '{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174",' +
      '"name":"session","kind":2,' +
      '"startTimeUnixNano":"1767225600000123000","endTimeUnixNano":"1767225600500000000",' +
      '"attributes":[{"key":"sluice.stream","value":{"stringValue":"a\\"b\u00e9"}},' +
      '{"key":"size","value":{"intValue":"7"}}],"status":{}}',
  );
});

test("a part that went wrong: its parent and its status", () => {
  const part = { ...SPAN, parentSpanId: "0102030405060708", kind: SpanKind.Internal };
  const text = toText(encodeSpan({ ...part, error: "denied" }));
  expect(text).toContain('"parentSpanId":"0102030405060708"');
  expect(JSON.parse(text)).toMatchObject({ kind: 1, status: { code: 2, message: "denied" } });
});

test.each([0, 1, 3])("a request with %i spans", (count) => {
  const resource = {
    attributes: { "service.name": "sluice" },
    scope: { name: "Sluice", version: "1.2.3" },
  };
  const spans = new Array<Uint8Array>(count).fill(encodeSpan(SPAN));
  expect(JSON.parse(toText(encodeTraces(resource, spans)))).toEqual({
    resourceSpans: [
      {
        resource: { attributes: [{ key: "service.name", value: { stringValue: "sluice" } }] },
        scopeSpans: [
          {
            scope: { name: "Sluice", version: "1.2.3" },
            spans: new Array<unknown>(count).fill(JSON.parse(toText(encodeSpan(SPAN)))),
          },
        ],
      },
    ],
  });
});

describe("what a collector did not take", () => {
  test.each([
    ['{"partialSuccess":{"rejectedSpans":"3","errorMessage":"no"}}', 3],
    ['{"partialSuccess":{"rejectedSpans":2}}', 2],
    ['{"partialSuccess":{"errorMessage":"a warning"}}', 0],
    ['{"partialSuccess":{"rejectedSpans":-5}}', 0],
    ['{"partialSuccess":null}', 0],
    ["{}", 0],
    ["[]", 0],
    ["", 0],
    ["<html>", 0],
  ])("%s", (text, rejected) => {
    expect(decodeRejected(toBytes(text))).toBe(rejected);
  });
});
