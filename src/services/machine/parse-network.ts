/**
 * `/proc/net/dev`, `/proc/net/sockstat` and `/proc/net/snmp`: bytes and connections of the machine.
 *
 * ```text
 *   eth0: 1271427499   34821    0    0    0     0          0         0 2090110   24141    0 ...
 *         received                                                     sent
 * TCP: inuse 40 orphan 0 tw 380 alloc 40 mem 159
 * UDP: inuse 0 mem 0
 * Tcp: RtoAlgorithm ... CurrEstab InSegs ...      names, and below them the figures
 * Tcp: 1 ... 22 24317584 ...
 * ```
 *
 * Spec: proc_pid_net(5).
 *
 * @module
 */

import type { ConnectionsReport, NetworkReport } from "../../live/machine-report.ts";
import { lineOf, numberOf, pairOf, wordsOf } from "./proc-text.ts";

const RECEIVED_AT = 0;
const SENT_AT = 8;

/** @param isPublic Whether an interface has an address of the Internet. */
export function parseNetwork(
  text: string,
  isPublic: (interfaceName: string) => boolean,
): NetworkReport | undefined {
  const report = {
    publicReceivedSize: 0,
    publicSentSize: 0,
    privateReceivedSize: 0,
    privateSentSize: 0,
  };
  let count = 0;
  for (const line of text.split("\n")) {
    // Of an interface with an alias, such as `eth0:1`, the last colon is the one before the figures.
    const [, name = "", rest = ""] = /^\s*(\S+):([\s\d]+)$/.exec(line) ?? [];
    const words = wordsOf(rest);
    const received = numberOf(words[RECEIVED_AT]);
    const sent = numberOf(words[SENT_AT]);
    if (received === undefined || sent === undefined) continue;
    count += 1;
    if (isPublic(name)) {
      report.publicReceivedSize += received;
      report.publicSentSize += sent;
    } else {
      report.privateReceivedSize += received;
      report.privateSentSize += sent;
    }
  }
  return count === 0 ? undefined : report;
}

export function parseConnections(sockstat: string, snmp: string): ConnectionsReport | undefined {
  const tcp = lineOf(sockstat, "TCP:") ?? [];
  const allocated = pairOf(tcp, "alloc");
  const timeWait = pairOf(tcp, "tw");
  if (allocated === undefined || timeWait === undefined) return undefined;
  return {
    total: allocated + timeWait,
    established: parseEstablished(snmp) ?? 0,
    timeWait,
    udp: pairOf(lineOf(sockstat, "UDP:") ?? [], "inuse") ?? 0,
  };
}

function parseEstablished(snmp: string): number | undefined {
  const [names = [], figures = []] = snmp
    .split("\n")
    .map(wordsOf)
    .filter(([first]) => first === "Tcp:");
  const at = names.indexOf("CurrEstab");
  return at < 0 ? undefined : numberOf(figures[at]);
}
