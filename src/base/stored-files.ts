/**
 * Files that streams leave on disk: in which folder, and how they are told from others there.
 *
 * @module
 */

import { PathTemplate } from "./path-template.ts";

export interface StoredFiles {
  /** Whose streams they are of. */
  readonly vhost: string;
  /** As the configuration has it. All of them are somewhere below. */
  readonly folder: string;
  /** Not for everybody who finds them: who gets them has been let play. */
  readonly isGuarded: boolean;
  /** What tells them from others of the same vhost and folder. */
  readonly form: string;
  /** @param path Below the folder, without a leading slash. */
  has(path: string): boolean;
}

export interface StoredFilesOptions extends Pick<StoredFiles, "vhost" | "isGuarded"> {
  readonly root: string;
  /** Of a file, or of a folder of files. Its part before the first variable may be folders. */
  readonly template: string;
  /** Present: the template is that of a folder, with files of such names. */
  readonly fileName?: RegExp;
}

/** As files are called that are not complete. */
const UNFINISHED = /(?:\.tmp)+$/;

export function createStoredFiles(options: StoredFilesOptions): StoredFiles {
  const { vhost, isGuarded, root, template, fileName } = options;
  const variable = template.indexOf("[");
  const fixed = variable < 0 ? template : template.slice(0, variable);
  const end = fixed.lastIndexOf("/") + 1;
  const folder = end === 0 ? root : `${root}/${template.slice(0, end).replace(/\/+$/, "")}`;
  const paths = new PathTemplate(template.slice(end));
  const isOurs = (path: string): boolean => {
    const match = paths.match(path);
    return match !== undefined && (match.vhost === undefined || match.vhost === vhost);
  };
  return {
    vhost,
    folder,
    isGuarded,
    form: `${template.slice(end)} ${fileName?.source ?? ""}`,
    has: (written) => {
      const path = written.replace(UNFINISHED, "");
      if (fileName === undefined) return isOurs(path);
      const slash = path.lastIndexOf("/");
      return fileName.test(path.slice(slash + 1)) && isOurs(path.slice(0, Math.max(0, slash)));
    },
  };
}
