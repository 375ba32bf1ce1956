/**
 * Starts Sluice from its sources.
 *
 * @module
 */

import { createRuntime } from "../runtime/detect.ts";
import { ASSET_FILES } from "./asset-list.ts";
import { loadAssets } from "./load-assets.ts";
import { run } from "./run.ts";

const runtime = await createRuntime();
await run(runtime, await loadAssets(runtime, ASSET_FILES));
