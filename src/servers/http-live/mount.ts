/**
 * Mount patterns: under which paths a vhost's streams are served.
 *
 * @module
 */

import { isSafeAppName, isSafeStreamName } from "../../base/stream-name.ts";
import { isLiveExtension, type LiveExtension } from "../../config/live-extension.ts";

export interface MountMatch {
  readonly app: string;
  readonly stream: string;
  readonly extension: LiveExtension;
}

/**
 * A pattern such as `[vhost]/[app]/[stream].flv`. Its first part, up to the first slash, stands for
 * the host and is looked at by the vhost's choice, not here. Without `[app]`, the app is the folder.
 * Its extension may be replaced by those of `extensions`.
 */
export class Mount {
  readonly #regex: RegExp;

  constructor(pattern: string, extensions: readonly LiveExtension[] = []) {
    const dot = pattern.lastIndexOf(".");
    const own = pattern.slice(dot + 1);
    const all = new Set([own, ...extensions].filter(isLiveExtension));
    const path = pattern.slice(0, dot).replace(/^[^/]*/, "");
    const source = path
      .split(/(\[app\]|\[stream\])/)
      .map((part) => {
        if (part === "[app]") return "(?<app>.+)";
        return part === "[stream]"
          ? "(?<stream>[^/]+)"
          : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      })
      .join("");
    this.#regex = new RegExp(`^${source}\\.(?<extension>${[...all].join("|")})$`);
  }

  /** @param path Decoded, with a leading slash. */
  match(path: string): MountMatch | undefined {
    const groups = this.#regex.exec(path)?.groups;
    const stream = groups?.["stream"] ?? "";
    const extension = groups?.["extension"] ?? "";
    const app = groups?.["app"] ?? path.slice(1, Math.max(1, path.lastIndexOf("/")));
    const isSafe = isSafeAppName(app) && isSafeStreamName(stream);
    return isSafe && isLiveExtension(extension) ? { app, stream, extension } : undefined;
  }
}
