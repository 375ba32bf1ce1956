/**
 * Commands of the documentation that are not run, held against what exists. Each check returns what is
 * wrong, nothing if all is right.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export type Check = (command: string) => string[];

const read = (path: string): string => readFileSync(ROOT + path, "utf8");

interface PackageFile {
  readonly scripts: Readonly<Record<string, string>>;
}

export function npmScripts(): Readonly<Record<string, string>> {
  return (JSON.parse(read("package.json")) as PackageFile).scripts;
}

/** `npm run NAME -- OPTIONS`: there is such a script, and it knows the options. */
export const checkNpm: Check = (command) => {
  const [, given = "", rest = ""] =
    /^(?:[A-Z_]+=\S+ )?npm (?:run )?(\S+)(?: -- (.+))?$/.exec(command) ?? [];
  const own = npmScripts()[given];
  if (own === undefined) return given === "ci" ? [] : [`no script ${given} in package.json`];
  const [, path = ""] = /scripts\/with-node (\S+)/.exec(own) ?? [];
  if (rest === "" || path === "") return [];
  const folder = path.includes("/") ? path.replace(/\/[^/]*$/, "") : undefined;
  const files = folder === undefined ? [path] : readdirSync(`${ROOT}scripts/${folder}`);
  const source = files
    .filter((name) => name.endsWith(".ts"))
    .map((name) => read(`scripts/${folder === undefined ? "" : `${folder}/`}${name}`))
    .join("\n");
  const words = rest.split(" ").filter((word) => /^[a-z-]+$/.test(word) && /[a-z]/.test(word));
  return words
    .filter((word) => !source.includes(word.replace(/^--(?=[a-z])/, "")))
    .map((word) => `${path} does not know ${word}`);
};

/** A check that files of the checkout are there. */
export function filesExist(...paths: readonly string[]): Check {
  return () => paths.filter((path) => !existsSync(ROOT + path)).map((path) => `no file ${path}`);
}

/** What the containers' ports are, and the names of all settings as variables. */
export const checkContainer: Check = (command) => {
  const reference = read("docs/configuration.md");
  const isKnown = (name: string): boolean =>
    name === "CANDIDATE" ||
    ["SRS_", "SLUICE_"].some((prefix) =>
      reference.includes(`\`${name.replace(/^(SRS|SLUICE)_/, prefix)}\``),
    );
  const files = [...command.matchAll(/ -f (\S*Containerfile\S*)/g)].map(([, path = ""]) => path);
  const ports = [...command.matchAll(/ -p \d+:(\d+(?:\/udp)?)/g)].map(([, port = ""]) => port);
  const names = [...command.matchAll(/ -e ([A-Z_]+)=/g)].map(([, name = ""]) => name);
  const known = ["1935", "8080", "1985", "8000", "8000/udp"];
  return [
    ...filesExist(...files)(command),
    ...ports.filter((port) => !known.includes(port)).map((port) => `no such port: ${port}`),
    ...names.filter((name) => !isKnown(name)).map((name) => `no such setting: ${name}`),
  ];
};

/** `./install.sh OPTIONS`: the script knows them. */
export const checkInstaller: Check = (command) => {
  const path = "packaging/install.sh";
  if (!existsSync(ROOT + path)) return [`no file ${path}`];
  const source = read(path);
  const options = [...command.matchAll(/--[a-z-]+/g)].map(([option]) => option);
  return options.filter((option) => !source.includes(option)).map((option) => `no ${option}`);
};

/** `systemctl VERB UNIT`: the unit is one of the package's. */
export const checkUnits: Check = (command) => {
  const [, ...words] = command.split(" ");
  const units = words.filter((word) => /^sluice(\.\w+)?$/.test(word));
  if (units.length === 0) return ["no unit of this package"];
  const paths = units.map((unit) => (unit.includes(".") ? unit : `${unit}.service`));
  return filesExist(...paths.map((path) => `packaging/systemd/${path}`))(command);
};
