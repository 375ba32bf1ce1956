/**
 * Goal: traces that could not be sent are refused with the configuration, and no secret is told.
 *
 * Method: configurations with one fault each, and some that are right.
 */

import { expect, test } from "vitest";
import { memoryConfig } from "../support/memory-server.ts";

test.each([
  { endpoint: "http://127.0.0.1:4318" },
  { endpoint: "https://collector.example/otlp/v1/traces" },
  { headers: ["Authorization=Bearer%20s3cr3t", "x-tenant=a=b"] },
  { sample_ratio: 0 },
])("%o", (tracing) => {
  expect(() => memoryConfig({ tracing })).not.toThrow();
});

test.each([
  [{ endpoint: "127.0.0.1:4318" }, "tracing.endpoint: Expected a URL of http or https"],
  [{ endpoint: "ftp://s3cr3t.example" }, "tracing.endpoint: Expected a URL of http or https"],
  [{ endpoint: "http://a:s3cr3t@b" }, "tracing.endpoint: Expected no password in the URL"],
  [{ headers: ["s3cr3t"] }, "tracing.headers: Expected header fields"],
  [{ headers: ["a=s3cr3t\r\nb=c"] }, "tracing.headers: Expected header fields"],
  [{ headers: ["Content-Length=5"] }, "tracing.headers: Expected header fields"],
  [{ headers: ["a=s3cr3t%0d%0ab=c"] }, "tracing.headers: Expected header fields"],
  [{ headers: ["a=s3cr3t%"] }, "tracing.headers: Expected header fields"],
  [{ sample_ratio: 1.5 }, "tracing.sample_ratio: Expected a number from 0 to 1"],
  [{ queue_size: 0 }, "tracing.queue_size: Expected a whole number from 1 to 65536"],
])("%o", (tracing, message) => {
  const load = (): unknown => memoryConfig({ tracing });
  expect(load).toThrow(message);
  expect(load).not.toThrow("s3cr3t");
});
