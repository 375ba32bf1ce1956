/**
 * Where the console is: a page's files among what is otherwise the API's port.
 *
 * @module
 */

/** SRS's path for it. */
export const CONSOLE = "/console/";

/** Whether it is the console's, or the console without its slash. */
export function isConsolePath(path: string): boolean {
  return path.startsWith(CONSOLE) || `${path}/` === CONSOLE;
}
