/**
 * What an SRS user has to know though no directive says it.
 *
 * @module
 */

import { DEFAULT_VHOST } from "../../base/stream-name.ts";
import type { Config } from "../config.ts";
import type { ImportNote } from "./ledger-findings.ts";

export function noteDifferences({ httpApi, vhosts, pid, workDir }: Config): ImportNote[] {
  const notes: ImportNote[] = [];
  if (httpApi.enabled && !httpApi.auth.enabled) {
    const text = "Without it the API answers this machine alone; SRS's answers everybody";
    notes.push({ path: "http_api.auth", text });
  }
  if (!Object.hasOwn(vhosts, DEFAULT_VHOST)) {
    const text = `There is no vhost ${DEFAULT_VHOST}, so that who asks by address is refused, as in SRS`;
    notes.push({ path: `vhosts.${DEFAULT_VHOST}`, text });
  }
  if (workDir === "./" && pid.startsWith("./")) {
    const text = "Paths such as `./objs/...` begin in the folder that the server is started in";
    notes.push({ path: "work_dir", text });
  }
  return notes;
}
