/**
 * The report for people.
 *
 * @module
 */

import { formatMs, formatRate, formatSize, formatTable } from "./format.ts";
import type { BenchReport, ClientsReport, PlayGroupReport, TimesReport } from "./report.ts";

const TIMES_HEADS = ["count", "p50", "p95", "p99", "max"];

export function formatReport(report: BenchReport): string {
  const { program, runtime, measuredSeconds, rampSeconds, warmupSeconds } = report;
  const sections = [
    `${program} bench on ${runtime}: ${measuredSeconds.toFixed(1)} s measured after ` +
      `${rampSeconds.toFixed(1)} s of ramp and ${warmupSeconds.toFixed(1)} s of warm-up\n`,
    formatClients(report),
    formatMedia(report),
    formatPackets(report),
    formatHls(report),
    formatTimes(report),
    formatUsage(report),
    formatProblems(report),
  ];
  return `\n${sections.filter((section) => section !== "").join("\n")}`;
}

function nameOf({ url, class: playerClass }: PlayGroupReport): string {
  return playerClass === "healthy" ? url : `${url} (${playerClass})`;
}

function formatClients({ publishers, players }: BenchReport): string {
  const row = (name: string, clients: ClientsReport): string[] => [
    name,
    ...[clients.wanted, clients.connected, clients.connectedMax].map(String),
    ...[clients.failed, clients.lost].map(String),
    formatRate(clients.bitsPerSecond),
    formatRate(clients.bitsPerSecondEach),
  ];
  const rows = players.map((group) => row(nameOf(group), group.players));
  if (publishers !== null) {
    rows.unshift(row(`publish ${publishers.url}`, publishers));
  }
  const heads = ["clients", "wanted", "connected", "at most", "failed", "lost", "rate", "each"];
  return formatTable(heads, rows);
}

function formatMedia({ players }: BenchReport): string {
  const rows = players
    .filter(({ protocol, class: playerClass }) => protocol !== "hls" && playerClass !== "stalled")
    .map((group) => {
      const { withFirstFrame, unserved, videoFrames, lostFrames, stalls, gaps } = group.players;
      return [
        nameOf(group),
        ...[withFirstFrame, unserved, videoFrames, lostFrames].map(String),
        ...[stalls.count, stalls.players, `${stalls.longestMs} ms`].map(String),
        ...[gaps.count, gaps.backward, gaps.players, gaps.mostPerPlayer].map(String),
      ];
    });
  const heads = ["media", "got key frame", "unserved", "frames", "frames lost"];
  heads.push(...["stalls", "players", "longest"], ...["gaps", "backward", "players", "most"]);
  return formatTable(heads, rows);
}

function formatPackets({ players, measuredSeconds }: BenchReport): string {
  const rows = players
    .filter(({ protocol }) => protocol === "whep")
    .map((group) => {
      const { packets, lostPackets } = group.players;
      const perSecond = measuredSeconds > 0 ? Math.round(packets / measuredSeconds) : 0;
      return [nameOf(group), ...[packets, perSecond, lostPackets].map(String)];
    });
  return formatTable(["webrtc", "packets", "a second", "packets lost"], rows);
}

function formatHls({ players }: BenchReport): string {
  const rows = players.flatMap((group) => {
    const { hls } = group;
    if (hls === null) return [];
    const { playlists, stalePlaylists, segments, lateSegments, skippedSegments } = hls;
    const counts = [playlists, stalePlaylists, segments, lateSegments, skippedSegments];
    return [[nameOf(group), ...counts.map(String), String(hls.failedRequests)]];
  });
  return formatTable(
    ["hls", "playlists", "stale", "segments", "late", "skipped", "failed requests"],
    rows,
  );
}

function formatTimes({ publishers, players }: BenchReport): string {
  const rows: string[][] = [];
  const add = (name: string, times: TimesReport): void => {
    if (times.count === 0) return;
    const { count, p50, p95, p99, max } = times;
    rows.push([name, String(count), ...[p50, p95, p99, max].map(formatMs)]);
  };
  if (publishers !== null) {
    add(`publish ${publishers.url} connect`, publishers.connectMs);
    add(`publish ${publishers.url} lateness`, publishers.latenessMs);
  }
  for (const group of players) {
    const name = nameOf(group);
    add(`${name} connect`, group.players.connectMs);
    add(`${name} first frame`, group.players.firstFrameMs);
    if (group.class !== "stalled") add(`${name} latency`, group.players.latencyMs);
    if (group.hls === null) continue;
    add(`${name} playlist age`, group.hls.playlistAgeMs);
    add(`${name} segment download`, group.hls.segmentMs);
  }
  return formatTable(["milliseconds", ...TIMES_HEADS], rows);
}

function formatUsage({ process, server, meter, publishers }: BenchReport): string {
  const rows: string[][] = [];
  const percent = (value: number): string => `${value.toFixed(1)} %`;
  if (process !== null) {
    const { processes, cpuPercent, userPercent, systemPercent } = process;
    rows.push([
      `process and children (${processes})`,
      ...[cpuPercent, userPercent, systemPercent].map(percent),
      ...[process.residentBytes, process.residentBytesMax].map(formatSize),
      process.proportionalBytes === 0 ? "-" : formatSize(process.proportionalBytes),
    ]);
  }
  if (server !== null) {
    const sizes = [server.residentBytes, server.residentBytesMax].map(formatSize);
    rows.push([`server ${server.url}`, percent(server.cpuPercent), "-", "-", ...sizes, "-"]);
  }
  const own = [meter.cpuPercent, meter.userPercent, meter.systemPercent].map(percent);
  rows.push(["this meter", ...own, formatSize(meter.residentBytes), "-", "-"]);
  const heads = ["usage", "of a core", "user", "system", "resident", "at most", "proportional"];
  let text = formatTable(heads, rows);
  if (publishers !== null && publishers.blockedTimes > 0) {
    const { blockedMs, blockedTimes } = publishers;
    text += `publishers could not send ${blockedTimes} times, ${blockedMs} ms in all\n`;
  }
  return text;
}

function formatProblems({ problems, isOk, isInterrupted }: BenchReport): string {
  const lines = problems.map((problem) => `! ${problem}\n`);
  if (isInterrupted) lines.unshift("! ended before its time\n");
  lines.push(isOk ? "All were served.\n" : "Not all were served.\n");
  return lines.join("");
}
