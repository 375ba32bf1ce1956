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
import { type FileGuard, StaticFiles } from "../servers/http/static-files.ts";
import { isConsolePath } from "./console-path.ts";
import type { PartialHandler } from "./http-handler.ts";
import { answerPorts, PORTS_PATH } from "./page-ports.ts";

/** A folder that appears below a path. */
interface FolderMount {
  /** With a slash at its end. */
  readonly prefix: string;
  readonly files: StaticFiles;
}

/** @param guard Says which files are not for everybody. */
export function createFileHandler(
  config: Config,
  { files, clock }: Pick<Runtime, "files" | "clock">,
  assets: Assets,
  guard: FileGuard,
): PartialHandler {
  const { dir, page, crossdomain } = config.httpServer;
  const root = new StaticFiles(files, dir, clock, guard);
  const vhosts = new Map<string, FolderMount>();
  for (const [name, { enabled, httpStatic }] of Object.entries(config.vhosts)) {
    if (!enabled || !httpStatic.enabled) continue;
    const path = httpStatic.mount.replace(/^[^/]*/, "");
    const prefix = path.endsWith("/") ? path : `${path}/`;
    vhosts.set(name, { prefix, files: new StaticFiles(files, httpStatic.dir, clock, guard) });
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
    if (policy !== undefined || !page || isConsolePath(request.path)) return policy;
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (request.path === PORTS_PATH && isRead) return answerPorts(config);
    return (await serveAsset(assets, request)) ?? redirectPlayer(request);
  };
}
