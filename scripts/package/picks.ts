/**
 * The command line of the scripts that make packages.
 *
 * @module
 */

export interface Picks {
  /** Whether a package is asked for; without any name all are. */
  readonly isWanted: (name: string) => boolean;
  /** The program of a package that is only tried. */
  readonly draft: string | undefined;
}

/** Parses names, and `--binary FILE`. @throws {Error} If there are others. */
export function parsePicks(typed: readonly string[]): Picks {
  const names: string[] = [];
  let draft: string | undefined;
  for (let i = 0; i < typed.length; i++) {
    const word = typed[i] ?? "";
    if (word === "--binary") {
      i += 1;
      draft = typed[i];
      if (draft === undefined) throw new Error("Cannot use --binary: it needs a file");
    } else if (word.startsWith("-")) throw new Error(`Cannot understand option ${word}`);
    else names.push(word);
  }
  return { draft, isWanted: (name) => names.length === 0 || names.includes(name) };
}
