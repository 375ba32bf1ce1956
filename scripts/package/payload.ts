/**
 * What is installed, whichever the format of the package.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { ROOT } from "../programs.ts";
import type { PackedFile } from "./file-tree.ts";

const PROGRAM = 0o755;
const FILE = 0o644;
const BEST = 9;

/** Where the formats differ. */
export interface Layout {
  readonly zshFolder: string;
  /** Of systemd's units. */
  readonly unitFolder: string;
}

/** What runs: a compiled program, or one for Node, which is then found on the machine. */
export type PackedProgram = { readonly binary: string } | { readonly nodeBundle: string };

const UNITS = "/usr/lib/systemd/system";
export const DEB_LAYOUT: Layout = {
  zshFolder: "/usr/share/zsh/vendor-completions",
  unitFolder: UNITS,
};
export const RPM_LAYOUT: Layout = {
  zshFolder: "/usr/share/zsh/site-functions",
  unitFolder: UNITS,
};

/** Files that belong to the operator once they are installed. */
export const CONFIG_FILES = [
  "/etc/default/sluice",
  "/etc/logrotate.d/sluice",
  "/etc/sluice/sluice.yaml",
] as const;

/** Files of conf/. */
export const EXAMPLES: readonly string[] = ["full", "hls", "https", "realtime", "vhosts"].map(
  (name) => `${name}.yaml`,
);

const NODE_LAUNCHER = `#!/bin/sh
exec node /usr/lib/sluice/sluice.js "$@"
`;

/** All files of a package, but those that only its own format has. */
export function payload(program: PackedProgram, layout: Layout): PackedFile[] {
  const { zshFolder, unitFolder } = layout;
  return [
    ...programFiles(program, unitFolder),
    fromPackaging(`${unitFolder}/sluice.service`, "systemd/sluice.service"),
    fromPackaging(`${unitFolder}/sluice.socket`, "systemd/sluice.socket"),
    fromPackaging("/etc/sluice/sluice.yaml", "sluice.yaml"),
    fromPackaging("/etc/default/sluice", "default"),
    fromPackaging("/etc/logrotate.d/sluice", "logrotate"),
    fromPackaging("/usr/share/bash-completion/completions/sluice", "completion/sluice.bash"),
    fromPackaging(`${zshFolder}/_sluice`, "completion/sluice.zsh"),
    fromPackaging("/usr/share/fish/vendor_completions.d/sluice.fish", "completion/sluice.fish"),
    compressed("/usr/share/man/man8/sluice.8.gz", "packaging/man/sluice.8"),
    compressed("/usr/share/man/man5/sluice.yaml.5.gz", "packaging/man/sluice.yaml.5"),
    fromRoot("/usr/share/sluice/sluice.schema.json", "conf/sluice.schema.json"),
    ...EXAMPLES.map((name) => fromRoot(`/usr/share/doc/sluice/examples/${name}`, `conf/${name}`)),
    compressed("/usr/share/doc/sluice/CHANGELOG.md.gz", "CHANGELOG.md"),
    compressed("/usr/share/doc/sluice/service.md.gz", "docs/service.md"),
    compressed("/usr/share/doc/sluice/THIRD_PARTY_NOTICES.md.gz", "THIRD_PARTY_NOTICES.md"),
  ];
}

function programFiles(program: PackedProgram, unitFolder: string): PackedFile[] {
  const path = "/usr/bin/sluice";
  if ("binary" in program) return [{ path, mode: PROGRAM, content: { file: program.binary } }];
  return [
    { path, mode: PROGRAM, content: NODE_LAUNCHER },
    { path: "/usr/lib/sluice/sluice.js", mode: FILE, content: { file: program.nodeBundle } },
    fromPackaging(`${unitFolder}/sluice.service.d/node.conf`, "systemd/node.conf"),
  ];
}

/** The script that Debian's packages and install.sh bring along. */
export function initScript(): PackedFile {
  return {
    path: "/etc/init.d/sluice",
    mode: PROGRAM,
    content: { file: `${ROOT}etc/init.d/sluice` },
  };
}

function fromPackaging(path: string, name: string): PackedFile {
  return fromRoot(path, `packaging/${name}`);
}

function fromRoot(path: string, name: string): PackedFile {
  return { path, mode: FILE, content: { file: `${ROOT}${name}` } };
}

function compressed(path: string, name: string): PackedFile {
  return { path, mode: FILE, content: compress(readFileSync(`${ROOT}${name}`)) };
}

/** As `gzip -9n`: without a name and a date. */
export function compress(content: Uint8Array | string): Uint8Array {
  return gzipSync(content, { level: BEST });
}
