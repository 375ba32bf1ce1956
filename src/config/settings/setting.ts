/**
 * The form of the settings table: what there is to say about one setting, and about a block of them.
 *
 * Validation, defaults, the `Config` type, the JSON Schema, conf/full.yaml and docs/configuration.md
 * are all made from the table, so that a setting is described once.
 *
 * @module
 */

import type { Endpoint } from "../endpoint.ts";

/** When a changed value is acted on. */
export type TakesEffect = "now" | "next session" | "restart";

/** Which defaults and leniencies apply: our own, or those of a configuration in SRS's format. */
export type ConfigFormat = "yaml" | "srs";

/** One rule of an access list: who may publish, or play. */
export interface AccessRule {
  readonly action: "publish" | "play";
  /** `all`, an address, or a range such as `10.0.0.0/8`. */
  readonly from: string;
}

/** What a value must be. */
export type SettingType =
  | { readonly kind: "boolean" }
  | {
      readonly kind: "integer" | "number";
      readonly min: number;
      readonly max: number;
      readonly unit?: string;
    }
  | { readonly kind: "string" }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  /** Where to listen: one or several of `port` or `address:port`. */
  | { readonly kind: "endpoints" }
  | { readonly kind: "strings" }
  /** Access rules, each `publish|play all|ADDRESS|RANGE`. */
  | { readonly kind: "rules" }
  /** External programs, each a list of arguments. */
  | { readonly kind: "commands" }
  /** Free names with text values, handed to an external program. */
  | { readonly kind: "options" };

export type SettingValue =
  | boolean
  | number
  | string
  | readonly Endpoint[]
  | readonly string[]
  | readonly AccessRule[]
  | readonly (readonly string[])[]
  | Readonly<Record<string, string>>;

/** Values of a block by property name. */
export type Values = Record<string, unknown>;

/** What a default may depend on. Values that are themselves derived may still be missing. */
export interface DeriveContext {
  readonly format: ConfigFormat;
  /** The block the setting is in, then the blocks around it, the whole configuration last. */
  readonly blocks: readonly Values[];
}

/** A default that depends on other settings. */
export interface DerivedDefault {
  /** For the documentation, such as `the global chunk_size`. */
  readonly text: string;
  readonly derive: (context: DeriveContext) => SettingValue;
}

export interface Setting {
  readonly kind: "setting";
  /** The directive's name in all spellings. */
  readonly name: string;
  /** The property in `Config` that holds it: its name in camel case. */
  readonly property: string;
  readonly type: SettingType;
  readonly default: SettingValue | DerivedDefault;
  /** The default under a configuration in SRS's format, where it is another one. */
  readonly srsDefault?: SettingValue;
  /** One or two plain sentences. */
  readonly doc: string;
  readonly takesEffect: TakesEffect;
  /**
   * Names of environment variables without their prefix, the strongest first. Absent: the path in
   * upper case. Empty: none.
   */
  readonly env?: readonly string[];
  /** A setting that SRS does not have: its environment variable has the prefix `SLUICE_` only. */
  readonly isOwn?: true;
  /** The sentence to warn with when it is set, because the feature is not there yet. */
  readonly planned?: string;
  /** Why the setting is accepted, whatever its value, and has no effect. It is not in `Config`. */
  readonly obsolete?: string;
  /** What SRS makes of words other than `on` and `off`. Absent: the default. */
  readonly srsOtherWords?: boolean;
  /** What to do in SRS's format with a number out of range, which there is no error. */
  readonly srsOutOfRange?: "clamp" | "default";
  /** A leading `$` names an environment variable that holds the value. */
  readonly isEnvironmentReference?: true;
}

export interface Block {
  readonly kind: "block";
  /** The key in YAML. */
  readonly name: string;
  /** The property in `Config` that holds it: its name in camel case. */
  readonly property: string;
  /** The directive in SRS's format, where it differs from the key. */
  readonly srsName?: string;
  /** `one`: a plain block; `list`: may be repeated; `map`: repeated with a name each. */
  readonly shape: "one" | "list" | "map";
  /** For maps: what the name is, such as `NAME`. */
  readonly keyName?: string;
  /** The type's name in the generated TypeScript. Absent: made from the path. */
  readonly typeName: string;
  readonly doc: string;
  readonly items: readonly Item[];
  /** No setting inside has an environment variable. */
  readonly hasNoEnv?: true;
  readonly planned?: string;
  /** SRS does not check the names inside, so that a file may hold unknown ones. */
  readonly isUncheckedBySrs?: true;
}

export type Item = Setting | Block;

/** What a setting may have beyond name, type, default and doc. */
export type SettingOptions = Partial<
  Omit<Setting, "kind" | "name" | "property" | "type" | "default" | "doc" | "takesEffect">
