/**
 * Starts Sluice from its sources.
 *
 * @module
 */

import { createRuntime } from "../runtime/detect.ts";
import { ASSET_FILES } from "./asset-list.ts";
import { loadAssets } from "./load-assets.ts";
import { run } from "./run.ts";
import { THREAD_MODULES } from "./thread-list.ts";

const runtime = await createRuntime({ threadModules: THREAD_MODULES });
await run(runtime, await loadAssets(runtime, ASSET_FILES));
