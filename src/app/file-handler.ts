/**
 * Files over HTTP: a vhost's own folder, the server's folder, the pages that come with the program.
 *
 * @module
 */

import type { Assets } from "../base/assets.ts";
import { DEFAULT_VHOST } from "../base/stream-name.ts";
import type { Config } from "../config/config.ts";
import { requestedVhost } from "../protocols/http/requested-vhost.ts";
import type { Files } from "../runtime/runtime.ts";
import { serveAsset } from "../servers/http/static-assets.ts";
import { StaticFiles } from "../servers/http/static-files.ts";
import type { PartialHandler } from "./http-handler.ts";

/** A folder that appears below a path. */
interface FolderMount {
  /** With a slash at its end. */
  readonly prefix: string;
  readonly files: StaticFiles;
}

export function createFileHandler(config: Config, files: Files, assets: Assets): PartialHandler {
  const { dir, page } = config.httpServer;
  const root = new StaticFiles(files, dir);
  const vhosts = new Map<string, FolderMount>();
  for (const [name, { enabled, httpStatic }] of Object.entries(config.vhosts)) {
    if (!enabled || !httpStatic.enabled) continue;
    const path = httpStatic.mount.replace(/^[^/]*/, "");
    const prefix = path.endsWith("/") ? path : `${path}/`;
    vhosts.set(name, { prefix, files: new StaticFiles(files, httpStatic.dir) });
  }
  return async (request) => {
    const mount = vhosts.get(requestedVhost(request)) ?? vhosts.get(DEFAULT_VHOST);
    const mounted =
      mount !== undefined && request.path.startsWith(mount.prefix)
        ? await mount.files.serve(request, `/${request.path.slice(mount.prefix.length)}`)
        : undefined;
    const found = mounted ?? (await root.serve(request, request.path));
    return found ?? (page ? await serveAsset(assets, request) : undefined);
  };
}
