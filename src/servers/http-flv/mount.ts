/**
 * Mount patterns: under which paths a vhost's streams are served.
 *
 * @module
 */

import { isSafeAppName, isSafeStreamName } from "../../base/stream-name.ts";

export interface MountMatch {
  readonly app: string;
  readonly stream: string;
}

/**
 * A pattern such as `[vhost]/[app]/[stream].flv`. Its first part, up to the first slash, stands for
 * the host and is looked at by the vhost's choice, not here. Without `[app]`, the app is the folder.
 */
export class Mount {
  readonly #regex: RegExp;

  constructor(pattern: string) {
    const path = pattern.replace(/^[^/]*/, "");
    const source = path
      .split(/(\[app\]|\[stream\])/)
      .map((part) => {
        if (part === "[app]") return "(?<app>.+)";
        return part === "[stream]"
          ? "(?<stream>[^/]+)"
          : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      })
      .join("");
    this.#regex = new RegExp(`^${source}$`);
  }

  /** @param path Decoded, with a leading slash. */
  match(path: string): MountMatch | undefined {
    const groups = this.#regex.exec(path)?.groups;
    const stream = groups?.["stream"] ?? "";
    const app = groups?.["app"] ?? path.slice(1, Math.max(1, path.lastIndexOf("/")));
    return isSafeAppName(app) && isSafeStreamName(stream) ? { app, stream } : undefined;
  }
}
