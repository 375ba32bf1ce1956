/**
 * Makes dist/npm, the package as npm has it: JavaScript for Bun, Deno and Node with all that it needs
 * of other packages inside, the types of what it exports in one file, and the files that are served.
 *
 *     npm run build:npm && cd dist/npm && npm pack
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ASSET_FILES } from "../src/cli/asset-list.ts";
import { CONFIG_FILES } from "../src/cli/built-in-configs.ts";
import { OPUS_FILES, TRANSCODER_NAME } from "../src/cli/thread-list.ts";
import { PLACE_ARGUMENTS } from "./build/compile.ts";
import { rollTypes } from "./build/roll-types.ts";
import { readSource, type Source } from "./build/source.ts";
import { BIN, findBun, ROOT } from "./programs.ts";

const PACKAGE = `${ROOT}dist/npm/`;
const WORK = `${ROOT}dist/.build-npm/`;
/** Of the module that says what is exported, for those of the package and of a checkout. */
const EXPORTS = "src/embed/sluice.ts";
const TEXTS = ["LICENSE", "THIRD_PARTY_NOTICES.md"];
/** URL.parse came with 22.1; what is older than this one has not been tried. */
const NODE_MIN = "22.12.0";

/** Where a file of the checkout is in the package, from which npm keeps folders of packages out. */
function placeOf(file: string): string {
  return `files/${file.replace(/^node_modules\//, "packages/")}`;
}

/** What the modules have in common: where the files are, seen from a module in lib/. */
const CONTENTS_TEXT = `
  import { fileURLToPath } from "node:url";
  import { ASSET_FILES } from "../../src/cli/asset-list.ts";
  import { CONFIG_FILES, type ConfigName } from "../../src/cli/built-in-configs.ts";
  import { loadAssets } from "../../src/cli/load-assets.ts";
  import { OPUS_FILES } from "../../src/cli/thread-list.ts";
  import type { Runtime } from "../../src/runtime/runtime.ts";
  const toPath = (name: string): string => fileURLToPath(new URL("../" + name, import.meta.url));
  ${placeOf.toString()}
  export const OPUS = {
    simd: toPath(placeOf(OPUS_FILES.simd)),
    plain: toPath(placeOf(OPUS_FILES.plain)),
  };
  export const CONTENTS = {
    threadModules: { ${JSON.stringify(TRANSCODER_NAME)}: toPath("lib/${TRANSCODER_NAME}.js") },
    loadAssets: (runtime: Runtime) =>
      loadAssets(runtime, ASSET_FILES, (file) => runtime.files.read(toPath(placeOf(file)))),
  };
  export const readConfig = ({ files }: Runtime, name: ConfigName): string =>
    files.readTextSync(toPath(placeOf(CONFIG_FILES[name])));
`;

