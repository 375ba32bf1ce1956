/**
 * A trace of each session, or of a part of them.
 *
 * ```text
 * session    |-----------------------------------------------------------|
 * accept     |
 * handshake  |---|
 * hook             |--|  |--|
 * first key frame        |--------|
 * end                                                                    |
 * ```
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { RefusedError } from "../../base/errors.ts";
import type { Admission, SessionRequest } from "../../live/admission.ts";
import type {
  SessionTrace,
  SessionTracing,
  TracedSession,
  TracePart,
} from "../../live/session-trace.ts";
import type { Crypto } from "../../runtime/runtime.ts";
import { type Span, type SpanAttributes, SpanKind } from "./otlp.ts";

export interface TracingPorts {
  readonly clock: Clock;
  readonly crypto: Pick<Crypto, "randomBytes">;
  /** Which part of sessions is traced, from 0 to 1. */
  sampleRatio(): number;
  /** Takes a span that is over. */
  add(span: Span): void;
}

const TRACE_ID_SIZE = 16;
const SPAN_ID_SIZE = 8;
/** Names are those that peers chose. */
const TEXT_LENGTH_MAX = 256;

type Question = "connect" | "publish" | "play";

export class Tracing implements SessionTracing {
  readonly #ports: TracingPorts;
  /** Of sessions that are not over, by client id. */
  readonly #traces = new Map<string, Trace>();

  constructor(ports: TracingPorts) {
    this.#ports = ports;
  }

  begin(session: TracedSession): SessionTrace | undefined {
    const ratio = this.#ports.sampleRatio();
    if (ratio === 0) return undefined;
    const id = this.#ports.crypto.randomBytes(TRACE_ID_SIZE);
    if (toFraction(id) >= ratio) return undefined;
    const { clientId } = session;
    const trace = new Trace(this.#ports, session, toHex(id), () => {
      if (this.#traces.get(clientId) === trace) this.#traces.delete(clientId);
    });
    this.#traces.set(clientId, trace);
    return trace;
  }

  /** The same admission, each question to which is a span of the trace of who asks. */
  watch(admission: Admission): Admission {
    const ask = async (question: Question, request: SessionRequest): Promise<void> => {
      const trace = this.#traces.get(request.clientId);
      if (trace === undefined) return admission[question](request);
      const startMs = this.#ports.clock.monotonicMs();
      let refusal: string | undefined;
      try {
        await admission[question](request);
      } catch (error) {
        refusal = error instanceof RefusedError ? error.reason : "failed";
        throw error;
      } finally {
        trace.hook(question, startMs, refusal);
      }
    };
    return {
      connect: (request) => ask("connect", request),
      publish: (request) => ask("publish", request),
      play: (request) => ask("play", request),
      unpublished: (request) => admission.unpublished(request),
      stopped: (request) => admission.stopped(request),
      closed: (request, traffic) => admission.closed(request, traffic),
    };
  }
}

class Trace implements SessionTrace {
  readonly #ports: TracingPorts;
  readonly #traceId: string;
  readonly #spanId: string;
  readonly #over: () => void;
  /** Where the monotonic clock's times are in wall time. */
  readonly #epochMs: number;
  readonly #startMs: number;
  #attributes: SpanAttributes;
  #isOver = false;

  constructor(ports: TracingPorts, session: TracedSession, traceId: string, over: () => void) {
    const { clock } = ports;
    this.#ports = ports;
    this.#traceId = traceId;
    this.#over = over;
    this.#startMs = session.startedMs;
    this.#epochMs = clock.wallMs() - clock.monotonicMs();
    this.#attributes = {
      "network.protocol.name": session.protocol,
      "client.address": session.remoteAddress,
      "sluice.client_id": session.clientId,
    };
    this.#spanId = this.#newSpanId();
    this.#child("accept", this.#startMs, {});
  }

  identify({ clientType, vhost, app, stream }: SessionRequest): void {
    const names = { "sluice.vhost": vhost, "sluice.app": app, "sluice.stream": stream };
    const cut = Object.entries(names).map(([key, name]) => [key, name.slice(0, TEXT_LENGTH_MAX)]);
    const type = { "sluice.client_type": clientType };
    this.#attributes = { ...this.#attributes, ...type, ...Object.fromEntries(cut) };
  }

  part(part: TracePart, startMs: number, endMs?: number): void {
    this.#child(part, startMs, { endMs });
  }

  hook(question: Question, startMs: number, refusal: string | undefined): void {
    this.#child("hook", startMs, { error: refusal, more: { "sluice.question": question } });
  }

  end(reason: string, isFailed: boolean): void {
    if (this.#isOver) return;
    const nowMs = this.#ports.clock.monotonicMs();
    const more = { "sluice.reason": reason };
    const error = isFailed ? reason : undefined;
    this.#child("end", nowMs, { endMs: nowMs, more });
    this.#isOver = true;
    this.#over();
    this.#ports.add({
      traceId: this.#traceId,
      spanId: this.#spanId,
      name: "session",
      kind: SpanKind.Server,
      startMs: this.#epochMs + this.#startMs,
      endMs: this.#epochMs + nowMs,
      attributes: { ...this.#attributes, ...more },
      error,
    });
  }

  #child(
    name: string,
    startMs: number,
    {
      endMs,
      error,
      more,
    }: { endMs?: number | undefined; error?: string | undefined; more?: SpanAttributes },
  ): void {
    if (this.#isOver) return;
    this.#ports.add({
      traceId: this.#traceId,
      spanId: this.#newSpanId(),
      parentSpanId: this.#spanId,
      name,
      kind: SpanKind.Internal,
      startMs: this.#epochMs + startMs,
      endMs: this.#epochMs + (endMs ?? this.#ports.clock.monotonicMs()),
      attributes: { ...this.#attributes, ...more },
      error,
    });
  }

  #newSpanId(): string {
    return toHex(this.#ports.crypto.randomBytes(SPAN_ID_SIZE));
  }
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** From 0 to 1, by the last bytes, which are the random ones whoever makes ids. */
function toFraction(id: Uint8Array): number {
  const view = new DataView(id.buffer, id.byteOffset, id.length);
  return view.getUint32(id.length - 4) / 2 ** 32;
}
