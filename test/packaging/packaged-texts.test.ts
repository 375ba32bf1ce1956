/**
 * Goal: manual pages and completion are those of this version, and leave out no option, no command and
 * no setting.
 *
 * Method: make them anew and compare; look for each word of the help, and each name of the settings
 * table, in them.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { commandHelps, optionsOf, programHelp } from "../../scripts/package/cli-help.ts";
import { packagedTexts } from "../../scripts/package/packaged-texts.ts";
import { example, text } from "../../scripts/package/roff.ts";
import { SETTINGS } from "../../src/config/settings/table.ts";
import { walkSettings } from "../../src/config/walk-settings.ts";

const texts = packagedTexts();
const contentOf = (name: string): string => texts.get(`packaging/${name}`) ?? "";
const commands = commandHelps();
const options = [programHelp(), ...commands].flatMap(optionsOf).flatMap(({ names }) => names);

test.each([...texts.keys()])("%s is up to date (npm run generate)", (path) => {
  const kept = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  expect(kept).toBe(texts.get(path));
});

describe("sluice(8)", () => {
  test.each(options)("has %s", (option) => {
    expect(contentOf("man/sluice.8")).toContain(`\\fB${option.replaceAll("-", "\\-")}\\fR`);
  });

  test.each(commands)("has the command $name", ({ name }) => {
    expect(contentOf("man/sluice.8")).toContain(`.SS sluice ${name.replaceAll("-", "\\-")}\n`);
  });
});

test("sluice.yaml(5) has every setting that has an effect", () => {
  const page = contentOf("man/sluice.yaml.5");
  for (const { setting } of walkSettings(SETTINGS)) {
    if (setting.obsolete === undefined) expect(page).toContain(`\n\\fB${setting.name}\\fR\n`);
  }
});

describe.each([
  ["bash", (option: string) => option],
  ["zsh", (option: string) => `'${option}[`],
  [
    "fish",
    (option: string) =>
      option.startsWith("--") ? `-l ${option.slice(2)}` : `-s '${option.slice(1)}'`,
  ],
] as const)("completion of %s", (shell, form) => {
  const words = contentOf(`completion/sluice.${shell}`);

  // Nobody completes "-?", which a shell takes for a pattern.
  test.each(options.filter((option) => option !== "-?"))("has %s", (option) => {
    expect(words).toContain(form(option));
  });

  test.each(commands)("has $name", ({ name }) => {
    expect(words).toContain(name);
  });
});

describe("roff", () => {
  test("takes nothing for one of its own words", () => {
    expect(text("'a' -b `-c` \\d\n.e")).toBe("\\(aqa\\(aq \\-b \\fB\\-c\\fR \\ed\n\\&.e");
    expect(example([".a", "b~^"])).toBe(".PP\n.nf\n.RS\n\\&.a\nb\\(ti\\(ha\n.RE\n.fi");
  });
});
