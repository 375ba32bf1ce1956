/**
 * Whether the server runs in a container.
 *
 * @module
 */

import type { Files } from "../../runtime/runtime.ts";

/** Files by which container engines can be told. */
const CONTAINER_MARKS = ["/.dockerenv", "/run/.containerenv"];
const CONTROL_GROUPS = "/proc/1/cgroup";
const CONTAINER_GROUP = /\/(?:docker|kubepods|containerd)/;

export async function isInContainer(files: Pick<Files, "stat" | "readText">): Promise<boolean> {
  for (const path of CONTAINER_MARKS) {
    if ((await files.stat(path).catch(() => undefined)) !== undefined) return true;
  }
  return CONTAINER_GROUP.test(await files.readText(CONTROL_GROUPS).catch(() => ""));
}
