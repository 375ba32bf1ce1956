/**
 * Makes Debian packages in dist/release: of the compiled programs for amd64 and arm64, and of the
 * program for Node for armhf, which compiled programs are not there for.
 *
 *     npm run package:deb                          all of them
 *     npm run package:deb -- amd64                 one
 *     npm run package:deb -- amd64 --binary FILE   one with this program, quickly compressed: to try it
 *
 * A commit makes the same packages whenever it is packed.
 *
 * @module
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { type PackedFile, settleTree, sizeOfTree, writeTree } from "./package/file-tree.ts";
import {
  CONFIG_FILES,
  compress,
  DEB_LAYOUT,
  initScript,
  type PackedProgram,
  payload,
} from "./package/payload.ts";
import { parsePicks } from "./package/picks.ts";
import {
  ARCHITECTURES,
  findBinary,
  findNodeBundle,
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

/** Of what the bundle runs on; the bundle says so itself where Node is older. */
const NODE_VERSION_MIN = "18";
/** Of what compiled programs run on: the symbols that the runtime asks for. */
const LIBC_VERSION_MIN = "2.17";
const KIB = 1024;

interface DebOptions {
  /** Debian's name of it. */
  readonly architecture: string;
  readonly program: PackedProgram;
  readonly output: string;
  /** Quick, for a package that is only tried. */
  readonly isDraft: boolean;
}

const SCRIPTS = ["postinst", "prerm", "postrm"];

function makeDeb({ architecture, program, output, isDraft }: DebOptions): void {
  const dateSeconds = SOURCE.timeSeconds;
  const root = mkdtempSync(`${tmpdir()}/sluice-deb-`);
  try {
    writeTree(root, [...payload(program, DEB_LAYOUT), ...debianFiles(program, dateSeconds)], 0);
    const sizeKib = Math.ceil(sizeOfTree(root) / KIB);
    writeTree(root, controlFiles(architecture, program, sizeKib), 0);
    settleTree(root, dateSeconds);
    const compression = isDraft ? ["-Zgzip", "-z1"] : ["-Zxz", "-z6", "--threads-max=1"];
    runTool("dpkg-deb", ["--root-owner-group", ...compression, "--build", root, output], {
      SOURCE_DATE_EPOCH: String(dateSeconds),
    });
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** What only Debian's packages have. */
function debianFiles(program: PackedProgram, dateSeconds: number): PackedFile[] {
  const documents = "/usr/share/doc/sluice";
  const date = new Date(dateSeconds * 1000).toUTCString().replace("GMT", "+0000");
  const changelog = [
    `sluice (${VERSION}) unstable; urgency=medium`,
    "  * What is new for those who run it is told in CHANGELOG.md.gz.",
    ` -- ${MAINTAINER}  ${date}`,
  ].join("\n\n");
  const isCompiled = "binary" in program;
  const overrides = readFileSync(`${ROOT}packaging/deb/lintian-overrides`, "utf8");
  return [
    initScript(),
    { path: `${documents}/changelog.gz`, mode: 0o644, content: compress(`${changelog}\n`) },
    { path: `${documents}/copyright`, mode: 0o644, content: copyright() },
    {
      path: "/usr/share/lintian/overrides/sluice",
      mode: 0o644,
      content: isCompiled ? overrides : nodeOverrides(overrides),
    },
  ];
}

/** A package for Node has no use for those of the compiled program, and is told of unused ones. */
function nodeOverrides(overrides: string): string {
  const [, general = ""] = overrides.split(/^(?=# It is released here)/m);
  return general;
}

function copyright(): string {
  const [, holder = "", ...terms] = readFileSync(`${ROOT}LICENSE`, "utf8").trim().split(/\n\n+/);
  const paragraphs = terms.map((text) => text.replaceAll(/^/gm, " ")).join("\n .\n");
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Sluice
Comment: What the program contains of others is told with its licences in
 THIRD_PARTY_NOTICES.md.gz.

Files: *
Copyright: ${holder.replace(/^Copyright \(c\) /, "")}
License: Expat

License: Expat
${paragraphs}
`;
}

function controlFiles(architecture: string, program: PackedProgram, sizeKib: number): PackedFile[] {
  const scripts = SCRIPTS.map((name): PackedFile => {
    const content = { file: `${ROOT}packaging/deb/${name}` };
    return { path: `/DEBIAN/${name}`, mode: 0o755, content };
  });
  const configFiles = [...CONFIG_FILES, initScript().path].toSorted();
  return [
    ...scripts,
    { path: "/DEBIAN/conffiles", mode: 0o644, content: `${configFiles.join("\n")}\n` },
    { path: "/DEBIAN/control", mode: 0o644, content: control(architecture, program, sizeKib) },
  ];
}

function control(architecture: string, program: PackedProgram, sizeKib: number): string {
  const runsOn =
    "binary" in program ? `libc6 (>= ${LIBC_VERSION_MIN})` : `nodejs (>= ${NODE_VERSION_MIN})`;
  return `Package: sluice
Version: ${VERSION}
Architecture: ${architecture}
Maintainer: ${MAINTAINER}
Installed-Size: ${sizeKib}
Pre-Depends: init-system-helpers (>= 1.54~)
Depends: adduser, ${runsOn}
Suggests: ffmpeg, logrotate
Section: video
Priority: optional
Description: live video server (RTMP, WebRTC, HTTP-FLV, HLS, DASH)
 Takes in live streams from encoders such as OBS and FFmpeg, and hands them on
 to any number of viewers, in a browser or a player. It is made to take the
 place of SRS: same ports, same addresses, and it reads SRS's configuration.
 .
 One program that needs nothing else, with its pages inside. It is started by
 systemd or by /etc/init.d.
`;
}

const { isWanted, draft } = parsePicks(process.argv.slice(2));
needProgram("dpkg-deb", "dpkg");
makeReleaseFolder();
const make = (architecture: string, program: PackedProgram): void => {
  const output = `${RELEASE_FOLDER}sluice_${VERSION}_${architecture}.deb`;
  makeDeb({ architecture, program, output, isDraft: draft !== undefined });
};
for (const { name, debian } of ARCHITECTURES) {
  if (isWanted(debian)) make(debian, { binary: draft ?? findBinary(`linux-${name}`) });
}
if (isWanted("armhf")) make("armhf", { nodeBundle: draft ?? findNodeBundle() });
writeReleaseChecksums();
