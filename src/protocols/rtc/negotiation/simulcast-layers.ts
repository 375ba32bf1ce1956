/**
 * Which layers of an offer's simulcast are taken: all of them, as far as they are in the format that
 * was chosen.
 *
 * Spec: RFC 8853, section 5.3.2; RFC 8851, section 6.3.
 *
 * @module
 */

import type { SdpAttribute } from "../../../codec/sdp/session-description.ts";
import { type Rid, readRids, readSimulcast } from "../../../codec/sdp/simulcast.ts";

/** Restrictions of a RID begin with it, if its formats are restricted. */
const PAYLOAD_TYPES = /^pt=([0-9,]+)(?:;|$)/;

/**
 * The RIDs as the answer has them, in the order of the offer, of each stream the one preferred.
 *
 * @throws {MalformedError} If an attribute breaks the specification.
 */
export function acceptSimulcast(
  attributes: readonly SdpAttribute[],
  payloadType: number,
): readonly Rid[] {
  const streams = readSimulcast(attributes)?.send ?? [];
  const offered = readRids(attributes);
  const accepted: Rid[] = [];
  for (const { rids } of streams) {
    const rid = offered.find(
      ({ id, direction, restrictions }) =>
        direction === "send" && rids.includes(id) && isInFormat(restrictions, payloadType),
    );
    if (rid !== undefined && !accepted.some(({ id }) => id === rid.id)) {
      accepted.push({ ...rid, direction: "recv", restrictions: inFormat(rid, payloadType) });
    }
  }
  return accepted;
}

function isInFormat(restrictions: string, payloadType: number): boolean {
  const payloadTypes = PAYLOAD_TYPES.exec(restrictions)?.[1];
  return payloadTypes === undefined || payloadTypes.split(",").includes(`${payloadType}`);
}

function inFormat({ restrictions }: Rid, payloadType: number): string {
  return restrictions.replace(PAYLOAD_TYPES, (match) =>
    match.endsWith(";") ? `pt=${payloadType};` : `pt=${payloadType}`,
  );
}
