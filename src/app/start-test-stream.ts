/**
 * The test stream, if the configuration wants it.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { DEFAULT_VHOST } from "../base/stream-name.ts";
import type { StreamHub } from "../live/stream-hub.ts";
import { TestStream } from "../services/test-stream/test-stream.ts";
import type { Disposal } from "./disposal.ts";
import type { SluiceOptions } from "./sluice.ts";

const TEST_STREAM_ASSET = "/test-stream.flv";

/** In the first of several processes. */
export async function startTestStream(
  options: Pick<SluiceOptions, "config" | "runtime" | "logger" | "assets" | "membership">,
  hub: StreamHub,
  disposal: Disposal,
): Promise<void> {
  const { config, runtime, logger, assets, membership } = options;
  const { enabled, app, stream } = config.testStream;
  const isOthers = membership !== undefined && membership.worker > 0;
  if (!enabled || isOthers) return;
  const file = assets.get(TEST_STREAM_ASSET);
  assert(file !== undefined, "the test stream is among the assets");
  const name = { vhost: DEFAULT_VHOST, app, stream };
  const testStream = new TestStream({ hub, clock: runtime.clock, logger }, name, file.bytes);
  disposal.add("test stream", () => testStream.stop());
  await testStream.start();
}
