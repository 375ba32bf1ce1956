/**
 * Writes a session description.
 *
 * Spec: RFC 8866, section 5; RFC 8840, section 9.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { SdpFragment } from "./parse-sdp.ts";
import type { MediaSection, SdpAttribute, SessionDescription } from "./session-description.ts";

/** The description's text, each line ended by CR and LF. */
export function formatSdp(description: SessionDescription): string {
  const { origin, name, fields, attributes, sections } = description;
  const { username, sessionId, sessionVersion, networkType, addressType, address } = origin;
  const lines = [
    "v=0",
    `o=${username} ${sessionId} ${sessionVersion} ${networkType} ${addressType} ${address}`,
    `s=${name}`,
    ...fields.map(({ type, value }) => `${type}=${value}`),
    ...attributes.map(formatAttribute),
    ...sections.flatMap(sectionLines),
  ];
  return joinLines(lines);
}

/** The fragment's text, likewise; `c=` and the like are left out. */
export function formatSdpFragment({ attributes, sections }: SdpFragment): string {
  const bare = sections.map((section) => ({ ...section, fields: [] }));
  return joinLines([...attributes.map(formatAttribute), ...bare.flatMap(sectionLines)]);
}

function joinLines(lines: readonly string[]): string {
  for (const line of lines) assert(!/[\r\n]/.test(line), "a line of a description is one line");
  return `${lines.join("\r\n")}\r\n`;
}

function sectionLines(section: MediaSection): string[] {
  const { kind, port, portCount, protocol, formats, fields, attributes } = section;
  const ports = portCount === 1 ? `${port}` : `${port}/${portCount}`;
  return [
    `m=${kind} ${ports} ${protocol} ${formats.join(" ")}`,
    ...fields.map(({ type, value }) => `${type}=${value}`),
    ...attributes.map(formatAttribute),
  ];
}

function formatAttribute({ name, value }: SdpAttribute): string {
  return value === undefined ? `a=${name}` : `a=${name}:${value}`;
}
