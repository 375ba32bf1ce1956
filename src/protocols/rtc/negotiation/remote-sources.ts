/**
 * Which RTP streams the peer says it sends in an m-section.
 *
 * Spec: RFC 5576, section 4.2; RFC 4588, section 8.3 (FID); RFC 5956, section 4.1 (FEC-FR); SIM is
 * how browsers named layers of simulcast before there were RIDs.
 *
 * @module
 */

import { type MediaSources, readMediaSources } from "../../../codec/sdp/media-source.ts";
import type { MediaSection } from "../../../codec/sdp/session-description.ts";
import type { RemoteSource } from "./agreement.ts";

/** @throws {MalformedError} If an attribute breaks the specification. */
export function readRemoteSources(section: MediaSection): readonly RemoteSource[] {
  const media = readMediaSources(section.attributes);
  const rtxSsrcs = secondsOf(media, "FID");
  const others = new Set([...rtxSsrcs.values(), ...secondsOf(media, "FEC-FR").values()]);
  const originals = media.sources.filter(({ ssrc }) => !others.has(ssrc));
  const order = media.groups.find(({ semantics }) => semantics === "SIM")?.ssrcs ?? [];
  const rank = (ssrc: number) => (order.includes(ssrc) ? order.indexOf(ssrc) : order.length);
  return originals
    .toSorted((a, b) => rank(a.ssrc) - rank(b.ssrc))
    .map(({ ssrc, cname }) => ({ ssrc, cname, rtxSsrc: rtxSsrcs.get(ssrc) }));
}

/** What belongs to each original by groups of two. */
function secondsOf({ groups }: MediaSources, semantics: string): ReadonlyMap<number, number> {
  const seconds = new Map<number, number>();
  for (const group of groups) {
    const [first, second] = group.ssrcs;
    if (group.semantics !== semantics || first === undefined || second === undefined) continue;
    seconds.set(first, second);
  }
  return seconds;
}
