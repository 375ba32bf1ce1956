/**
 * File descriptors of sockets whose runtime keeps them to itself, looked up in Linux's /proc, and what
 * is known of one that was given.
 *
 * Spec: proc_pid_fd(5)
 *
 * @module
 */

import { readdir, readlink } from "node:fs/promises";
import type { InheritedSocket } from "../runtime.ts";
import { readSocketTable, type Transport } from "./socket-table.ts";

const FDS = "/proc/self/fd";

/**
 * Descriptors of this process's TCP listeners or UDP sockets at `port`, whatever their addresses.
 * None where there is no /proc.
 */
export async function findDescriptors(transport: Transport, port: number): Promise<number[]> {
  const rows = await readSocketTable(transport);
  const links = new Set(rows.filter((row) => row.port === port).map(({ link }) => link));
  const found: number[] = [];
  if (links.size === 0) return found;
  // Another process may share the port, and its socket is in the table too.
  for (const name of await readdir(FDS).catch(() => [])) {
    if (links.has(await linkOf(name))) found.push(Number(name));
  }
  return found;
}

/** As `Host.takeInherited`. */
export async function describeDescriptor(descriptor: number): Promise<InheritedSocket | undefined> {
  const link = await linkOf(String(descriptor));
  if (!link.startsWith("socket:")) return undefined;
  for (const transport of ["tcp", "udp"] as const) {
    const row = (await readSocketTable(transport)).find((one) => one.link === link);
    if (row !== undefined) return { descriptor, transport, host: row.host, port: row.port };
  }
  return undefined;
}

function linkOf(name: string): Promise<string> {
  return readlink(`${FDS}/${name}`).catch(() => "");
}
