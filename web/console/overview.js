/**
 * The server at a glance, out of `/api/v1/summaries` and `/api/v1/vhosts/`.
 *
 * @module
 */

import { formatAge, formatBitrate, formatCount, formatMemory, formatPercent } from "./units.js";

/**
 * @param {{ summary: any, vhosts: readonly any[] }} read
 * @returns {Record<string, string>} Texts by the names of their places.
 */
export function toOverview({ summary, vhosts }) {
  const { self, system } = summary;
  const sum = (value) => vhosts.reduce((total, vhost) => total + value(vhost), 0);
  return {
    version: self.version,
    uptime: formatAge(self.srs_uptime),
    cpu: formatPercent(self.cpu_percent),
    cpuOfMachine: `of a core · machine ${formatPercent(system.cpu_percent)}`,
    memory: formatMemory(self.mem_kbyte),
    memoryOfMachine:
      system.mem_ram_kbyte > 0 ? `machine ${formatPercent(system.mem_ram_percent)}` : "",
    streams: formatCount(sum(({ streams }) => streams)),
    sessions: formatCount(sum(({ clients }) => clients)),
    received: formatBitrate(sum(({ kbps }) => kbps.recv_30s)),
    sent: formatBitrate(sum(({ kbps }) => kbps.send_30s)),
    connections: formatCount(system.conn_srs),
  };
}

/** Sessions of all vhosts. @param {readonly any[]} vhosts */
export function countSessions(vhosts) {
  return vhosts.reduce((total, { clients }) => total + clients, 0);
}
