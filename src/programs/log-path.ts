/**
 * Names of log files of programs, made of names of streams.
 *
 * @module
 */

/** Bytes; file systems take 255, and a file that has grown gets two more characters. */
const NAME_SIZE_MAX = 250;

/** What keeps no log. */
const NOWHERE = "/dev/null";

/** Of the settings, as paths begin with it; `undefined` for /dev/null, where none are kept. */
export function logFolderPath(folder: string): string | undefined {
  if (folder === NOWHERE) return undefined;
  return folder === "" ? "." : folder.replace(/(?<=.)\/+$/, "");
}

/**
 * `FOLDER/part-part-part.log`; `undefined` if the folder is /dev/null. What is too long for a file's name
 * is cut, so that streams with long names may share a file.
 */
export function logPath(folder: string, parts: readonly string[]): string | undefined {
  const path = logFolderPath(folder);
  if (path === undefined) return undefined;
  let name = parts.join("-").replace(/[/\\\0]/g, "-");
  while (new TextEncoder().encode(name).length > NAME_SIZE_MAX - ".log".length) {
    name = name.slice(0, -1);
  }
  return `${path}/${name}.log`;
}
