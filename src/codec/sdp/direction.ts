/**
 * Who sends in an m-section.
 *
 * Spec: RFC 8866, section 6.7; RFC 3264, section 6.1.
 *
 * @module
 */

import type { SdpAttribute } from "./session-description.ts";

export type MediaDirection = "sendrecv" | "sendonly" | "recvonly" | "inactive";

const DIRECTIONS: readonly string[] = ["sendrecv", "sendonly", "recvonly", "inactive"];

export function isMediaDirection(text: string): text is MediaDirection {
  return DIRECTIONS.includes(text);
}

/** The direction among these attributes, the last one if there are several. */
export function findDirection(attributes: readonly SdpAttribute[]): MediaDirection | undefined {
  let direction: MediaDirection | undefined;
  for (const { name } of attributes) {
    if (isMediaDirection(name)) direction = name;
  }
  return direction;
}

/** The same from the other side. */
export function reverseDirection(direction: MediaDirection): MediaDirection {
  if (direction === "sendonly") return "recvonly";
  return direction === "recvonly" ? "sendonly" : direction;
}

export function isSending(direction: MediaDirection): boolean {
  return direction === "sendonly" || direction === "sendrecv";
}

export function isReceiving(direction: MediaDirection): boolean {
  return direction === "recvonly" || direction === "sendrecv";
}
