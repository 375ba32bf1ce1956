/**
 * What ICE adds to Binding requests.
 *
 * Spec: RFC 8445, 7.1 and 16.1.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { type StunAttribute, StunAttributeType } from "./attribute.ts";
import { findStunAttribute, type StunMessage } from "./message.ts";

/** Which peer chooses the pair of addresses. */
export type IceRole = "controlling" | "controlled";

/** What a peer believes its role to be. */
export interface IceRoleClaim {
  readonly role: IceRole;
  /** 64 bits: of two that claim the same role, the one with the larger number is controlling. */
  readonly tieBreaker: bigint;
}

const PRIORITY_SIZE = 4;
const TIE_BREAKER_SIZE = 8;

/** The priority that the candidate of this request would have. @returns 32 bits. */
export function findPriority(message: StunMessage): number | undefined {
  return findValue(message, StunAttributeType.Priority, PRIORITY_SIZE)?.getUint32(0);
}

export function encodePriority(priority: number): StunAttribute {
  const value = new Uint8Array(PRIORITY_SIZE);
  new DataView(value.buffer).setUint32(0, priority);
  return { type: StunAttributeType.Priority, value };
}

/** Whether the controlling peer has chosen the pair of addresses that this request goes between. */
export function hasUseCandidate(message: StunMessage): boolean {
  return findStunAttribute(message, StunAttributeType.UseCandidate) !== undefined;
}

export function encodeUseCandidate(): StunAttribute {
  return { type: StunAttributeType.UseCandidate, value: new Uint8Array(0) };
}

/** @returns `undefined` if the sender claims no role. */
export function findIceRole(message: StunMessage): IceRoleClaim | undefined {
  const controlling = findValue(message, StunAttributeType.IceControlling, TIE_BREAKER_SIZE);
  if (controlling !== undefined) {
    return { role: "controlling", tieBreaker: controlling.getBigUint64(0) };
  }
  const controlled = findValue(message, StunAttributeType.IceControlled, TIE_BREAKER_SIZE);
  return controlled && { role: "controlled", tieBreaker: controlled.getBigUint64(0) };
}

export function encodeIceRole({ role, tieBreaker }: IceRoleClaim): StunAttribute {
  const value = new Uint8Array(TIE_BREAKER_SIZE);
  new DataView(value.buffer).setBigUint64(0, tieBreaker);
  const { IceControlled, IceControlling } = StunAttributeType;
  return { type: role === "controlling" ? IceControlling : IceControlled, value };
}

/** @throws {MalformedError} If the value is of another size. */
function findValue(message: StunMessage, type: number, size: number): DataView | undefined {
  const value = findStunAttribute(message, type);
  if (value === undefined) return undefined;
  if (value.length !== size) {
    const offset = value.byteOffset - message.bytes.byteOffset;
    throw new MalformedError(`Cannot read attribute of ${size} in ${value.length} bytes`, offset);
  }
  return new DataView(value.buffer, value.byteOffset, size);
}
