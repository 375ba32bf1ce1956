/**
 * File descriptors of sockets whose runtime keeps them to itself, looked up in Linux's /proc
 * (proc(5), proc_net(5)).
 *
 * @module
 */

import { readdir, readFile, readlink } from "node:fs/promises";

/** States as /proc/net/tcp numbers them: TCP_LISTEN, and TCP_CLOSE for UDP, which has no others. */
const STATES = { tcp: "0A", udp: "07" } as const;

const FDS = "/proc/self/fd";

/**
 * Descriptors of this process's TCP listeners or UDP sockets at `port`, whatever their addresses.
 * None where there is no /proc.
 */
export async function findDescriptors(protocol: "tcp" | "udp", port: number): Promise<number[]> {
  const tables = await Promise.all(
    [protocol, `${protocol}6`].map((name) =>
      readFile(`/proc/self/net/${name}`, "latin1").catch(nothing),
    ),
  );
  const links = new Set(tables.flatMap((table) => findLinks(table, port, STATES[protocol])));
  const found: number[] = [];
  if (links.size === 0) return found;
  // Another process may share the port, and its socket is in the table too.
  for (const name of await readdir(FDS).catch(() => [])) {
    if (links.has(await readlink(`${FDS}/${name}`).catch(nothing))) found.push(Number(name));
  }
  return found;
}

/** Reads `sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode ...` in each line. */
function findLinks(table: string, port: number, state: string): string[] {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(ending) && fields[3] === state)
    .map((fields) => `socket:[${fields[9]}]`);
}

function nothing(): string {
  return "";
}
