/**
 * Blocks of settings: unknown names, environment, defaults, and warnings about what is not there yet.
 *
 * @module
 */

import {
  type Environment,
  environmentNames,
  hasVariables,
  readEnvironment,
  resolveReferences,
} from "./environment.ts";
import { type Findings, type Place, reportAt } from "./findings.ts";
import { describeRaw, isEmptyRaw, type RawBlock, type RawValue } from "./raw-value.ts";
import { readSetting } from "./read-setting.ts";
import {
  type Block,
  type ConfigFormat,
  hasValues,
  isDerived,
  plainDefault,
  type Setting,
  type SettingValue,
  type Values,
} from "./settings/setting.ts";
import { describeUnknown } from "./unknown-setting.ts";

/** A vhost takes some kilobytes of memory; a farm has some thousand of them. */
const ENTRIES_MAX = 10_000;

/** A setting that was set to something else than its default. */
interface Change {
  readonly name: string;
  readonly place: Place;
}

/** Where the reader is. */
interface Position {
  /** Of the block, without names of its own: `vhosts.play`. Findings of equal kind share it. */
  readonly genericPath: string;
  readonly path: string;
  /** The values of the blocks around, innermost first. */
  readonly around: readonly Values[];
  /** The block or one around it is disabled, so that nothing in it has an effect anyway. */
  readonly isDisabled: boolean;
}

/** Turns raw blocks into values, by the table. */
export class BlockReader {
  readonly #table: Block;
  readonly #format: ConfigFormat;
  readonly #environment: Environment;
  readonly #findings: Findings;
  readonly #names: Map<Setting, readonly string[]>;
  #keepsReferences = false;
  /** Defaults to fill in when everything else is known. */
  readonly #derivations: (() => void)[] = [];

  constructor(table: Block, format: ConfigFormat, environment: Environment, findings: Findings) {
    this.#table = table;
    this.#format = format;
    this.#environment = environment;
    this.#findings = findings;
    this.#names = hasVariables(environment) ? environmentNames(table) : new Map();
  }

  /** The variables of every setting; none if the environment has none. */
  get environmentNames(): ReadonlyMap<Setting, readonly string[]> {
    return this.#names;
  }

  /** From now on, references to the environment such as `$CANDIDATE` stay as they are. */
  keepReferences(): void {
    this.#keepsReferences = true;
  }

