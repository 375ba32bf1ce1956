/**
 * The console: the page for operators that comes with the program, on the ports of the API that it
 * reads.
 *
 * @module
 */

import type { Assets } from "../base/assets.ts";
import type { FieldList } from "../codec/http/response-head.ts";
import type { Config } from "../config/config.ts";
import { addFields } from "../servers/http/cors.ts";
import { serveAsset } from "../servers/http/static-assets.ts";
import { isConsolePath } from "./console-path.ts";
import type { PartialHandler } from "./http-handler.ts";

/** In a page of others its buttons could be pressed by who sees something else there. */
const UNFRAMED: FieldList = [["Content-Security-Policy", "frame-ancestors 'none'"]];

/** Answers with what `http_server.dir` does not have of the console. */
export function createConsoleHandler(
  { httpServer }: Pick<Config, "httpServer">,
  assets: Assets,
): PartialHandler {
  return async (request) => {
    if (!httpServer.page || !isConsolePath(request.path)) return undefined;
    const answer = await serveAsset(assets, request);
    return answer && addFields(answer, UNFRAMED);
  };
}
