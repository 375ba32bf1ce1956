/**
 * Makes what is in the image; Containerfile calls it, in its first stage:
 *
 *     scripts/with-node container-root.ts build|release amd64|arm64 GLIBC OUTPUT
 *
 * with the folder GLIBC holding glibc's libraries for that machine. What comes of it is OUTPUT/root,
 * which belongs to root, and OUTPUT/state, what is in /var/lib and belongs to the server's user.
 *
 * @module
 */

import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { rootCertificates } from "node:tls";
import { compile } from "./build/compile.ts";
import {
  COPIES,
  FOLDERS,
  LINKS,
  LOADER_FOLDERS,
  TARGET_BY_ARCHITECTURE,
  TEXTS,
} from "./build/container-tree.ts";
import { copyReadable, writeReadable } from "./build/readable-file.ts";
import { readSource } from "./build/source.ts";
import { findTarget } from "./build/targets.ts";
import { ROOT } from "./programs.ts";

const [binary = "", architecture = "", glibc = "", output = ""] = process.argv.slice(2);
const targetName = TARGET_BY_ARCHITECTURE[architecture];
if (targetName === undefined) {
  const names = Object.keys(TARGET_BY_ARCHITECTURE).join(" and ");
  throw new Error(`Cannot make an image for "${architecture}": there are ${names}`);
}

const root = `${output}/root`;
for (const [path, mode] of FOLDERS) {
  mkdirSync(`${root}/${path}`, { recursive: true });
  chmodSync(`${root}/${path}`, mode); // mkdir leaves out what the umask says.
}
mkdirSync(`${output}/state/sluice`, { recursive: true });
for (const [path, text] of Object.entries(TEXTS)) writeReadable(at(path), text);
// Those that browsers know; Node has them inside.
writeReadable(at("etc/ssl/certs/ca-certificates.crt"), `${rootCertificates.join("\n")}\n`);
for (const [path, file] of Object.entries(COPIES)) copyReadable(`${ROOT}${file}`, at(path));
for (const [path, target] of Object.entries(LINKS)) symlinkSync(target, at(path));
for (const name of readdirSync(glibc)) {
  const folder = name.startsWith("ld-linux") ? LOADER_FOLDERS[architecture] : "lib";
  copyFileSync(`${glibc}/${name}`, at(`${folder}/${name}`));
}
putProgram(at("usr/bin/sluice"), targetName);

/** @returns The path, in a folder that is there. */
function at(path: string): string {
  const whole = `${root}/${path}`;
  mkdirSync(dirname(whole), { recursive: true });
  return whole;
}

function putProgram(path: string, target: string): void {
  const source = readSource();
  if (binary === "build") {
    compile(source, path, findTarget(target));
    return;
  }
  const released = `${ROOT}dist/release/sluice-${source.version}-${target}`;
  if (binary !== "release" || !existsSync(released)) {
    throw new Error(`Cannot use "${binary}": it is "build", or "release" where ${released} is`);
  }
  copyFileSync(released, path);
  chmodSync(path, 0o755);
}
