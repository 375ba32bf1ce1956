/**
 * By which name somebody asks for a session in STUN.
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import {
  BINDING_METHOD,
  parseStunMessage,
  StunClass,
  type StunMessage,
} from "../../../codec/stun/message.ts";
import { findUsername } from "../../../codec/stun/text-attribute.ts";

/** @returns `undefined` if it asks for none, as an answer or what is malformed. */
export function askedUfrag(bytes: Uint8Array): string | undefined {
  let message: StunMessage;
  try {
    message = parseStunMessage(bytes);
    if (message.class !== StunClass.Request || message.method !== BINDING_METHOD) return undefined;
    return findUsername(message)?.split(":", 1)[0];
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return undefined;
  }
}
