/**
 * Writes the list of what is inside of the programs that were built.
 *
 * Spec: CycloneDX 1.6, JSON (ECMA-424).
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ROOT } from "../programs.ts";
import { collectBundled } from "./bundled-packages.ts";
import { hashFile } from "./checksums.ts";
import { readLock } from "./lock-file.ts";
import { CONTENTS, type Manifest, readManifest } from "./packages-inside.ts";
import type { Source } from "./source.ts";

interface Component {
  readonly type: "application" | "file" | "library" | "platform";
  readonly "bom-ref"?: string;
  readonly name: string;
  readonly version?: string;
  readonly description?: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly object[];
  readonly purl?: string;
  readonly components?: readonly Component[];
}

/** Of what npm's packages hold that has no package. */
const LICENCES: Readonly<Record<string, string>> = { libopus: "BSD-3-Clause" };

/** @param output In the folder of the programs. */
export function writeSbom(source: Source, output: string): void {
  const packages = [...collectBundled().values()];
  const bun = bunComponent();
  const root = `sluice@${source.version}`;
  const direct = Object.keys(readManifest(ROOT).dependencies ?? {});
  const references = (names: readonly string[]): string[] =>
    packages.filter(({ name }) => names.includes(name)).map(toPurl);
  const content = {
    metadata: {
      timestamp: new Date(source.timeSeconds * 1000).toISOString().replace(".000", ""),
      component: {
        type: "application",
        "bom-ref": root,
        name: "sluice",
        version: source.version,
        licenses: toLicences("MIT"),
        properties: [{ name: "sluice:commit", value: source.commit }],
        components: listPrograms(dirname(output), source.version),
      },
    },
    components: [...packages.map(packageComponent), bun],
    dependencies: [
      { ref: root, dependsOn: [...references(direct), bun["bom-ref"]] },
      ...packages.map((one) => ({
        ref: toPurl(one),
        dependsOn: references(Object.keys(one.dependencies ?? {})),
      })),
    ],
  };
  const head = { bomFormat: "CycloneDX", specVersion: "1.6", version: 1 };
  const serialNumber = `urn:uuid:${toUuid(JSON.stringify(content))}`;
  writeFileSync(output, `${JSON.stringify({ ...head, serialNumber, ...content }, null, 2)}\n`);
}

function listPrograms(folder: string, version: string): Component[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(`sluice-${version}-linux-`) && !name.includes(".tar"))
    .sort()
    .map((name) => ({
      type: "file",
      name,
      hashes: [{ alg: "SHA-256", content: hashFile(`${folder}/${name}`) }],
    }));
}

function packageComponent(manifest: Manifest): Component {
  const { name, version, license } = manifest;
  const { integrity } = readLock(`node_modules/${name}`);
  const inside = (CONTENTS[name] ?? []).map((part): Component => {
    return { type: "library", name: part, licenses: toLicences(LICENCES[part] ?? "") };
  });
  return {
    type: "library",
    "bom-ref": toPurl(manifest),
    name,
    version,
    hashes: [toHash(integrity)],
    licenses: toLicences(license),
    purl: toPurl(manifest),
    ...(inside.length === 0 ? {} : { components: inside }),
  };
}

function bunComponent(): Component {
  const { version } = readManifest(`${ROOT}node_modules/bun`);
  const purl = toPurl({ name: "bun", version });
  return {
    type: "platform",
    "bom-ref": purl,
    name: "bun",
    version,
    description: "The runtime, with JavaScriptCore and further libraries linked statically",
    licenses: toLicences("MIT"),
    purl,
    components: [
      { type: "library", name: "JavaScriptCore", licenses: toLicences("LGPL-2.0-only") },
    ],
  };
}

/** @param integrity As in package-lock.json; of the package's archive. */
function toHash(integrity: string): { readonly alg: string; readonly content: string } {
  const content = Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex");
  return { alg: "SHA-512", content };
}

/** An expression, as in package.json. */
function toLicences(licence: string): readonly object[] {
  return / (AND|OR|WITH) /.test(licence)
    ? [{ expression: licence.replace(/^\((.*)\)$/, "$1") }]
    : [{ license: { id: licence } }];
}

function toPurl({ name, version }: Pick<Manifest, "name" | "version">): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

/** Of the same content the same, so that builds stay alike (RFC 9562, version 8). */
function toUuid(content: string): string {
  const digits = createHash("sha256").update(content).digest("hex").slice(0, 32);
  const marked = `${digits.slice(0, 12)}8${digits.slice(13, 16)}8${digits.slice(17)}`;
  return marked.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
