/**
 * The system's sockets as Linux's /proc lists them.
 *
 * Spec: proc_pid_net(5) (`/proc/net/tcp`, `/proc/net/udp`), proc_pid_fd(5)
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { formatIpAddress } from "../../base/ip-address.ts";

export type Transport = "tcp" | "udp";

/** States as the tables number them: TCP_LISTEN, and TCP_CLOSE for UDP, which has no others. */
const STATES = { tcp: "0A", udp: "07" } as const;

const WORD_SIZE = 4;

/** A socket that listens, or one of UDP. */
export interface TableRow {
  readonly host: string;
  readonly port: number;
  /** What /proc/self/fd/N links to, if the socket is one of this process. */
  readonly link: string;
}

/** All of the network that this process is in. None where there is no /proc. */
export async function readSocketTable(transport: Transport): Promise<TableRow[]> {
  const tables = await Promise.all(
    [transport, `${transport}6`].map((name) =>
      readFile(`/proc/self/net/${name}`, "latin1").catch(() => ""),
    ),
  );
  return tables.flatMap((table) => table.split("\n")).flatMap((line) => readRow(line, transport));
}

/** Reads `sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode ...`. */
function readRow(line: string, transport: Transport): TableRow[] {
  const fields = line.trim().split(/\s+/);
  const [, host, port] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(fields[1] ?? "") ?? [];
  if (host === undefined || port === undefined || fields[3] !== STATES[transport]) return [];
  const link = `socket:[${fields[9]}]`;
  return [{ host: formatIpAddress(readAddress(host)), port: Number.parseInt(port, 16), link }];
}

/** Words of four bytes, each as this machine has them in memory: the least significant byte first. */
function readAddress(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const place = i - (i % WORD_SIZE) + (WORD_SIZE - 1 - (i % WORD_SIZE));
    bytes[place] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}
