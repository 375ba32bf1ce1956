/**
 * Simulcast: the same picture in several sizes, each with an identifier (RID) of its own.
 *
 * Spec: RFC 8851, section 10 (rid); RFC 8853, section 5.1 (simulcast).
 *
 * @module
 */

import { findAttribute, type SdpAttribute } from "./session-description.ts";
import { attributeError, isRid } from "./syntax.ts";

export interface Rid {
  readonly id: string;
  readonly direction: "send" | "recv";
  /** What follows, such as `max-width=1280;max-height=720`; empty without. */
  readonly restrictions: string;
}

/** A simulcast stream: its RIDs, the first being the one preferred. */
export interface SimulcastStream {
  readonly rids: readonly string[];
  /** The sender does not send it yet (`~`). */
  readonly isPaused: boolean;
}

export interface Simulcast {
  readonly send: readonly SimulcastStream[];
  readonly recv: readonly SimulcastStream[];
}

/** Sizes of one picture. Chrome sends up to three. */
const STREAMS_MAX = 16;

/** @throws {MalformedError} If one breaks the specification. */
export function readRids(attributes: readonly SdpAttribute[]): readonly Rid[] {
  const rids: Rid[] = [];
  for (const attribute of attributes) {
    if (attribute.name !== "rid") continue;
    const [id = "", direction, ...rest] = (attribute.value ?? "").trim().split(" ");
    if (!isRid(id)) throw attributeError(attribute, "no identifier");
    if (direction !== "send" && direction !== "recv") throw attributeError(attribute, "direction");
    rids.push({ id, direction, restrictions: rest.join(" ") });
    if (rids.length > STREAMS_MAX) throw attributeError(attribute, `more than ${STREAMS_MAX}`);
  }
  return rids;
}

/**
 * The `simulcast` attribute; `undefined` without, or if it is of the time before the RFC
 * (`send rid=1;2`), whose streams had other names.
 *
 * @throws {MalformedError} If it breaks the specification.
 */
export function readSimulcast(attributes: readonly SdpAttribute[]): Simulcast | undefined {
  const attribute = findAttribute(attributes, "simulcast");
  const value = attribute?.value?.trim();
  if (attribute === undefined || value === undefined || value.includes("=")) return undefined;
  const parts = value.split(" ");
  if (parts.length !== 2 && parts.length !== 4) throw attributeError(attribute, "no direction");
  const found: Record<"send" | "recv", readonly SimulcastStream[]> = { send: [], recv: [] };
  for (let i = 0; i < parts.length; i += 2) {
    const direction = parts[i];
    if (direction !== "send" && direction !== "recv") throw attributeError(attribute, "direction");
    found[direction] = toStreams(attribute, parts[i + 1] ?? "");
  }
  return found;
}

export function ridAttribute({ id, direction, restrictions }: Rid): SdpAttribute {
  const rest = restrictions === "" ? "" : ` ${restrictions}`;
  return { name: "rid", value: `${id} ${direction}${rest}` };
}

function toStreams(attribute: SdpAttribute, text: string): SimulcastStream[] {
  const streams = text.split(";");
  if (streams.length > STREAMS_MAX) throw attributeError(attribute, `more than ${STREAMS_MAX}`);
  return streams.map((stream) => {
    const names = stream.split(",");
    const rids = names.map((name) => name.replace(/^~/, ""));
    if (!rids.every(isRid)) throw attributeError(attribute, "no identifiers");
    return { rids, isPaused: names[0]?.startsWith("~") === true };
  });
}
