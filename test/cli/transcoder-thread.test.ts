/**
 * Goal: the program's own thread transcodes, from a checkout and from within one file.
 *
 * Method: a real thread on the runtime of the test; on Bun, also a program that is compiled as
 * scripts/build.ts does it, and that finds none of its sources.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { OPUS_FILES, THREAD_MODULES, TRANSCODER_NAME } from "../../src/cli/thread-list.ts";
import { targetTrack } from "../../src/remux/audio-transcoding/transcoding-target.ts";
import { createRuntime } from "../../src/runtime/detect.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import { TranscoderPool } from "../../src/services/rtc-bridge/transcoder/transcoder-pool.ts";
import { TRANSCODER_THREAD } from "../../src/services/rtc-bridge/transcoder/transcoder-thread.ts";
import { readOpusPackets } from "../support/audio-fixtures.ts";
import { RecordingLogger } from "../support/http-peer.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const runtime = await createRuntime({ threadModules: THREAD_MODULES });

test("the list has the thread that the pool starts", () => {
  expect(TRANSCODER_NAME).toBe(TRANSCODER_THREAD);
});

test(`a thread on ${runtime.name} transcodes`, async () => {
  const { threads } = runtime;
  // No sound is too late, however long the thread takes to begin.
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const pool = new TranscoderPool({ threads, clock, logger, threadCountMax: 1 });
  onTestFinished(() => pool.stop());
  const from = { codec: "opus", decoderConfigurationRecord: undefined } as const;
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let count = 0;
  const job = pool.open(
    { from, to: "aac", bitrate: 64_000, track: targetTrack("aac") },
    {
      frame: () => {
        count += 1;
        if (count === 40) resolve(count);
      },
      fail: reject,
    },
  );
  for (const [index, packet] of readOpusPackets().entries()) job.write(index * 20, packet);
  expect(await promise).toBe(40);
});

test.runIf(runtime.name === "bun")("a thread in a compiled program transcodes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-transcoder-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [main, thread] = [join(folder, "main.ts"), join(folder, "transcoder.ts")];
  writeFileSync(
    thread,
    `import simd from "${ROOT}${OPUS_FILES.simd}" with { type: "file" };
     import plain from "${ROOT}${OPUS_FILES.plain}" with { type: "file" };
     import { serveAudioTranscoder } from "${ROOT}src/cli/threads/serve-audio-transcoder.ts";
     serveAudioTranscoder({ simd, plain });`,
  );
  writeFileSync(
    main,
    `import { createBunRuntime } from "${ROOT}src/runtime/bun.ts";
     const runtime = createBunRuntime({ threadModules: { t: "/$bunfs/root/transcoder.js" } });
     const thread = runtime.threads.start("t", {
       message: (answer) => { console.log(answer.type); process.exit(0); },
       fail: (error) => { console.log(String(error)); process.exit(1); },
     });
     const from = { codec: "opus", decoderConfigurationRecord: undefined };
     thread.post({ type: "open", job: 1, from, to: "aac", bitrate: 64000 });
     const payload = new Uint8Array(${JSON.stringify([...(readOpusPackets()[0] ?? [])])});
     thread.post({ type: "write", job: 1, packet: { dtsMs: 0, payload } });`,
  );
  const program = join(folder, "program");
  const make = ["build", "--compile", "--minify", "--format=esm", main, thread];
  const { environment } = runtime.host;
  const { processes } = runtime;
  const compiler = await processes.spawn(process.execPath, [...make, "--outfile", program], {
    environment,
  });
  expect(await compiler.exited).toEqual({ code: 0, signal: undefined });
  let printed = "";
  const child = await processes.spawn(program, [], {
    environment,
    workingFolder: folder,
    output: (bytes) => {
      printed += new TextDecoder().decode(bytes);
    },
  });
  expect(await child.exited).toEqual({ code: 0, signal: undefined });
  expect(printed).toBe("done\n");
});
