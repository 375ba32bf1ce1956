/**
 * Makes one program that holds everything: the server, Bun, the pages, the configurations and the
 * test picture.
 *
 * The program must never be stripped: Bun keeps what it runs behind its own sections, and `strip`
 * cuts that off without a word.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { ASSET_FILES } from "../../src/cli/asset-list.ts";
import { CONFIG_FILES } from "../../src/cli/built-in-configs.ts";
import { OPUS_FILES, TRANSCODER_NAME } from "../../src/cli/thread-list.ts";
import { findBun, ROOT } from "../programs.ts";
import { findRuntime } from "./runtimes.ts";
import type { Source } from "./source.ts";
import type { Target } from "./targets.ts";

/** In the checkout, so that what is inside is named by its place there, wherever that is. */
const WORK = `${ROOT}dist/.build/`;
/** Its name goes into what is built, and is the same for every target. */
const PROGRAM = `${WORK}sluice`;
const ENTRY = `${WORK}main.ts`;
const TRANSCODER_ENTRY = `${WORK}${TRANSCODER_NAME}.ts`;
/** Where Bun puts the folder that all entry points have in common. */
const INSIDE = "/$bunfs/root/";

/**
 * Bun puts the folder of a CommonJS module into it, as text, so that each checkout would build
 * another program. What is inside is in none of these folders.
 */
export const PLACE_ARGUMENTS: readonly string[] = [
  ...["--define", `__dirname="${INSIDE}"`, "--define", `__filename="${INSIDE}module.js"`],
];

/**
 * @param output The program's path.
 * @param target Absent: this machine.
 * @throws {Error} If Bun, or a file, cannot be had.
 */
export function compile(source: Source, output: string, target?: Target): void {
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK, { recursive: true });
  try {
    writeFileSync(ENTRY, entryText(source));
    writeFileSync(TRANSCODER_ENTRY, transcoderText());
    const { status, error } = spawnSync(
      findBun(),
      [
        ...["build", "--compile", "--minify", "--bytecode", "--format=esm", "--sourcemap=inline"],
        // Else a .env or bunfig.toml in whatever folder it is started would change how it runs.
        ...["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig"],
        ...(target === undefined ? [] : targetArguments(target)),
        ...PLACE_ARGUMENTS,
        ...[ENTRY, TRANSCODER_ENTRY, "--outfile", PROGRAM],
      ],
      { stdio: ["ignore", "ignore", "inherit"], cwd: ROOT },
    );
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`Cannot build ${output}: Bun ended with ${status}`);
    renameSync(PROGRAM, output);
  } finally {
    rmSync(WORK, { recursive: true, force: true });
  }
}

function targetArguments({ bunTarget, runtime }: Target): string[] {
  return [`--target=${bunTarget}`, `--compile-executable-path=${findRuntime(runtime, WORK)}`];
}

/** The program's main module: as src/cli/main.ts, with the files from inside. */
function entryText({ commit }: Source): string {
  const imports: string[] = [];
  const inside = (file: string): string => {
    const name = `file${imports.length}`;
    imports.push(`import ${name} from "../../${file}" with { type: "file" };`);
    return name;
  };
  const assets = ASSET_FILES.map(
    ({ path, file, mediaType }) =>
      `  { path: ${JSON.stringify(path)}, file: ${inside(file)}, mediaType: ${JSON.stringify(mediaType)} },`,
  );
  const configs = Object.entries(CONFIG_FILES).map(([name, file]) => `  ${name}: ${inside(file)},`);
  return [
    ...imports,
    `import { createConfigReader } from "../../src/cli/built-in-configs.ts";`,
    `import { loadAssets } from "../../src/cli/load-assets.ts";`,
    `import { run } from "../../src/cli/run.ts";`,
    `import { createBunRuntime } from "../../src/runtime/bun.ts";`,
    "const runtime = createBunRuntime({",
    `  threadModules: { ${JSON.stringify(TRANSCODER_NAME)}: "${INSIDE}${TRANSCODER_NAME}.js" },`,
    "});",
    `const assets = await loadAssets(runtime, [\n${assets.join("\n")}\n]);`,
    `const readConfig = createConfigReader(runtime.files, {\n${configs.join("\n")}\n});`,
    `await run(runtime, assets, { readConfig, commit: ${JSON.stringify(commit)} });`,
    "",
  ].join("\n");
}

/** The thread's module: as src/cli/threads/audio-transcoder.ts, likewise. */
function transcoderText(): string {
  return [
    `import simd from "../../${OPUS_FILES.simd}" with { type: "file" };`,
    `import plain from "../../${OPUS_FILES.plain}" with { type: "file" };`,
    `import { serveAudioTranscoder } from "../../src/cli/threads/serve-audio-transcoder.ts";`,
    "serveAudioTranscoder({ simd, plain });",
    "",
  ].join("\n");
}
