/**
 * Names of files and paths with variables in brackets, as SRS has them: `[app]/[stream]-[seq].ts`.
 *
 * @module
 */

/** What stands for a variable, by its name without brackets. */
export type PathVariables = Readonly<Record<string, string | number>>;

/** Which stream a path belongs to. A variable that the template lacks is `undefined`. */
export interface PathMatch {
  readonly vhost: string | undefined;
  readonly app: string | undefined;
  readonly stream: string | undefined;
}

const VARIABLE = /\[([a-z0-9]+)\]/;

/** What variables of a stream's name can stand for. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["vhost", "([^/]+)"],
  ["app", "(.+)"],
  ["stream", "([^/]+)"],
]);

/** No count has more digits. Bounded, so that numbers without anything between them are soon tried. */
const COUNT = "\\d{1,20}";

/** The others. Parts of a date as Go's reference time names them: Mon Jan 2 15:04:05.999 2006. */
const NUMBERS: ReadonlyMap<string, string> = new Map([
  ["seq", COUNT],
  ["duration", COUNT],
  ["timestamp", COUNT],
  ["2006", "\\d{4}"],
  ["01", "\\d\\d"],
  ["02", "\\d\\d"],
  ["15", "\\d\\d"],
  ["04", "\\d\\d"],
  ["05", "\\d\\d"],
  ["999", "\\d{3}"],
]);

/**
 * Longer paths are of no stream: names have up to 512 bytes, of which each app and stream may be one.
 * Where one name ends and the next begins may have to be tried at each character.
 */
const PATH_LENGTH_MAX = 2_048;

export class PathTemplate {
  readonly text: string;
  /** By turns a text and the name of a variable. */
  readonly #pieces: readonly string[];
  readonly #regex: RegExp;
  /** The variables that the groups of the regular expression stand for. */
  readonly #groups: readonly string[];

  constructor(text: string) {
    this.text = text;
    this.#pieces = text.split(VARIABLE);
    const groups: string[] = [];
    const source = this.#pieces.map((piece, index) => {
      if (index % 2 === 0) return escapeRegex(piece);
      const number = NUMBERS.get(piece);
      if (number !== undefined) return number;
      const group = NAMES.get(piece);
      if (group === undefined) return escapeRegex(`[${piece}]`);
      const first = groups.indexOf(piece);
      if (first >= 0) return `\\${first + 1}`;
      groups.push(piece);
      return group;
    });
    this.#regex = new RegExp(`^${source.join("")}$`, "u");
    this.#groups = groups;
  }

  has(variable: string): boolean {
    return this.#pieces.some((piece, index) => index % 2 === 1 && piece === variable);
  }

  /** Puts the values in; a variable without one stays as it is. */
  expand(values: PathVariables): string {
    return this.#pieces
      .map((piece, index) => {
        const isValue = index % 2 === 1 && Object.hasOwn(values, piece);
        return isValue ? values[piece] : index % 2 === 0 ? piece : `[${piece}]`;
      })
      .join("");
  }

  /** Reads the stream's name out of a path; `undefined` if the path is none of this form. */
  match(path: string): PathMatch | undefined {
    if (path.length > PATH_LENGTH_MAX) return undefined;
    const match = this.#regex.exec(path);
    if (match === null) return undefined;
    const find = (name: string): string | undefined => match[this.#groups.indexOf(name) + 1];
    return {
      vhost: this.#groups.includes("vhost") ? find("vhost") : undefined,
      app: this.#groups.includes("app") ? find("app") : undefined,
      stream: this.#groups.includes("stream") ? find("stream") : undefined,
    };
  }
}

/** The date variables of a point in time. @param wallMs Milliseconds since the Unix epoch. */
export function dateVariables(wallMs: number, isUtc: boolean): PathVariables {
  const date = new Date(wallMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  return {
    "2006": isUtc ? date.getUTCFullYear() : date.getFullYear(),
    "01": two((isUtc ? date.getUTCMonth() : date.getMonth()) + 1),
    "02": two(isUtc ? date.getUTCDate() : date.getDate()),
    "15": two(isUtc ? date.getUTCHours() : date.getHours()),
    "04": two(isUtc ? date.getUTCMinutes() : date.getMinutes()),
    "05": two(isUtc ? date.getUTCSeconds() : date.getSeconds()),
    "999": String(date.getUTCMilliseconds()).padStart(3, "0"),
  };
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
