/**
 * Goal: what the help says is understood as it stands, so that the manual and completion say the same.
 *
 * Method: a made-up help of all forms that there are, and then the program's own, of which each line is
 * looked for.
 */

import { describe, expect, test } from "vitest";
import { commandHelps, optionsOf, parseHelp, programHelp } from "../../scripts/package/cli-help.ts";
import { HELP } from "../../src/cli/arguments.ts";

const MADE_UP = `Usage: sluice paint FILE [-o OUTPUT]
       sluice paint --list

Paints a picture,
and shows it.

Options:
  -?, -h, --help  Show this.
  -o OUTPUT       Write to this file,
                  which must not exist.
  --decrypt-every SECONDS Wait.

Signals:
  TERM, INT       Stop.

Example:
  sluice paint a \\
    -o b
`;

describe("parseHelp()", () => {
  test("understands all forms", () => {
    expect(parseHelp("paint", MADE_UP)).toEqual({
      name: "paint",
      usages: ["sluice paint FILE [-o OUTPUT]", "sluice paint --list"],
      parts: [
        { kind: "text", text: "Paints a picture, and shows it." },
        {
          kind: "list",
          title: "Options",
          entries: [
            { names: ["-?", "-h", "--help"], argument: undefined, text: "Show this." },
            {
              names: ["-o"],
              argument: "OUTPUT",
              text: "Write to this file, which must not exist.",
            },
            { names: ["--decrypt-every"], argument: "SECONDS", text: "Wait." },
          ],
        },
        {
          kind: "list",
          title: "Signals",
          entries: [{ names: ["TERM", "INT"], argument: undefined, text: "Stop." }],
        },
        { kind: "examples", lines: ["sluice paint a \\", "  -o b"] },
      ],
    });
  });

  test("finds each option of the program, and each command", () => {
    const shown = HELP.split("\n").flatMap((line) => /^ {2}(-\S+)/.exec(line)?.slice(1) ?? []);
    const found = optionsOf(programHelp()).map(({ names }) => names[0]);
    expect(shown.map((word) => word.replace(",", ""))).toEqual(found);
    const [, names = ""] = /sluice ([a-z|-]+) \.\.\./.exec(HELP) ?? [];
    expect(
      commandHelps()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(names.split("|").toSorted());
  });
});
