/**
 * The names and passwords by which two ICE agents know each other.
 *
 * Spec: RFC 8839, section 5.4.
 *
 * @module
 */

import { findAttribute, type SdpAttribute } from "./session-description.ts";
import { attributeError, isIceText } from "./syntax.ts";

export interface IceCredentials {
  /** 4 to 256 characters. */
  readonly ufrag: string;
  /** 22 to 256 characters. */
  readonly pwd: string;
}

const UFRAG_LENGTH_MIN = 4;
const PWD_LENGTH_MIN = 22;
const LENGTH_MAX = 256;

export function isUfrag(text: string): boolean {
  return text.length >= UFRAG_LENGTH_MIN && text.length <= LENGTH_MAX && isIceText(text);
}

export function isIcePwd(text: string): boolean {
  return text.length >= PWD_LENGTH_MIN && text.length <= LENGTH_MAX && isIceText(text);
}

/**
 * The credentials among these attributes; `undefined` without a name.
 *
 * @throws {MalformedError} If one is missing beside the other, is too short, or has other characters.
 */
export function findIceCredentials(
  attributes: readonly SdpAttribute[],
): IceCredentials | undefined {
  const ufrag = findAttribute(attributes, "ice-ufrag");
  const pwd = findAttribute(attributes, "ice-pwd");
  if (ufrag === undefined) {
    if (pwd === undefined) return undefined;
    throw attributeError(pwd, "no a=ice-ufrag beside it");
  }
  if (pwd === undefined) throw attributeError(ufrag, "no a=ice-pwd beside it");
  const credentials = { ufrag: (ufrag.value ?? "").trim(), pwd: (pwd.value ?? "").trim() };
  if (!isUfrag(credentials.ufrag)) throw attributeError(ufrag, "not 4 to 256 letters and digits");
  if (!isIcePwd(credentials.pwd)) throw attributeError(pwd, "not 22 to 256 letters and digits");
  return credentials;
}
