/**
 * A strict reader of Prometheus's text format, version 0.0.4: whatever the format does not allow, or
 * `promtool check metrics` warns of, is an error.
 *
 * @module
 */

export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly ParsedSample[];
}

export interface ParsedSample {
  /** With the suffix of a histogram. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const HELP = new RegExp(`^# HELP (${NAME}) ((?:[^\\\\]|\\\\\\\\|\\\\n)*)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (NaN|[+-]Inf|-?[0-9][0-9.e+-]*)$`);
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\\\|\\"|\\n)*)"(?:,|$)/;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [""],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
};

/** A family, to which lines are added. */
type OpenFamily = ParsedFamily & { readonly samples: ParsedSample[] };

/** @throws {Error} With the line that is wrong. */
export function parseExposition(text: string): ParsedFamily[] {
  if (!text.endsWith("\n")) throw new Error("The last line has no end");
  const families: OpenFamily[] = [];
  let help: RegExpExecArray | null = null;
  for (const line of text.slice(0, -1).split("\n")) {
    if (line.startsWith("# HELP")) {
      help = HELP.exec(line);
    } else if (line.startsWith("#")) {
      families.push(parseType(line, help, families));
    } else {
      const family = families.at(-1);
      if (family === undefined) throw new Error(`No family: ${line}`);
      family.samples.push(parseSample(line, family));
    }
  }
  for (const family of families) checkFamily(family);
  return families;
}

function parseType(
  line: string,
  help: RegExpExecArray | null,
  families: readonly ParsedFamily[],
): OpenFamily {
  const [, name = "", type = ""] = TYPE.exec(line) ?? [];
  if (name === "" || help?.[1] !== name) throw new Error(`Not after its HELP: ${line}`);
  if (families.some((one) => one.name === name)) throw new Error(`Twice: ${line}`);
  if ((type === "counter") !== name.endsWith("_total")) throw new Error(`Name: ${line}`);
  return { name, type, help: unescaped(help[2] ?? ""), samples: [] };
}

function parseSample(line: string, family: ParsedFamily): ParsedSample {
  const match = SAMPLE.exec(line);
  if (match === null) throw new Error(`No sample: ${line}`);
  const [, name = "", labels = "", value = ""] = match;
  if (!SUFFIXES[family.type]?.some((suffix) => name === family.name + suffix)) {
    throw new Error(`Not of the family ${family.name}: ${line}`);
  }
  const figure = Number(value.replace("Inf", "Infinity"));
  if (Number.isNaN(figure) && value !== "NaN") throw new Error(`No number: ${line}`);
  return { name, labels: parseLabels(labels), value: figure };
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== ""; ) {
    const match = LABEL.exec(rest);
    const [all = "", name = "", value = ""] = match ?? [];
    if (match === null || name in labels) throw new Error(`Labels: ${text}`);
    labels[name] = unescaped(value);
    rest = rest.slice(all.length);
  }
  return labels;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, character: string) => (character === "n" ? "\n" : character));
}

function checkFamily({ name, type, samples }: ParsedFamily): void {
  if (samples.length === 0) throw new Error(`${name} has no samples`);
  const keys = samples.map((one) => `${one.name} ${keyOf(one)}`);
  if (new Set(keys).size < keys.length) throw new Error(`${name} has a sample twice`);
  if (type === "counter" && samples.some(({ value }) => !(value >= 0))) {
    throw new Error(`${name} is below 0`);
  }
  if (type !== "histogram") return;
  for (const group of Map.groupBy(samples, keyOfGroup).values()) checkHistogram(name, group);
}

/** Buckets rise, the last is for any value, and the count is what that says. */
function checkHistogram(name: string, samples: readonly ParsedSample[]): void {
  const buckets = samples.filter((one) => one.name.endsWith("_bucket"));
  const bounds = buckets.map(({ labels }) => Number(labels["le"]?.replace("Inf", "Infinity")));
  const counts = buckets.map(({ value }) => value);
  const isRising = (values: readonly number[], least: number): boolean =>
    values.every((value, index) => index === 0 || value - (values[index - 1] ?? 0) >= least);
  if (!isRising(bounds, Number.MIN_VALUE)) throw new Error(`${name}: bounds do not rise`);
  if (!isRising(counts, 0)) throw new Error(`${name}: buckets do not rise`);
  const rest = samples.slice(buckets.length).map((one) => one.name);
  if (rest.join() !== `${name}_sum,${name}_count`) throw new Error(`${name}: ${rest}`);
  if (bounds.at(-1) !== Number.POSITIVE_INFINITY) throw new Error(`${name}: no last bucket`);
  if (counts.at(-1) !== samples.at(-1)?.value) throw new Error(`${name}: wrong count`);
}

function keyOf({ labels }: ParsedSample): string {
  return JSON.stringify(Object.entries(labels).sort());
}

function keyOfGroup({ labels }: ParsedSample): string {
  return JSON.stringify(
    Object.entries(labels)
      .filter(([name]) => name !== "le")
      .sort(),
  );
}
