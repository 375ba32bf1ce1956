/**
 * Makes archives in dist/release for systems that there is no package for: the compiled program of each
 * target with install.sh and all that it installs.
 *
 *     npm run package:tar                             all targets
 *     npm run package:tar -- linux-x64                one
 *     npm run package:tar -- linux-x64 --binary FILE  one with this program: to try it
 *
 * A commit makes the same archives whenever it is packed.
 *
 * @module
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { archiveFiles } from "./package/archive.ts";
import { writeTree } from "./package/file-tree.ts";
import { parsePicks } from "./package/picks.ts";
import {
  findBinary,
  makeReleaseFolder,
  needProgram,
  RELEASE_FOLDER,
  runTool,
  SOURCE,
  VERSION,
  writeReleaseChecksums,
} from "./package/release.ts";

const TARGETS = [
  "linux-x64",
  "linux-x64-baseline",
  "linux-x64-musl",
  "linux-arm64",
  "linux-arm64-musl",
];

function makeArchive(target: string, binary: string, isDraft: boolean): void {
  const dateSeconds = SOURCE.timeSeconds;
  const work = mkdtempSync(`${tmpdir()}/sluice-tar-`);
  try {
    const name = `sluice-${VERSION}-${target}`;
    writeTree(`${work}/${name}`, archiveFiles(binary), dateSeconds);
    const plain = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--format=ustar"];
    const compress = `--use-compress-program=gzip -n${isDraft ? 1 : 9}`;
    const output = `${RELEASE_FOLDER}${name}.tar.gz`;
    runTool("tar", [...plain, compress, "-C", work, "-cf", output, name]);
  } finally {
    rmSync(work, { recursive: true });
  }
}

const { isWanted, draft } = parsePicks(process.argv.slice(2));
needProgram("tar", "tar");
makeReleaseFolder();
for (const target of TARGETS) {
  if (isWanted(target)) makeArchive(target, draft ?? findBinary(target), draft !== undefined);
}
writeReleaseChecksums();
