/**
 * The RTP streams that a description announces by their SSRC.
 *
 * Spec: RFC 5576, sections 4.1 and 4.2; RFC 8830 (msid).
 *
 * @module
 */

import type { SdpAttribute } from "./session-description.ts";
import { attributeError, toSdpNumber } from "./syntax.ts";

export interface MediaSource {
  readonly ssrc: number;
  /** Empty if it is not said. */
  readonly cname: string;
}

/** `a=ssrc-group`. */
export interface SourceGroup {
  /** `FID`: an original and its retransmissions; `SIM`: layers of simulcast; `FEC-FR`: an original and its correction. */
  readonly semantics: string;
  readonly ssrcs: readonly number[];
}

export interface MediaSources {
  /** In the order in which they are first named. */
  readonly sources: readonly MediaSource[];
  readonly groups: readonly SourceGroup[];
}

const SSRC_MAX = 0xffff_ffff;
/** A section with more says nothing that could be followed. */
const SOURCES_MAX = 64;

/** @throws {MalformedError} If an attribute breaks the specification, or there are very many sources. */
export function readMediaSources(attributes: readonly SdpAttribute[]): MediaSources {
  const cnames = new Map<number, string>();
  const groups: SourceGroup[] = [];
  for (const attribute of attributes) {
    if (attribute.name === "ssrc-group") groups.push(toGroup(attribute));
    if (attribute.name !== "ssrc") continue;
    const [head, ...rest] = (attribute.value ?? "").split(" ");
    const ssrc = toSdpNumber(head, SSRC_MAX);
    if (ssrc === undefined) throw attributeError(attribute, "no SSRC");
    const text = rest.join(" ");
    const cname = text.startsWith("cname:") ? text.slice(6) : (cnames.get(ssrc) ?? "");
    cnames.set(ssrc, cname);
    if (cnames.size > SOURCES_MAX) throw attributeError(attribute, `more than ${SOURCES_MAX}`);
  }
  const sources = Array.from(cnames, ([ssrc, cname]) => ({ ssrc, cname }));
  return { sources, groups };
}

function toGroup(attribute: SdpAttribute): SourceGroup {
  const [semantics = "", ...texts] = (attribute.value ?? "").trim().split(" ");
  const ssrcs = texts.map((text) => {
    const ssrc = toSdpNumber(text, SSRC_MAX);
    if (ssrc === undefined) throw attributeError(attribute, "no SSRC");
    return ssrc;
  });
  if (ssrcs.length > SOURCES_MAX) throw attributeError(attribute, `more than ${SOURCES_MAX}`);
  return { semantics, ssrcs };
}
