/**
 * A collector of traces on a machine in memory.
 *
 * @module
 */

import type { HeaderFields } from "../../src/codec/http/header-fields.ts";
import { HttpServer } from "../../src/protocols/http/server.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import { RecordingLogger } from "./http-peer.ts";
import type { MemoryNetwork } from "./memory-network.ts";

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
  readonly status: object;
}

const BODY_SIZE_MAX = 1 << 20;

export class MemoryCollector {
  readonly spans: CollectedSpan[] = [];
  /** Whole requests: the head's fields, and the body. */
  readonly requests: { readonly fields: HeaderFields; readonly text: string }[] = [];

  static async start({ runtime }: MemoryNetwork): Promise<MemoryCollector> {
    const collector = new MemoryCollector();
    const server = new HttpServer({
      handler: async ({ body, headers }) => {
        const bytes = (await body?.readAll(BODY_SIZE_MAX)) ?? new Uint8Array();
        collector.#take(new TextDecoder().decode(bytes), headers);
        return { status: 200, fields: [["Content-Type", "application/json"]], body: "{}" };
      },
      clock: new ManualClock(),
      logger: new RecordingLogger(),
      crypto: runtime.crypto,
      serverName: "collector",
    });
    const options = { host: "127.0.0.1", port: 4318 };
    await runtime.tcp.listen(options, (socket) => server.accept(socket));
    return collector;
  }

  #take(text: string, fields: HeaderFields): void {
    this.requests.push({ fields, text });
    for (const { scopeSpans } of JSON.parse(text).resourceSpans) {
      for (const { spans } of scopeSpans) this.spans.push(...spans);
    }
  }
}
