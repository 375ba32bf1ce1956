/**
 * Figures under the names of SRS's exporter, for dashboards that were made for it.
 *
 * @module
 */

import { PRODUCT_NAME, VERSION } from "../../base/version.ts";
import type { MachineReport } from "../../live/machine-report.ts";
import type { ProcessReport, StreamReport } from "../../live/reports.ts";
import type { ServerIdentity } from "../../live/server-identity.ts";
import type { TotalsReport } from "../../live/totals.ts";
import { isInUse } from "../../live/vhost-report.ts";
import type { MetricFamily, MetricLabels } from "./exposition.ts";

/** What is configured, and where the program runs. */
export interface SrsLabels {
  readonly label: string;
  readonly tag: string;
  /** Such as `x64`. */
  readonly architecture: string;
}

export interface SrsReports {
  readonly processes: readonly ProcessReport[];
  readonly streams: readonly StreamReport[];
  readonly machine: MachineReport;
}

/** As uname(2) calls what runtimes have other names for. */
const MACHINES: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };
const KIBIBYTE = 1024;

export function srsFamilies(
  { processes, streams, machine }: SrsReports,
  identity: ServerIdentity,
  labels: SrsLabels,
): MetricFamily[] {
  const sum = (value: (report: ProcessReport) => number): number =>
    processes.reduce((total, report) => total + value(report), 0);
  const clients = streams.reduce((total, { clients: count }) => total + count, 0);
  const { label, tag } = labels;
  const totals = totalsOf(processes);
  const figures: readonly (readonly [name: string, help: string, value: number | undefined])[] = [
    ["srs_cpu_percent", "Per cent of a core, of all processes.", 100 * sum((one) => one.cpuLoad)],
    [
      "srs_memory",
      "Resident memory in KiB, of all processes.",
      Math.round(sum((one) => one.residentSize) / KIBIBYTE),
    ],
    ["srs_send_bytes_total", "Bytes sent.", totals?.sentSize],
    ["srs_receive_bytes_total", "Bytes received.", totals?.receivedSize],
    ["srs_streams", "Streams with a publisher or clients.", streams.filter(isInUse).length],
    ["srs_clients", "Those who publish, play or wait to.", clients],
    ["srs_clients_total", "Clients so far.", totals?.sessionsTotal],
    ["srs_clients_errs_total", "Clients whose session ended by an error.", totals?.errors],
  ];
  return [
    unameFamily(machine, labels),
    infoFamily("srs_build_info", "Always 1; labels say which server this is.", {
      server: identity.serverId,
      service: identity.serviceId,
      pid: identity.pid,
      build_date: "",
      major: VERSION.split(".")[0] ?? "",
      version: VERSION,
      code: PRODUCT_NAME,
      ...(label === "" ? {} : { label }),
      ...(tag === "" ? {} : { tag }),
    }),
    ...figures.map(([name, help, value]): MetricFamily => {
      const type = name.endsWith("_total") ? "counter" : "gauge";
      return { name, type, help, samples: value === undefined ? [] : [{ labels: {}, value }] };
    }),
  ];
}

/**
 * Of a single process its own, of several what the supervisor knows of all that there have been. If it
 * does not answer they are not known: a sum of those that do would be less than what was told before.
 */
function totalsOf(processes: readonly ProcessReport[]): TotalsReport | undefined {
  if (processes.some(({ role }) => role !== "single")) {
    return processes.find(({ ofWorkers }) => ofWorkers !== null)?.ofWorkers ?? undefined;
  }
  const sum = (value: (report: ProcessReport) => number): number =>
    processes.reduce((total, report) => total + value(report), 0);
  return {
    sessionsTotal: sum((one) => one.sessionsTotal),
    errors: sum(countErrors),
    receivedSize: sum((one) => one.receivedSize),
    sentSize: sum((one) => one.sentSize),
  };
}

function countErrors({ protocols }: ProcessReport): number {
  return Object.values(protocols).reduce((total, { errors }) => total + errors, 0);
}

function unameFamily({ kernel }: MachineReport, { architecture }: SrsLabels): MetricFamily {
  const { name = "", hostName = "", release = "", version = "" } = kernel ?? {};
  const family = infoFamily("srs_node_uname_info", "Always 1; labels are those of uname.", {
    sysname: name,
    nodename: hostName,
    release,
    version,
    machine: MACHINES[architecture] ?? architecture,
  });
  return kernel === null ? { ...family, samples: [] } : family;
}

function infoFamily(name: string, help: string, labels: MetricLabels): MetricFamily {
  return { name, type: "gauge", help, samples: [{ labels, value: 1 }] };
}
