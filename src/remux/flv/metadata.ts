/**
 * onMetaData from a publisher to its players.
 *
 * @module
 */

import { SIGNATURE, VERSION } from "../../base/version.ts";
import { AmfObject } from "../../codec/amf0/value.ts";
import { decodeMetadata, encodeMetadata } from "../../codec/flv/script-data.ts";
import type { StreamMetadata } from "../../live/track.ts";

/** A live stream has no duration, and players that are told one stop there. */
const LEFT_OUT: ReadonlySet<string> = new Set(["duration", "server", "server_version"]);

/**
 * Makes of a publisher's script data what players get: an AMF0 object, signed by this server, as SRS
 * sends it.
 *
 * @returns `undefined` if it is not `onMetaData`.
 * @throws {MalformedError} If the values break AMF0, or take more than METADATA_SIZE_MAX as sent or as
 *   players get them.
 */
export function parseMetadata(body: Uint8Array): StreamMetadata | undefined {
  const sent = decodeMetadata(body);
  if (sent === undefined) return undefined;
  const properties = new AmfObject();
  const fields = new Map<string, number | string | boolean>();
  for (const [name, value] of sent) {
    if (LEFT_OUT.has(name)) continue;
    properties.set(name, value);
    if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") {
      fields.set(name, value);
    }
  }
  properties.set("server", SIGNATURE);
  properties.set("server_version", VERSION);
  return { scriptData: encodeMetadata(properties), fields };
}
