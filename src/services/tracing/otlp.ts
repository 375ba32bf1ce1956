/**
 * Spans as a collector takes them by HTTP, in JSON.
 *
 * Spec: OpenTelemetry Protocol 1.5, "OTLP/HTTP", JSON Protobuf encoding: ids in hexadecimal, 64-bit
 * numbers as texts, enumerations as numbers.
 *
 * @module
 */

/** Values of the protocol's enumeration of that name. */
export const SpanKind = { Internal: 1, Server: 2 } as const;
export type SpanKind = (typeof SpanKind)[keyof typeof SpanKind];

/** Likewise. What went well says nothing. */
const STATUS_ERROR = 2;

export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Absent: it is the whole trace. */
  readonly parentSpanId?: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  /** Milliseconds since the Unix epoch, with a fraction. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: SpanAttributes;
  /** A word for what went wrong; absent: nothing did. */
  readonly error?: string | undefined;
}

export type SpanAttributes = Readonly<Record<string, string | number>>;

/** Who sends spans. */
export interface Resource {
  readonly attributes: SpanAttributes;
  /** The program that made them. */
  readonly scope: { readonly name: string; readonly version: string };
}

export function encodeSpan(span: Span): Uint8Array {
  const { traceId, spanId, parentSpanId, name, kind, error } = span;
  return encodeText({
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name,
    kind,
    startTimeUnixNano: toNanoseconds(span.startMs),
    endTimeUnixNano: toNanoseconds(span.endMs),
    attributes: encodeAttributes(span.attributes),
    status: error === undefined ? {} : { code: STATUS_ERROR, message: error },
  });
}

/** The body of a request. @param spans Encoded. */
export function encodeTraces(resource: Resource, spans: readonly Uint8Array[]): Uint8Array {
  const attributes = encodeAttributes(resource.attributes);
  const empty = JSON.stringify({
    resourceSpans: [
      { resource: { attributes }, scopeSpans: [{ scope: resource.scope, spans: [] }] },
    ],
  });
  const end = "]}]}]}";
  const before = new TextEncoder().encode(empty.slice(0, -end.length));
  const after = new TextEncoder().encode(end);
  const commas = Math.max(0, spans.length - 1);
  const size = spans.reduce((sum, { length }) => sum + length, before.length + commas);
  const bytes = new Uint8Array(size + after.length);
  bytes.set(before);
  let offset = before.length;
  for (const [index, span] of spans.entries()) {
    if (index > 0) bytes[offset++] = COMMA;
    bytes.set(span, offset);
    offset += span.length;
  }
  bytes.set(after, offset);
  return bytes;
}

const COMMA = 0x2c;

/** How many spans a collector has refused of a request that it took. 0 for whatever else it says. */
export function decodeRejected(body: Uint8Array): number {
  try {
    const answer: unknown = JSON.parse(new TextDecoder().decode(body));
    const partial = field(answer, "partialSuccess");
    const rejected = Number(field(partial, "rejectedSpans"));
    return Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0;
  } catch {
    return 0; // Some answer in other formats, or with nothing.
  }
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function encodeText(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function encodeAttributes(attributes: SpanAttributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === "string" ? { stringValue: value } : { intValue: String(value) },
  }));
}

/** Exact to a microsecond, as clocks are. */
function toNanoseconds(ms: number): string {
  return `${BigInt(Math.round(ms * 1_000)) * 1_000n}`;
}
