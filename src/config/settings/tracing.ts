/**
 * Traces of sessions.
 *
 * @module
 */

import type { Block } from "./setting.ts";
import { block, boolean, integer, number, string, strings } from "./setting.ts";

const NOW = { takes: "now", isOwn: true } as const;

export const TRACING: Block = block(
  "tracing",
  "Traces of sessions for OpenTelemetry, sent by OTLP over HTTP; docs/tracing.md says what is in them.",
  [
    boolean("enabled", false, "Trace sessions.", NOW),
    string(
      "endpoint",
      "http://127.0.0.1:4318",
      "The collector's URL, of http or https. `/v1/traces` is added unless it ends with it.",
      NOW,
    ),
    number("sample_ratio", 1, "Which part of the sessions is traced: 0.01 is one in a hundred.", {
      min: 0,
      max: 1,
      ...NOW,
    }),
    strings(
      "headers",
      [],
      "Header fields of each request as OpenTelemetry writes them: `Authorization=Bearer%20...`, with `%20` for a blank. `$NAME` is an environment variable that holds fields.",
      { ...NOW, isEnvironmentReference: true },
    ),
    string("service_name", "sluice", "What the server is called in traces.", NOW),
    integer("queue_size", 2_048, "Spans that may wait for the collector; more are dropped.", {
      min: 1,
      max: 65_536,
      ...NOW,
    }),
  ],
  { typeName: "TracingConfig" },
);