> & { readonly takes?: TakesEffect };

type Default<T extends SettingValue> = T | DerivedDefault;

function setting(
  name: string,
  type: SettingType,
  value: Default<SettingValue>,
  more: SettingOptions & { readonly doc: string },
): Setting {
  const { takes = "restart", ...rest } = more;
  const property = toCamelCase(name);
  return { kind: "setting", name, property, type, default: value, takesEffect: takes, ...rest };
}

export function boolean(
  name: string,
  value: Default<boolean>,
  doc: string,
  options: SettingOptions = {},
): Setting {
  return setting(name, { kind: "boolean" }, value, { doc, ...options });
}

/** Limits of a number, and its unit. */
export interface NumberOptions extends SettingOptions {
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
}

/** The largest 32-bit signed integer: SRS holds integers in an `int`. */
const INTEGER_MAX = 2_147_483_647;

function numeric(
  kind: "integer" | "number",
  options: NumberOptions,
): [SettingType, SettingOptions] {
  const { min = 0, max = INTEGER_MAX, unit, ...rest } = options;
  return [{ kind, min, max, ...(unit !== undefined && { unit }) }, rest];
}

export function integer(
  name: string,
  value: Default<number>,
  doc: string,
  options: NumberOptions = {},
): Setting {
  const [type, rest] = numeric("integer", options);
  return setting(name, type, value, { doc, ...rest });
}

export function number(
  name: string,
  value: Default<number>,
  doc: string,
  options: NumberOptions = {},
): Setting {
  const [type, rest] = numeric("number", options);
  return setting(name, type, value, { doc, ...rest });
}

export function string(
  name: string,
  value: Default<string>,
  doc: string,
  options: SettingOptions = {},
): Setting {
  return setting(name, { kind: "string" }, value, { doc, ...options });
}

/** The first of `values` is the default unless `value` is given. */
export function oneOf(
  name: string,
  values: readonly [string, ...string[]],
  doc: string,
  options: SettingOptions & { readonly value?: Default<string> } = {},
): Setting {
  const { value = values[0], ...rest } = options;
  return setting(name, { kind: "enum", values }, value, { doc, ...rest });
}

export function strings(
  name: string,
  value: Default<readonly string[]>,
  doc: string,
  options: SettingOptions = {},
): Setting {
  return setting(name, { kind: "strings" }, value, { doc, ...options });
}

/** @param port The default port on all IPv4 addresses, or what the default derives from. */
export function endpoints(
  name: string,
  port: number | DerivedDefault,
  doc: string,
  options: SettingOptions = {},
): Setting {
  const value = typeof port === "number" ? [{ host: "0.0.0.0", port }] : port;
  return setting(name, { kind: "endpoints" }, value, { doc, ...options });
}

export function rules(name: string, doc: string, options: SettingOptions = {}): Setting {
  return setting(name, { kind: "rules" }, [], { doc, ...options });
}

export function commands(name: string, doc: string, options: SettingOptions = {}): Setting {
  return setting(name, { kind: "commands" }, [], { doc, ...options });
}

export function options(name: string, doc: string, more: SettingOptions = {}): Setting {
  return setting(name, { kind: "options" }, {}, { doc, ...more });
}

/** Accepts anything and does nothing with it. `reason` says why. */
export function obsolete(name: string, reason: string, more: SettingOptions = {}): Setting {
  const doc = "Accepted, has no effect.";
  return setting(name, { kind: "string" }, "", { doc, obsolete: reason, ...more });
}

/** What a block may have beyond its name, doc and items. */
export type BlockOptions = Partial<
  Omit<Block, "kind" | "name" | "property" | "doc" | "items" | "shape">
> & {
  readonly typeName: string;
};

/** A block that occurs once. */
export function block(
  name: string,
  doc: string,
  items: readonly Item[],
  options: BlockOptions,
): Block {
  const property = toCamelCase(name);
  return { kind: "block", shape: "one", name, property, doc, items, ...options };
}

/** Tells a default that depends on other settings from a value. */
export function isDerived(value: SettingValue | DerivedDefault): value is DerivedDefault {
  return typeof value === "object" && "derive" in value && typeof value.derive === "function";
}

/** The default under `format`, unless it depends on other settings. */
export function plainDefault(item: Setting, format: ConfigFormat): SettingValue | undefined {
  if (format === "srs" && item.srsDefault !== undefined) return item.srsDefault;
  return isDerived(item.default) ? undefined : item.default;
}

/** Does anything in `block` have a value? Obsolete settings have none. */
export function hasValues(block: Block): boolean {
  return block.items.some((item) =>
    item.kind === "block" ? hasValues(item) : item.obsolete === undefined,
  );
}

function toCamelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
