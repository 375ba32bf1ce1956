/**
 * What a user may do, as written: `play`, `publish:/live/*`, `api:read:/api/v1/streams/**`.
 *
 * @module
 */

export type Right = "publish" | "play" | "api:read" | "api:write";

export interface Permission {
  readonly right: Right;
  /** A path with wildcards. */
  readonly pattern: string;
}

const FORM = /^(publish|play|api:read|api:write)(?::(\S+))?$/;
const EVERYWHERE = "**";

/** @returns `undefined` if `text` is none. */
export function parsePermission(text: string): Permission | undefined {
  const [, right, pattern = EVERYWHERE] = FORM.exec(text) ?? [];
  return right === undefined ? undefined : { right: right as Right, pattern };
}
