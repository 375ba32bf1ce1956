/**
 * Goal: libopus runs where the processor, or the runtime, has no instructions for vectors.
 *
 * Method: the thread in memory, with a module in place of the faster one that nothing can run.
 */

import { expect, test } from "vitest";
import { transcoderThread } from "../../src/app/transcoder-thread.ts";
import { inCheckout, OPUS_FILES } from "../../src/cli/thread-list.ts";
import { createRuntime } from "../../src/runtime/detect.ts";
import { readOpusPackets } from "../support/audio-fixtures.ts";

const { files } = await createRuntime();

test.each([
  ["as it is", OPUS_FILES.simd],
  ["where it cannot be run", "package.json"],
])("sound is decoded with the module for vectors %s", async (_, simd) => {
  const read: string[] = [];
  const posted: unknown[] = [];
  const reader = {
    read: (path: string) => {
      read.push(path);
      return files.read(inCheckout(path));
    },
  };
  const take = transcoderThread(reader, { simd, plain: OPUS_FILES.plain })((answer) =>
    posted.push(answer),
  );
  const from = { codec: "opus", decoderConfigurationRecord: undefined };
  await take({ type: "open", job: 1, from, to: "aac", bitrate: 64_000 });
  for (const [index, payload] of readOpusPackets().slice(0, 10).entries()) {
    await take({ type: "write", job: 1, packet: { dtsMs: index * 20, payload } });
  }
  expect(read).toEqual(simd === OPUS_FILES.simd ? [simd] : [simd, OPUS_FILES.plain]);
  expect(posted).toHaveLength(10);
  expect(JSON.stringify(posted)).not.toContain("fail");
});
