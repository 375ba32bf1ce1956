/**
 * What the archives hold that install.sh installs from.
 *
 * @module
 */

import { ROOT } from "../programs.ts";
import type { PackedFile } from "./file-tree.ts";
import { EXAMPLES } from "./payload.ts";

const PROGRAMS = ["install.sh"];
const TEXTS = [
  ...["sluice.yaml", "default", "logrotate", "systemd/sluice.service", "systemd/sluice.socket"],
  ...["man/sluice.8", "man/sluice.yaml.5"],
  ...["bash", "zsh", "fish"].map((shell) => `completion/sluice.${shell}`),
];
const DOCUMENTS = ["LICENSE", "CHANGELOG.md", "THIRD_PARTY_NOTICES.md"];

/** Paths begin in the archive's own folder. */
export function archiveFiles(binary: string): PackedFile[] {
  const from = (name: string, file: string, mode = 0o644): PackedFile => ({
    path: `/${name}`,
    mode,
    content: { file },
  });
  return [
    from("sluice", binary, 0o755),
    ...PROGRAMS.map((name) => from(name, `${ROOT}packaging/${name}`, 0o755)),
    from("init.d/sluice", `${ROOT}etc/init.d/sluice`, 0o755),
    ...TEXTS.map((name) => from(name, `${ROOT}packaging/${name}`)),
    from("service.md", `${ROOT}docs/service.md`),
    from("sluice.schema.json", `${ROOT}conf/sluice.schema.json`),
    ...EXAMPLES.map((name) => from(`examples/${name}`, `${ROOT}conf/${name}`)),
    ...DOCUMENTS.map((name) => from(name, `${ROOT}${name}`)),
  ];
}
