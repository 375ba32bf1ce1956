/**
 * Pages of figures that several scripts write, a section each.
 *
 * @module
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** Replaces the section of that heading, or puts it at the end. @param title Of the page. */
export function writeSection(path: string, title: string, section: string): void {
  const page = existsSync(path) ? readFileSync(path, "utf8") : "";
  writeFileSync(path, replaceSection(page, title, section));
}

/** @param section Begins with its heading, of two number signs. */
export function replaceSection(page: string, title: string, section: string): string {
  const [heading = ""] = section.split("\n", 1);
  const sections = page.split(/^(?=## )/mu).filter((part) => part.startsWith("## "));
  const index = sections.findIndex((part) => part.split("\n", 1)[0] === heading);
  sections.splice(index < 0 ? sections.length : index, index < 0 ? 0 : 1, section);
  return `# ${title}\n\n${sections.map((part) => `${part.trim()}\n`).join("\n")}`;
}
