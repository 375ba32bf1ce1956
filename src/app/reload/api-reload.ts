/**
 * Reloads, as the HTTP API has them done and tells of them.
 *
 * @module
 */

import type { Reload } from "../../services/api/reload.ts";
import type { ReloadControl } from "./reloader.ts";

/** SRS's number for a configuration that is wrong. */
const CONFIG_INVALID = 1023;

export function toApiReload(reloads: ReloadControl | undefined): Reload | undefined {
  if (reloads === undefined) return undefined;
  return {
    reload: async () => void (await reloads.reload("api")),
    last: async () => {
      const { id, state: stage, problem } = await reloads.latest();
      const error = problem === undefined ? 0 : CONFIG_INVALID;
      return { error, message: problem ?? "Success", stage, id };
    },
  };
}
