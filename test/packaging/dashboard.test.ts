/**
 * Goal: the dashboard and the alerts ask for figures that there are.
 *
 * Method: every name and label in them against a scrape of a server for which each family has something
 * to tell.
 */

import { beforeAll, describe, expect, test } from "vitest";
import { createMetrics } from "../../src/services/metrics/metrics.ts";
import { type ParsedFamily, parseExposition } from "../support/exposition.ts";
import { createFullView } from "../support/reports.ts";
import { type Parsed, readDocuments, readFile } from "./packaging-files.ts";

const IDENTITY = { serverId: "vid-1", serviceId: "1", pid: "1", programKey: "1" };
/** Added by Prometheus, or left out where there is one process. */
const OTHER_LABELS = ["instance", "job", "worker", "le"];
/** What is written in capitals in PromQL, or is a variable of Grafana, is no name. */
const NAME = /(?<![$\w])(?:sluice|process|srs)_[a-z_]+/g;

const dashboard: Parsed = JSON.parse(readFile("packaging/grafana/sluice.json"));
const panels: Parsed[] = dashboard.panels.filter(({ type }: Parsed) => type !== "row");
const families = new Map<string, ParsedFamily>();

beforeAll(async () => {
  const labels = { label: "", tag: "", architecture: "x64" };
  const metrics = createMetrics({
    view: createFullView(),
    identity: IDENTITY,
    isEnabled: true,
    labels,
  });
  const answer = await metrics({ path: "/metrics", method: "GET" });
  for (const family of parseExposition(String(answer?.body))) families.set(family.name, family);
});

function checkExpression(expression: string): void {
  const names = expression.match(NAME) ?? [];
  const known: string[] = [];
  for (const name of names) {
    const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ""));
    expect(family, `${name} in ${expression}`).toBeDefined();
    if (family === undefined) continue;
    const isHistogram = family.type === "histogram";
    expect(isHistogram, `${name} in ${expression}`).toBe(family.name !== name);
    for (const { labels } of family.samples) known.push(...Object.keys(labels));
    const isRated = expression.includes("rate(") || expression.includes("increase(");
    if (!name.startsWith("sluice_subscribers")) {
      expect(isRated, expression).toBe(family.type !== "gauge");
    }
  }
  const asked = [...expression.matchAll(/by \(([\w, ]+)\)/g)].flatMap(([, text = ""]) =>
    text.split(/, */),
  );
  for (const label of asked) expect([...known, ...OTHER_LABELS], expression).toContain(label);
  const values = [...expression.matchAll(/(\w+)="([^"]*)"/g)];
  for (const [, label = ""] of values)
    expect([...known, ...OTHER_LABELS], expression).toContain(label);
}

describe("packaging/grafana/sluice.json", () => {
  test.each(panels.map((panel) => [panel.title, panel] as const))("%s", (_, panel) => {
    expect(panel.targets.length).toBeGreaterThan(0);
    for (const { expr, legendFormat } of panel.targets) {
      expect(expr).toMatch(NAME);
      checkExpression(expr);
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
      const isSummed = expr.includes("sum");
      for (const label of shown) if (isSummed) expect(expr).toMatch(new RegExp(`by \\(.*${label}`));
    }
  });

  test("shows what an operator has to see", () => {
    const all = JSON.stringify(panels);
    for (const name of [
      ...["sluice_published_streams", "sluice_subscribers", "process_cpu_seconds_total"],
      ...["sluice_received_bytes_total", "sluice_sent_bytes_total", "sluice_hook_calls_total"],
      ...["process_resident_memory_bytes", "sluice_webrtc_round_trip_seconds"],
      ...["sluice_webrtc_loss_ratio", "sluice_protocol_session_errors_total"],
    ]) {
      expect(all).toContain(name);
    }
  });

  test("its panels have ids and places of their own", () => {
    const ids = dashboard.panels.map(({ id }: Parsed) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const places = dashboard.panels.map(({ gridPos: { x, y } }: Parsed) => `${x} ${y}`);
    expect(new Set(places).size).toBe(places.length);
  });
});

test("the alerts ask for what there is", () => {
  const [{ groups }] = readDocuments("packaging/compose/alerts.yml") as [Parsed];
  const rules = groups.flatMap(({ rules: some }: Parsed) => some);
  expect(rules.length).toBeGreaterThan(0);
  for (const { expr } of rules) checkExpression(expr);
  // The documentation has the same.
  const docs = readFile("docs/metrics.md");
  for (const { alert, expr } of rules) if (alert !== "SluiceDown") expect(docs).toContain(expr);
});
