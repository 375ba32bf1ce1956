/**
 * Makes dist/sluice, one program that holds everything: the server, Bun, the pages and the test
 * picture. Further arguments go to `bun build`, such as `--target=bun-linux-arm64`.
 *
 * The program must never be stripped: Bun keeps what it runs behind its own sections, and `strip`
 * cuts that off without a word.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { ASSET_FILES } from "../src/cli/asset-list.ts";
import { OPUS_FILE, TRANSCODER_NAME } from "../src/cli/thread-list.ts";
import { findBun, ROOT } from "./programs.ts";

const WORK = `${ROOT}dist/.build/`;
const ENTRY = `${WORK}sluice.ts`;
const TRANSCODER_ENTRY = `${WORK}${TRANSCODER_NAME}.ts`;
/** Where Bun puts the folder that all entry points have in common. */
const INSIDE = "/$bunfs/root/";
const OUTPUT = `${ROOT}dist/sluice`;

/** The program's main module: as src/cli/main.ts, with the files from inside. */
function entryText(): string {
  const imports = ASSET_FILES.map(
    ({ file }, i) => `import file${i} from "../../${file}" with { type: "file" };`,
  );
  const list = ASSET_FILES.map(
    ({ path, mediaType }, i) =>
      `  { path: ${JSON.stringify(path)}, file: file${i}, mediaType: ${JSON.stringify(mediaType)} },`,
  );
  return [
    ...imports,
    `import { loadAssets } from "../../src/cli/load-assets.ts";`,
    `import { run } from "../../src/cli/run.ts";`,
    `import { createBunRuntime } from "../../src/runtime/bun.ts";`,
    "const runtime = createBunRuntime({",
    `  threadModules: { ${JSON.stringify(TRANSCODER_NAME)}: "${INSIDE}${TRANSCODER_NAME}.js" },`,
    "});",
    `const assets = await loadAssets(runtime, [\n${list.join("\n")}\n]);`,
    "await run(runtime, assets);",
    "",
  ].join("\n");
}

/** The thread's module: as src/cli/threads/audio-transcoder.ts, likewise. */
function transcoderText(): string {
  return [
    `import opus from "../../${OPUS_FILE}" with { type: "file" };`,
    `import { serveAudioTranscoder } from "../../src/cli/threads/serve-audio-transcoder.ts";`,
    "serveAudioTranscoder(opus);",
    "",
  ].join("\n");
}

mkdirSync(WORK, { recursive: true });
writeFileSync(ENTRY, entryText());
writeFileSync(TRANSCODER_ENTRY, transcoderText());
const { status, error } = spawnSync(
  findBun(),
  [
    ...["build", "--compile", "--minify", "--bytecode", "--format=esm", "--sourcemap=inline"],
    // Else a .env or bunfig.toml in whatever folder it is started would change how it runs.
    ...["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig"],
    ...[ENTRY, TRANSCODER_ENTRY, "--outfile", OUTPUT, ...process.argv.slice(2)],
  ],
  { stdio: "inherit", cwd: ROOT },
);
// The map is inside; Bun leaves a second one beside the program.
rmSync(`${OUTPUT}.map`, { force: true });
rmSync(WORK, { recursive: true, force: true });
if (error !== undefined) throw error;
if (status === 0) {
  const megabytes = (statSync(OUTPUT).size / 1e6).toFixed(0);
  process.stdout.write(`dist/sluice: ${megabytes} MB\n`);
}
process.exitCode = status ?? 1;
