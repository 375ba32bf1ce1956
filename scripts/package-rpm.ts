/**
 * Makes RPM packages in dist/release of the compiled programs, for x86_64 and aarch64.
 *
 *     npm run package:rpm                           both
 *     npm run package:rpm -- x86_64                 one
 *     npm run package:rpm -- x86_64 --binary FILE   one with this program, quickly compressed: to try it
 *
 * A commit makes the same packages whenever it is packed.
 *
 * @module
 */

import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { type PackedFile, settleTree, writeTree } from "./package/file-tree.ts";
import { payload, RPM_LAYOUT } from "./package/payload.ts";
import { parsePicks } from "./package/picks.ts";
import {
  ARCHITECTURES,
  findBinary,
  MAINTAINER,
  makeReleaseFolder,
  needProgram,
  RELEASE_FOLDER,
  runTool,
  SOURCE,
  VERSION,
  writeReleaseChecksums,
} from "./package/release.ts";
import { ROOT } from "./programs.ts";

const LICENCE: PackedFile = {
  path: "/usr/share/licenses/sluice/LICENSE",
  mode: 0o644,
  content: { file: `${ROOT}LICENSE` },
};
/** They are there before the first start, with the owner that the package says. */
const EMPTY_FOLDERS = ["/var/lib/sluice", "/var/log/sluice"];

function makeRpm(architecture: string, binary: string, isDraft: boolean): void {
  const dateSeconds = SOURCE.timeSeconds;
  const work = mkdtempSync(`${tmpdir()}/sluice-rpm-`);
  try {
    const tree = `${work}/tree`;
    writeTree(tree, [...payload({ binary }, RPM_LAYOUT), LICENCE], dateSeconds);
    for (const folder of EMPTY_FOLDERS) mkdirSync(`${tree}${folder}`, { recursive: true });
    settleTree(tree, dateSeconds);
    const macros = {
      _topdir: `${work}/build`,
      _tmppath: work,
      sluice_tree: tree,
      sluice_version: VERSION,
      sluice_maintainer: MAINTAINER,
    };
    const defines = Object.entries(macros).flatMap(([name, value]) => [
      "--define",
      `${name} ${value}`,
    ]);
    const quick = isDraft ? ["--define", "sluice_payload w1.gzdio"] : [];
    runTool(
      "rpmbuild",
      [
        "-bb",
        "--quiet",
        "--target",
        architecture,
        ...defines,
        ...quick,
        `${ROOT}packaging/rpm/sluice.spec`,
      ],
      { SOURCE_DATE_EPOCH: String(dateSeconds) },
    );
    const name = `sluice-${VERSION}-1.${architecture}.rpm`;
    copyFileSync(`${work}/build/RPMS/${architecture}/${name}`, `${RELEASE_FOLDER}${name}`);
  } finally {
    rmSync(work, { recursive: true });
  }
}

const { isWanted, draft } = parsePicks(process.argv.slice(2));
needProgram("rpmbuild", "rpm");
makeReleaseFolder();
for (const { name, rpm } of ARCHITECTURES) {
  if (isWanted(rpm)) makeRpm(rpm, draft ?? findBinary(`linux-${name}`), draft !== undefined);
}
writeReleaseChecksums();
