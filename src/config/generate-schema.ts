/**
 * The JSON Schema of the YAML spelling, for editors, made from the settings table.
 *
 * Spec: JSON Schema draft 7.
 *
 * @module
 */

import type { Endpoint } from "./endpoint.ts";
import { formatEndpoint } from "./endpoint.ts";
import { describeSetting } from "./settings/describe.ts";
import {
  type Block,
  isDerived,
  plainDefault,
  type Setting,
  type SettingType,
} from "./settings/setting.ts";

type Schema = Readonly<Record<string, unknown>>;

/** The text of sluice.schema.json. */
export function generateSchema(table: Block): string {
  const schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Configuration of Sluice",
    ...schemaOfItems(table),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function schemaOf(block: Block): Schema {
  const planned = block.planned === undefined ? "" : " Not supported yet.";
  const description = `${block.doc}${planned}`;
  const items = schemaOfItems(block);
  switch (block.shape) {
    case "one":
      return { description, ...items };
    case "map":
      return { description, type: ["object", "null"], additionalProperties: items };
    case "list":
      return { description, type: ["array", "null"], items };
  }
}

function schemaOfItems(block: Block): Schema {
  const properties = Object.fromEntries(
    block.items.map((item) => [
      item.name,
      item.kind === "block" ? schemaOf(item) : schemaOfSetting(item),
    ]),
  );
  return { type: ["object", "null"], properties, additionalProperties: false };
}

function schemaOfSetting(setting: Setting): Schema {
  const description = describeSetting(setting);
  if (setting.obsolete !== undefined) return { description, deprecated: true };
  const value = plainDefault(setting, "yaml");
  const isShown = value !== undefined && setting.type.kind !== "rules";
  return {
    description: isDerived(setting.default)
      ? `${description} Default: ${setting.default.text}.`
      : description,
    ...schemaOfType(setting.type),
    ...(isShown && {
      default: setting.type.kind === "endpoints" ? endpointDefault(value as Endpoint[]) : value,
    }),
  };
}

function endpointDefault(value: readonly Endpoint[]): unknown {
  const words = value.map(formatEndpoint).map((word) => (/^\d+$/.test(word) ? Number(word) : word));
  return words.length === 1 ? words[0] : words;
}

/** What stands for a text in YAML: a number needs no quotes. */
const TEXT: Schema = { type: ["string", "number", "boolean"] };
const ENDPOINT: Schema = {
  anyOf: [{ type: "integer", minimum: 0, maximum: 65_535 }, { type: "string" }],
};

function schemaOfType(type: SettingType): Schema {
  switch (type.kind) {
    case "boolean":
      return { enum: [true, false, "on", "off"] };
    case "integer":
    case "number":
      return { type: type.kind, minimum: type.min, maximum: type.max };
    case "string":
      return TEXT;
    case "enum":
      return { enum: type.values };
    case "endpoints":
      return { anyOf: [ENDPOINT, { type: "array", items: ENDPOINT }] };
    case "strings":
    case "rules":
      return { anyOf: [TEXT, { type: "array", items: TEXT }] };
    case "commands": {
      const command = { anyOf: [TEXT, { type: "array", items: TEXT }] };
      return { anyOf: [TEXT, { type: "array", items: command }] };
    }
    case "options":
      return { type: "object", additionalProperties: { anyOf: [TEXT, { type: "null" }] } };
  }
}
