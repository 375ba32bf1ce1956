/**
 * The part of a report that is about publishers and players, as of the moment in which it is made.
 *
 * @module
 */

import type { PlayGroup } from "./play-group.ts";
import { PlayerTotals } from "./player-totals.ts";
import { clockProblem } from "./problems.ts";
import type { PublishGroup } from "./publish-group.ts";
import {
  hlsReport,
  type PlayersReport,
  type PlayGroupReport,
  type PublishersReport,
  playersReport,
  publishersReport,
} from "./report.ts";
import { shownUrl } from "./shown-url.ts";

export interface ClientReports {
  readonly publishers: PublishersReport | undefined;
  readonly players: readonly PlayGroupReport[];
  readonly healthy: PlayersReport;
  /** What makes the figures doubtful. */
  readonly problems: readonly string[];
}

export function reportClients(
  plays: readonly PlayGroup[],
  publish: PublishGroup | undefined,
  seconds: number,
): ClientReports {
  const players = plays.flatMap(({ options: { url, protocol }, totals, hlsTotals }) =>
    [...totals].map(([playerClass, classTotals]) => ({
      url: shownUrl(url),
      protocol,
      class: playerClass,
      players: playersReport(classTotals, seconds),
      hls: protocol === "hls" ? hlsReport(hlsTotals) : null,
    })),
  );
  const clocks = clockProblem(sumOf(plays));
  return {
    publishers: publish && publishersReport(shownUrl(publish.options.url), publish.totals, seconds),
    players,
    healthy: playersReport(sumOfHealthy(plays), seconds),
    problems: clocks === undefined ? [] : [clocks],
  };
}

/** All players, whatever they do and play. */
export function sumOf(plays: readonly PlayGroup[]): PlayerTotals {
  const parts = plays.flatMap(({ totals }) => [...totals.values()]);
  const sum = new PlayerTotals(parts.reduce((count, part) => count + part.wantedCount, 0));
  for (const part of parts) {
    sum.addAllCounts(part);
    sum.addAllLatencies(part);
  }
  return sum;
}

/** Latency by HLS is the age of a whole segment, of which the others' know nothing. */
function sumOfHealthy(plays: readonly PlayGroup[]): PlayerTotals {
  const groups = plays.flatMap(({ options, totals }) => {
    const healthy = totals.get("healthy");
    return healthy === undefined ? [] : [{ protocol: options.protocol, healthy }];
  });
  const wantedCount = groups.reduce((count, { healthy }) => count + healthy.wantedCount, 0);
  const sum = new PlayerTotals(wantedCount);
  for (const { protocol, healthy } of groups) {
    sum.addAllCounts(healthy);
    if (protocol !== "hls") sum.addAllLatencies(healthy);
  }
  return sum;
}
