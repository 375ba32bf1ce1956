/**
 * How many streams are on their way to other servers and from them. Where they go and come from is for
 * the API to tell: addresses are no labels.
 *
 * @module
 */

import type { ForwardReport, ForwardState, PullReport, PullState } from "../../live/reports.ts";
import type { MetricFamily } from "./exposition.ts";

const FORWARD_STATES: readonly ForwardState[] = ["waiting", "connecting", "forwarding", "pausing"];
const PULL_STATES: readonly PullState[] = ["connecting", "pulling", "pausing"];

export function exchangeFamilies(
  forwards: readonly ForwardReport[],
  pulls: readonly PullReport[],
): MetricFamily[] {
  return [
    byState(
      "sluice_forwards",
      "Streams that go to other servers, by what is being done about it.",
      FORWARD_STATES,
      forwards,
    ),
    byState(
      "sluice_pulls",
      "Streams that are fetched from other servers, by what is being done about it.",
      PULL_STATES,
      pulls,
    ),
  ];
}

function byState(
  name: string,
  help: string,
  states: readonly string[],
  reports: readonly { readonly state: string }[],
): MetricFamily {
  const count = (state: string): number => reports.filter((one) => one.state === state).length;
  const samples = states.map((state) => ({ labels: { state }, value: count(state) }));
  return { name, type: "gauge", help, samples: reports.length === 0 ? [] : samples };
}
