/**
 * Programs as they are written in the configuration: words, of which some say where the output goes.
 *
 * ```text
 * /opt/notify [stream] --app=[app] >>/var/log/notify.log 2> /var/log/notify.err
 * ```
 *
 * @module
 */

import { RefusedError } from "../../base/errors.ts";
import {
  expandPath,
  expandTemplate,
  isOptionByValue,
  type TemplateValues,
} from "../../programs/template.ts";

/** Ready to be run. */
export interface Command {
  readonly path: string;
  readonly args: readonly string[];
  readonly stdout: string | undefined;
  readonly stderr: string | undefined;
}

/** Their values are safe names of a stream, which the paths of files may be made of. */
const NAMES: readonly string[] = ["vhost", "app", "stream"];

/** `1>file`, `2>>file`; the number or the file may be words of their own. */
const REDIRECTION = /^([12]?)>{1,2}(.*)$/s;

/**
 * Puts the variables of a program's words in.
 *
 * @throws {RefusedError} `bad_name`, if a value would be taken for an option.
 */
export function toCommand(words: readonly string[], values: TemplateValues): Command {
  const [program = "", ...rest] = words;
  const args: string[] = [];
  const files: { stdout: string | undefined; stderr: string | undefined } = {
    stdout: undefined,
    stderr: undefined,
  };
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] ?? "";
    const next = rest[i + 1] ?? "";
    const isNumberApart = (word === "1" || word === "2") && /^>{1,2}/.test(next);
    const match = REDIRECTION.exec(isNumberApart ? word + next : word);
    if (match === null) {
      args.push(toArgument(word, values));
      continue;
    }
    if (isNumberApart) i += 1;
    let file = match[2] ?? "";
    if (file === "") {
      i += 1;
      file = rest[i] ?? "";
    }
    if (file !== "") files[match[1] === "2" ? "stderr" : "stdout"] = toFile(file, values);
  }
  // Which program runs is for nobody outside to choose.
  const { vhost = "" } = values;
  return { path: expandTemplate(program, { vhost }), args, ...files };
}

function toArgument(word: string, values: TemplateValues): string {
  const argument = expandTemplate(word, values);
  if (!isOptionByValue(word, argument)) return argument;
  throw new RefusedError("bad_name", `Cannot run: the value of ${word} would be an option`);
}

function toFile(file: string, values: TemplateValues): string | undefined {
  return file === "/dev/null" ? undefined : expandPath(file, values, NAMES);
}
