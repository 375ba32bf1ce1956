/**
 * Writes THIRD_PARTY_NOTICES.md: what the compiled program contains of others, with the licences
 * they ask to be handed on. To be run after a change of `dependencies` in package.json.
 *
 * @module
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { CONTENTS, collectPackages, readManifest } from "./build/packages-inside.ts";
import { ROOT } from "./programs.ts";

const BUN = `Bun is under the MIT licence. It links JavaScriptCore and other parts of WebKit
statically, which are under the GNU Library General Public License, version 2, and further libraries
under other free licences. Their list, the sources, and how to link Bun anew with a changed WebKit:
<https://bun.com/docs/project/license>, <https://github.com/oven-sh/bun>,
<https://github.com/oven-sh/webkit>. Sluice itself can be built with such a Bun, by \`npm run build\`.`;

function readLicence(folder: string): string {
  const name = readdirSync(folder).find((file) => /^licen[cs]e(\.(md|txt))?$/i.test(file));
  if (name === undefined) throw new Error(`Cannot find the licence in ${folder}`);
  return readFileSync(`${folder}/${name}`, "utf8")
    .trim()
    .replace(/[ \t]+$/gm, "");
}

function section(title: string, licence: string): string {
  return `## ${title}\n\n\`\`\`text\n${licence.trimEnd()}\n\`\`\``;
}

const packages = collectPackages();
const bunVersion = readManifest(`${ROOT}node_modules/bun`).version;
const rows = [...packages.values()].map(
  (one) => `| ${one.name} | ${one.version} | ${one.license} |`,
);
const licences = [...packages.keys()].flatMap((name) => [
  section(name, readLicence(`${ROOT}node_modules/${name}`)),
  ...(CONTENTS[name] ?? []).map((part) =>
    section(`${part}, in ${name}`, readFileSync(`${ROOT}scripts/licences/${part}.txt`, "utf8")),
  ),
]);

const text = [
  "# Third-party notices",
  "Sluice itself is under the MIT licence, see LICENSE. These packages are part of it when it runs:",
  ["| package | version | licence |", "| --- | --- | --- |", ...rows].join("\n"),
  `The compiled program \`dist/sluice\` also contains the runtime it runs on, Bun ${bunVersion}. The file
for Node, \`dist/node/sluice.js\`, contains no runtime.`,
  "## Bun",
  BUN,
  ...licences,
].join("\n\n");
writeFileSync(`${ROOT}THIRD_PARTY_NOTICES.md`, `${text}\n`);