  /** Reads the whole configuration. */
  read(raw: RawBlock | undefined): Values {
    const start = { genericPath: "", path: "", around: [], isDisabled: false };
    const { values } = this.#readBlock(this.#table, raw, start);
    for (const derive of this.#derivations) derive();
    return values;
  }

  #readBlock(
    block: Block,
    raw: RawBlock | undefined,
    at: Position,
  ): { readonly values: Values; readonly changes: readonly Change[] } {
    const values: Values = {};
    if (raw !== undefined) this.#findUnknown(block, raw, at);
    const settings = block.items.filter((item) => item.kind === "setting");
    const blocks = block.items.filter((item) => item.kind === "block");
    const changes = settings.flatMap((item) => this.#readItem(item, raw, values, at));

    const isDisabled = at.isDisabled || values["enabled"] === false;
    for (const child of blocks) {
      const inner = { ...at, isDisabled, around: [values, ...at.around] };
      changes.push(...this.#readChild(child, raw, values, inner));
    }

    this.#warnPlannedSettings(settings, changes, { ...at, isDisabled });
    const [first] = changes;
    if (block.planned === undefined || first === undefined) return { values, changes };
    const place = changes.find(({ name }) => name === "enabled")?.place ?? first.place;
    if (!isDisabled) this.#findings.warn(place, at.path, block.planned, at.genericPath);
    return { values, changes: [] };
  }

  /** Reads one setting into `values`. Returns itself if it is not at its default. */
  #readItem(
    setting: Setting,
    raw: RawBlock | undefined,
    values: Values,
    at: Position,
  ): readonly Change[] {
    if (setting.obsolete !== undefined) return [];
    const property = setting.property;
    const names = this.#names.get(setting) ?? [];
    const written =
      readEnvironment(setting, names, this.#environment) ?? raw?.entries.get(setting.name)?.value;
    const value = written && this.#readValue(setting, written, join(at.path, setting.name));
    const plain = plainDefault(setting, this.#format);
    if (written !== undefined && value !== undefined) {
      values[property] = value;
      const isDefault = plain !== undefined && JSON.stringify(plain) === JSON.stringify(value);
      return isDefault ? [] : [{ name: setting.name, place: written.place }];
    }

    // Takes the property's place in the order, whenever its value comes.
    values[property] = plain;
    const { default: derived } = setting;
    if (plain === undefined && isDerived(derived)) {
      const blocks = [values, ...at.around];
      this.#derivations.push(() => {
        values[property] = derived.derive({ format: this.#format, blocks });
      });
    }
    return [];
  }

  #readValue(setting: Setting, raw: RawValue, path: string): SettingValue | undefined {
    const value = readSetting(setting, raw, reportAt(this.#findings, path));
    if (value === undefined || !setting.isEnvironmentReference) return value;
    const words = typeof value === "string" ? [value] : (value as readonly string[]);
    const resolved = this.#keepsReferences ? words : resolveReferences(words, this.#environment);
    if (resolved.length === 0) return undefined;
    return typeof value === "string" ? resolved[0] : resolved;
  }

  #readChild(
    block: Block,
    raw: RawBlock | undefined,
    values: Values,
    at: Position,
  ): readonly Change[] {
    const property = block.property;
    const written = raw?.entries.get(block.name)?.value;
    const inner = {
      ...at,
      genericPath: join(at.genericPath, block.name),
      path: join(at.path, block.name),
    };
    if (block.shape === "one") {
      const read = this.#readBlock(block, this.#expectBlock(written, inner.path), inner);
      if (hasValues(block)) values[property] = read.values;
      return read.changes.map(({ name, place }) => ({ name: join(block.name, name), place }));
    }
    if (block.shape === "list") {
      values[property] = this.#readRepeated(block, written, inner);
      return [];
    }
    const map: Values = Object.create(null);
    const entries = this.#expectBlock(written, inner.path)?.entries ?? new Map();
    for (const [key, entry] of this.#limit([...entries], written, inner.path)) {
      const path = join(inner.path, key);
      map[key] = this.#readBlock(block, this.#expectBlock(entry.value, path), {
        ...inner,
        path,
      }).values;
    }
    values[property] = map;
    return [];
  }

  #readRepeated(block: Block, written: RawValue | undefined, at: Position): Values[] {
    if (written === undefined || isEmptyRaw(written)) return [];
    const items = written.kind === "list" ? written.items : [written];
    return this.#limit(items, written, at.path).map((item, index) => {
      const path = `${at.path}[${index}]`;
      return this.#readBlock(block, this.#expectBlock(item, path), { ...at, path }).values;
    });
  }

  /** Refuses more entries of a repeated block than there is memory for. */
  #limit<T>(entries: readonly T[], written: RawValue | undefined, path: string): readonly T[] {
    if (entries.length <= ENTRIES_MAX || written === undefined) return entries;
    const message = `Expected at most ${ENTRIES_MAX} entries, found ${entries.length}`;
    this.#findings.error(written.place, path, message);
    return [];
  }

  #expectBlock(raw: RawValue | undefined, path: string): RawBlock | undefined {
    if (raw === undefined || raw.kind === "block") return raw;
    if (!isEmptyRaw(raw)) {
      const message = `Expected a block of settings such as "enabled: true", found ${describeRaw(raw)}`;
      this.#findings.error(raw.place, path, message);
    }
    return undefined;
  }

  #findUnknown(block: Block, raw: RawBlock, at: Position): void {
    const known = block.items.map((item) => item.name);
    for (const [name, { place }] of raw.entries) {
      if (this.#findings.isFull) return;
      if (known.includes(name)) continue;
      const message = describeUnknown(name, known, this.#table);
      this.#findings.error(place, join(at.path, name), message);
    }
  }

  #warnPlannedSettings(
    settings: readonly Setting[],
    changes: readonly Change[],
    at: Position,
  ): void {
    if (at.isDisabled) return;
    for (const { name, planned } of settings) {
      const change = changes.find((candidate) => candidate.name === name);
      if (planned === undefined || change === undefined) continue;
      this.#findings.warn(change.place, join(at.path, name), planned, join(at.genericPath, name));
    }
  }
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