/** As src/embed/sluice.ts, with the files of the package. */
function exportsText(): string {
  return readFileSync(ROOT + EXPORTS, "utf8")
    .replace(/^import \{ (loadAssets|THREAD_MODULES) \}.*\n/gm, "")
    .replace(
      "createServerWith({ threadModules: THREAD_MODULES, loadAssets }",
      "createServerWith(CONTENTS",
    )
    .replace(/from "\.\.\//g, 'from "../../src/')
    .replace(/from "\.\//g, 'from "../../src/embed/')
    .replace(/^import /m, 'import { CONTENTS } from "./contents.ts";\nimport ');
}

function entries({ commit }: Source): Readonly<Record<string, string>> {
  return {
    "sluice.ts": exportsText(),
    "program.ts": `
      import type { ConfigName } from "../../src/cli/built-in-configs.ts";
      import { run } from "../../src/cli/run.ts";
      import { createRuntime } from "../../src/runtime/detect.ts";
      import { CONTENTS, readConfig } from "./contents.ts";
      const runtime = await createRuntime({ threadModules: CONTENTS.threadModules });
      await run(runtime, await CONTENTS.loadAssets(runtime), {
        readConfig: (name: ConfigName) => readConfig(runtime, name),
        commit: ${JSON.stringify(commit)},
      });
    `,
    [`${TRANSCODER_NAME}.ts`]: `
      import { serveAudioTranscoder } from "../../src/cli/threads/serve-audio-transcoder.ts";
      import { OPUS } from "./contents.ts";
      serveAudioTranscoder(OPUS);
    `,
  };
}

/** Runs a program. @throws {Error} If it fails. */
function runTool(path: string, args: readonly string[]): void {
  const { status, error } = spawnSync(path, args, {
    stdio: ["ignore", "ignore", "inherit"],
    cwd: ROOT,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${path} ended with ${status}`);
}

/** Each runtime's adapter is a file of its own, as it is loaded on that runtime alone. */
function bundle(): void {
  const modules = entries(readSource());
  for (const [name, text] of Object.entries(modules)) writeFileSync(WORK + name, text);
  writeFileSync(`${WORK}contents.ts`, CONTENTS_TEXT);
  runTool(findBun(), [
    ...["build", "--target=node", "--format=esm", "--splitting", "--minify-syntax"],
    ...["--external=bun:ffi", ...PLACE_ARGUMENTS, "--outdir", `${PACKAGE}lib`],
    ...Object.keys(modules).map((name) => WORK + name),
  ]);
  const program = readFileSync(`${PACKAGE}lib/program.js`, "utf8").replace(/^#!.*\n/, "");
  writeFileSync(`${PACKAGE}lib/program.js`, `#!/usr/bin/env node\n${program}`);
  chmodSync(`${PACKAGE}lib/program.js`, 0o755);
}

function declareTypes(): void {
  const folder = `${WORK}types`;
  const compilerOptions = {
    ...{ noEmit: false, emitDeclarationOnly: true, outDir: folder, rootDir: ROOT },
    // Whether the sources are good is not the question here.
    ...{ noCheck: true, types: [] },
  };
  const project = { extends: "../../tsconfig.json", compilerOptions, files: [ROOT + EXPORTS] };
  writeFileSync(`${WORK}tsconfig.json`, JSON.stringify({ ...project, include: [] }));
  runTool(`${BIN}tsc`, ["-p", WORK]);
  const text = rollTypes(`${folder}/${EXPORTS.replace(/\.ts$/, ".d.ts")}`);
  writeFileSync(`${PACKAGE}lib/sluice.d.ts`, text);
}

function copyFiles(): void {
  const others = [CONFIG_FILES, OPUS_FILES].flatMap((files) => Object.values(files));
  for (const file of new Set([...ASSET_FILES.map((asset) => asset.file), ...others])) {
    const to = PACKAGE + placeOf(file);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(ROOT + file, to);
  }
  for (const name of TEXTS) cpSync(ROOT + name, PACKAGE + name);
  // Other pages are not beside it.
  const page = readFileSync(`${ROOT}docs/embedding.md`, "utf8");
  const readme = page.replace(/\[([^\]]+)\]\((?!https?:)[^)]*\)/g, "$1");
  writeFileSync(`${PACKAGE}README.md`, readme);
}

function writeManifest(): void {
  const { name, version, description, license } = JSON.parse(
    readFileSync(`${ROOT}package.json`, "utf8"),
  ) as Readonly<Record<string, string>>;
  const manifest = {
    ...{ name, version, description, license, type: "module" },
    engines: { node: `>=${NODE_MIN}` },
    bin: { [name ?? ""]: "lib/program.js" },
    exports: {
      ".": { types: "./lib/sluice.d.ts", default: "./lib/sluice.js" },
      "./package.json": "./package.json",
    },
    types: "./lib/sluice.d.ts",
    files: ["lib", "files", ...TEXTS],
  };
  writeFileSync(`${PACKAGE}package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
}

rmSync(PACKAGE, { recursive: true, force: true });
rmSync(WORK, { recursive: true, force: true });
mkdirSync(`${PACKAGE}lib`, { recursive: true });
mkdirSync(WORK, { recursive: true });
try {
  bundle();
  declareTypes();
  copyFiles();
  writeManifest();
} finally {
  rmSync(WORK, { recursive: true, force: true });
}
