/**
 * Goal: dashboards made for SRS's exporter find all of its families, with their types, their labels and
 * the same kind of figures.
 *
 * Method: what SRS's exporter answered, key by key; its sentences for people are not taken over.
 */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createMetrics } from "../../../src/services/metrics/metrics.ts";
import { type ParsedFamily, parseExposition } from "../../support/exposition.ts";
import { FixedView, PROCESS } from "../../support/reports.ts";

const FIXTURES = new URL("../../fixtures/srs-api/api.json", import.meta.url);
const ANSWERS = JSON.parse(readFileSync(FIXTURES, "utf8")) as {
  readonly path: string;
  readonly answer: readonly (readonly [string, string])[];
  readonly text: string;
}[];
const CAPTURED = ANSWERS.filter(({ path }) => path === "/metrics");

async function scrape(
  view: FixedView = new FixedView(),
): Promise<{ families: ParsedFamily[]; type: string | undefined }> {
  const answer = await createMetrics({
    view,
    identity: {
      serverId: "vid-ul2vr26",
      serviceId: "36etwo4s",
      pid: "28619",
      programKey: "secret",
    },
    isEnabled: true,
    labels: { label: "cn-beijing", tag: "cn-edge", architecture: "x64" },
  })({ path: "/metrics", method: "GET" });
  const fields = new Map(answer?.fields);
  return {
    families: parseExposition(String(answer?.body)),
    type: fields.get("Content-Type"),
  };
}

/** The fixture without HELP has its types and samples; these are in SRS's order. */
function readCaptured(text: string): { name: string; type: string; labels: string[] }[] {
  return [...text.matchAll(/^# TYPE (\w+) (\w+)\n\1(?:\{(.*)\})? /gm)].map(
    ([, name = "", type = "", labels = ""]) => {
      return { name, type, labels: [...labels.matchAll(/(\w+)="/g)].map(([, key = ""]) => key) };
    },
  );
}

test("totals of workers that are gone count on", async () => {
  const view = new FixedView();
  const ofWorkers = { sessionsTotal: 40, errors: 10, receivedSize: 2_000_000, sentSize: 9_000_000 };
  view.processReports = [
    { ...PROCESS, role: "worker", worker: 0 },
    { ...PROCESS, role: "supervisor", receivedSize: 0, sentSize: 0, ofWorkers },
  ];
  const { families } = await scrape(view);
  const values = ["send_bytes", "receive_bytes", "clients", "clients_errs"].map((name) => {
    return families.find((family) => family.name === `srs_${name}_total`)?.samples[0]?.value;
  });
  expect(values).toEqual([9_000_000, 2_000_000, 40, 10]);
  // A sum of those that answer would be less.
  view.processReports = [{ ...PROCESS, role: "worker", worker: 0 }];
  const names = (await scrape(view)).families.map(({ name }) => name);
  expect(names.filter((name) => /^srs_.*_total$/.test(name))).toEqual([]);
  expect(names).toContain("srs_memory");
});

test.each(CAPTURED)("$name", async ({ text, answer }) => {
  const captured = readCaptured(text);
  expect(captured).toHaveLength(10);
  const { families, type } = await scrape();
  const own = families.filter(({ name }) => name.startsWith("srs_"));
  const known = own.map(({ name, type: kind, samples: [sample] }) => {
    return { name, type: kind, labels: Object.keys(sample?.labels ?? {}) };
  });
  expect(known).toEqual(captured);
  expect(own.every(({ samples }) => samples.length === 1)).toBe(true);
  const media = new Map(answer).get("Content-Type") ?? "";
  // The version of the format is ours: the specification asks for it.
  expect(type?.replace(" version=0.0.4;", "")).toBe(media);
});
