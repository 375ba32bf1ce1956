/**
 * Makes a server with the runtime that the program around it runs on.
 *
 * @module
 */

import type { Assets } from "../base/assets.ts";
import { createRuntime } from "../runtime/detect.ts";
import type { RuntimeOptions } from "../runtime/options.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { EmbeddedServer } from "./embedded-server.ts";
import type { ServerOptions } from "./server-options.ts";
import type { SluiceServer } from "./sluice-server.ts";

/** The files that belong to the server, where they are. */
export interface Contents extends Required<Pick<RuntimeOptions, "threadModules">> {
  loadAssets(runtime: Runtime): Promise<Assets>;
}

/** @throws {ConfigError | SystemError} If the configuration cannot be used. */
export async function createServerWith(
  { threadModules, loadAssets }: Contents,
  options: ServerOptions,
): Promise<SluiceServer> {
  const runtime = await createRuntime({ threadModules });
  return new EmbeddedServer({ runtime, assets: await loadAssets(runtime) }, options);
}
