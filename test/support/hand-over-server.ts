/**
 * The server on Node as it is on a system whose processes cannot share a port.
 *
 * @module
 */

import { ASSET_FILES } from "../../src/cli/asset-list.ts";
import { loadAssets } from "../../src/cli/load-assets.ts";
import { run } from "../../src/cli/run.ts";
import { createNodeRuntime } from "../../src/runtime/node.ts";

const runtime = createNodeRuntime();
const tcp = Object.defineProperty(runtime.tcp, "canSharePort", { value: false });
await run({ ...runtime, tcp }, await loadAssets(runtime, ASSET_FILES));
