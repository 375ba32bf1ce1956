/**
 * How many streams are on their way to other servers. Where they go is for the API to tell: addresses
 * are no labels.
 *
 * @module
 */

import type { ForwardReport, ForwardState } from "../../live/reports.ts";
import type { MetricFamily } from "./exposition.ts";

const STATES: readonly ForwardState[] = ["waiting", "connecting", "forwarding", "pausing"];

export function forwardFamily(forwards: readonly ForwardReport[]): MetricFamily {
  const count = (state: ForwardState): number =>
    forwards.filter((forward) => forward.state === state).length;
  return {
    name: "sluice_forwards",
    type: "gauge",
    help: "Streams that go to other servers, by what is being done about it.",
    samples:
      forwards.length === 0
        ? []
        : STATES.map((state) => ({ labels: { state }, value: count(state) })),
  };
}
