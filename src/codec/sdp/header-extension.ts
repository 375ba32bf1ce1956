/**
 * Which RTP header extensions have which identifier.
 *
 * Spec: RFC 8285, sections 5 to 8.
 *
 * @module
 */

import { isMediaDirection, type MediaDirection } from "./direction.ts";
import { findAttributes, type MediaSection, type SdpAttribute } from "./session-description.ts";
import { attributeError, toSdpNumber } from "./syntax.ts";

export interface HeaderExtension {
  /** 1 to 14 can stand in one-byte headers, 16 to 255 in two-byte headers; 4096 and on in offers only. */
  readonly id: number;
  /** Of the describing side; `sendrecv` if it is not said. */
  readonly direction: MediaDirection;
  readonly uri: string;
}

const ID_MAX = 4_351;
const URI = /^[\x21-\x7e]{1,1024}$/;

/** @throws {MalformedError} If one breaks the specification. */
export function readHeaderExtensions(section: MediaSection): readonly HeaderExtension[] {
  return findAttributes(section.attributes, "extmap").map(parseHeaderExtension);
}

/** What follows the address (its own attributes) is left out: no extension known here has any. */
export function parseHeaderExtension(attribute: SdpAttribute): HeaderExtension {
  const [head = "", uri = ""] = (attribute.value ?? "").split(" ");
  const [idText, direction = "sendrecv", ...rest] = head.split("/");
  const id = toSdpNumber(idText, ID_MAX);
  if (id === undefined || id === 0) throw attributeError(attribute, "no identifier");
  if (rest.length > 0 || !isMediaDirection(direction)) throw attributeError(attribute, "direction");
  if (!URI.test(uri)) throw attributeError(attribute, "no address");
  return { id, direction, uri };
}

export function headerExtensionAttribute(extension: HeaderExtension): SdpAttribute {
  const { id, direction, uri } = extension;
  const head = direction === "sendrecv" ? `${id}` : `${id}/${direction}`;
  return { name: "extmap", value: `${head} ${uri}` };
}
