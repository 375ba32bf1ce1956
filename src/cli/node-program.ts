/**
 * Starts Sluice on Node from one file that holds all that a checkout has on disk: what
 * scripts/build-node.ts makes.
 *
 * @module
 */

import { transcoderThread } from "../app/transcoder-thread.ts";
import { createNodeRuntime } from "../runtime/node.ts";
import { completeOlderNode } from "../runtime/node-compat/older-node.ts";
import { serveThread } from "../runtime/node-compat/serve-thread.ts";
import { readOwnCode } from "../runtime/node-compat/single-executable.ts";
import { ASSET_FILES } from "./asset-list.ts";
import { CONFIG_FILES } from "./built-in-configs.ts";
import { loadAssets } from "./load-assets.ts";
import { run } from "./run.ts";
import { OPUS_FILES, TRANSCODER_NAME } from "./thread-list.ts";

/** What the program's file holds. */
export interface Inside {
  /** @param file Seen from the top of the checkout. */
  read(file: string): Uint8Array<ArrayBuffer>;
  /** The file's own path. */
  readonly file: string;
  readonly commit: string;
}

export async function startOnNode({ read, file, commit }: Inside): Promise<void> {
  completeOlderNode();
  const code = readOwnCode();
  const runtime = createNodeRuntime({
    threadModules: { [TRANSCODER_NAME]: code === undefined ? file : { code } },
    isSingleExecutable: code !== undefined,
  });
  const assets = await loadAssets(runtime, ASSET_FILES, async (name) => read(name));
  const readConfig = (name: keyof typeof CONFIG_FILES): string =>
    new TextDecoder().decode(read(CONFIG_FILES[name]));
  await run(runtime, assets, { readConfig, commit });
}

/** @param name Of the thread. */
export function serveNodeThread(name: string, { read }: Inside): void {
  completeOlderNode();
  if (name !== TRANSCODER_NAME) throw new Error(`Cannot start thread "${name}": there is none`);
  serveThread(transcoderThread({ read: async (file) => read(file) }, OPUS_FILES));
}
