/**
 * Traces of sessions, as the configuration has them.
 *
 * @module
 */

import type { Logger } from "../base/logger.ts";
import { PRODUCT_NAME, VERSION } from "../base/version.ts";
import type { Config } from "../config/config.ts";
import type { TracingReport } from "../live/reports.ts";
import { HttpClient } from "../protocols/http/client.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { type ExportSettings, SpanExporter } from "../services/tracing/span-exporter.ts";
import { Tracing } from "../services/tracing/tracing.ts";

const TRACES_PATH = "/v1/traces";

export interface TracingOptions {
  readonly runtime: Runtime;
  readonly logger: Logger;
  config(): Config;
}

export interface ConfiguredTracing {
  readonly tracing: Tracing;
  /** `null` while sessions are not traced. */
  report(): TracingReport | null;
  close(): Promise<void>;
}

export function createTracing({ runtime, logger, config }: TracingOptions): ConfiguredTracing {
  const { clock, crypto, tcp, host } = runtime;
  const exporter = new SpanExporter({
    http: new HttpClient({ tcp, clock }),
    clock,
    logger,
    settings: () => exportSettings(config(), host.pid),
    queueLengthMax: () => config().tracing.queueSize,
    chance: () => (crypto.randomBytes(1)[0] ?? 0) / 255,
  });
  const tracing = new Tracing({
    clock,
    crypto,
    sampleRatio: () => (config().tracing.enabled ? config().tracing.sampleRatio : 0),
    add: (span) => exporter.add(span),
  });
  return {
    tracing,
    report: () => (config().tracing.enabled ? exporter.report() : null),
    close: () => exporter.close(),
  };
}

function exportSettings({ tracing }: Config, pid: number): ExportSettings {
  return {
    url: toTracesUrl(tracing.endpoint),
    fields: tracing.headers.map((line) => {
      const end = line.indexOf("=");
      return [line.slice(0, end), decodeURIComponent(line.slice(end + 1))];
    }),
    resource: {
      attributes: {
        "service.name": tracing.serviceName,
        "service.version": VERSION,
        "process.pid": pid,
      },
      scope: { name: PRODUCT_NAME, version: VERSION },
    },
  };
}

/** A collector's address alone means its path for traces. */
function toTracesUrl(endpoint: string): string {
  const url = new URL(endpoint);
  if (!url.pathname.endsWith(TRACES_PATH)) {
    url.pathname = url.pathname.replace(/\/*$/, TRACES_PATH);
  }
  return url.href;
}
