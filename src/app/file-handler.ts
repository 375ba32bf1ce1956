/**
 * Files over HTTP: a vhost's own folder, the server's folder, the pages that come with the program,
 * and what SRS's folder has that players ask for.
 *
 * @module
 */

import type { Assets } from "../base/assets.ts";
import { DEFAULT_VHOST } from "../base/stream-name.ts";
import type { Config } from "../config/config.ts";
import { requestedVhost } from "../protocols/http/requested-vhost.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { serveCrossDomainPolicy } from "../servers/http/cross-domain-policy.ts";
import { redirectPlayer } from "../servers/http/player-redirect.ts";
import { serveAsset } from "../servers/http/static-assets.ts";
import { StaticFiles } from "../servers/http/static-files.ts";
import type { GuardedOutput } from "../services/packager/guarded-outputs.ts";
import { GuardedFiles } from "./guarded-files.ts";
import type { PartialHandler } from "./http-handler.ts";

/** A folder that appears below a path. */
interface FolderMount {
  /** With a slash at its end. */
  readonly prefix: string;
  readonly files: StaticFiles;
}

/** @param guarded What is in those folders and not for everybody. */
export function createFileHandler(
  config: Config,
  { files, clock }: Pick<Runtime, "files" | "clock">,
  assets: Assets,
  guarded: readonly GuardedOutput[],
): PartialHandler {
  const hidden = new GuardedFiles(files, clock, guarded);
  const serveFolder = (folder: string): StaticFiles =>
    new StaticFiles(files, folder, clock, (path) => hidden.isGuarded(path));
  const { dir, page, crossdomain } = config.httpServer;
  const root = serveFolder(dir);
  const vhosts = new Map<string, FolderMount>();
  for (const [name, { enabled, httpStatic }] of Object.entries(config.vhosts)) {
    if (!enabled || !httpStatic.enabled) continue;
    const path = httpStatic.mount.replace(/^[^/]*/, "");
    const prefix = path.endsWith("/") ? path : `${path}/`;
    vhosts.set(name, { prefix, files: serveFolder(httpStatic.dir) });
  }
  return async (request) => {
    const mount = vhosts.get(requestedVhost(request)) ?? vhosts.get(DEFAULT_VHOST);
    const mounted =
      mount !== undefined && request.path.startsWith(mount.prefix)
        ? await mount.files.serve(request, `/${request.path.slice(mount.prefix.length)}`)
        : undefined;
    const file = mounted ?? (await root.serve(request, request.path));
    if (file !== undefined) return file;
    const policy = crossdomain ? await serveCrossDomainPolicy(request) : undefined;
    if (policy !== undefined || !page) return policy;
    return (await serveAsset(assets, request)) ?? redirectPlayer(request);
  };
}
