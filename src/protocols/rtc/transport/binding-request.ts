/**
 * Whether a question of ICE, if this side is reached, is from who knows the password.
 *
 * Spec: RFC 8445, section 7.3; RFC 8489, section 9.1.3.
 *
 * @module
 */

import { parseIpAddress } from "../../../base/ip-address.ts";
import { encodeBindingSuccess } from "../../../codec/stun/encode-message.ts";
import { isFingerprintValid } from "../../../codec/stun/fingerprint.ts";
import { isIntegrityValid, type StunIntegrity } from "../../../codec/stun/integrity.ts";
import {
  BINDING_METHOD,
  listUnknownAttributes,
  StunClass,
  type StunMessage,
} from "../../../codec/stun/message.ts";
import type { RtcPath } from "./rtc-path.ts";

const TEXT_ENCODER = new TextEncoder();

/** Any message but a Binding request is none: indications, answers, other methods. */
export function isBindingRequest(message: StunMessage): boolean {
  return message.class === StunClass.Request && message.method === BINDING_METHOD;
}

/** What messages are protected with by a password of ICE. */
export function iceIntegrity(pwd: string, hmac: StunIntegrity["hmac"]): StunIntegrity {
  return { key: TEXT_ENCODER.encode(pwd), hmac };
}

/**
 * Answers a Binding request where it came from, if it is protected by the password and says nothing
 * that is not understood. Whatever else it is has no answer, so that nobody can make this side send
 * anything anywhere.
 *
 * @returns Whether it was answered.
 */
export function answerBindingRequest(
  message: StunMessage,
  path: RtcPath,
  integrity: StunIntegrity,
): boolean {
  const isRight =
    isIntegrityValid(message, integrity) &&
    (message.fingerprintOffset === undefined || isFingerprintValid(message)) &&
    listUnknownAttributes(message).length === 0;
  const ip = isRight ? parseIpAddress(path.address) : undefined;
  if (ip === undefined) return false;
  path.send(encodeBindingSuccess(message, ip, path.port, integrity));
  return true;
}
