/**
 * ICE candidates as they stand in descriptions and trickle in after them.
 *
 * Spec: RFC 8839, section 5.1; RFC 6544, section 4.5 (`tcptype`).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { isIceText, isSdpToken, toSdpNumber } from "./syntax.ts";

export interface Candidate {
  /** Equal for candidates of the same kind, base and protocol. */
  readonly foundation: string;
  /** 1 is RTP, and RTCP too where the two are multiplexed. */
  readonly component: number;
  /** `udp` or `tcp`, in lower case; an agent passes over others. */
  readonly transport: string;
  readonly priority: number;
  /** An IPv4 or IPv6 address, or a host name, such as those that end with `.local`. */
  readonly address: string;
  readonly port: number;
  /** `host`, `srflx`, `prflx` or `relay`; an agent passes over others. */
  readonly type: string;
  /** What follows in pairs of name and value, such as `raddr`, `rport`, `tcptype`, `generation`. */
  readonly extensions: readonly (readonly [name: string, value: string])[];
}

const PRIORITY_MAX = 0xffff_ffff;
/** Characters that could be taken for the end of an address are none. */
const ADDRESS = /^[A-Za-z0-9.:%_-]{1,253}$/;
const EXTENSION_TEXT = /^[\x21-\x7e]+$/;

/**
 * Reads the value of `a=candidate:`, or what a browser's RTCIceCandidate has, which begins with
 * `candidate:`.
 *
 * @throws {MalformedError} If it breaks the specification.
 */
export function parseCandidate(text: string): Candidate {
  const parts = text
    .replace(/^candidate:/, "")
    .trimEnd()
    .split(" ");
  const [foundation = "", componentText, transportText = "", priorityText, address = ""] = parts;
  const [portText, typ, type = ""] = parts.slice(5);
  const component = toSdpNumber(componentText, 256);
  const priority = toSdpNumber(priorityText, PRIORITY_MAX);
  const port = toSdpNumber(portText, 65_535);
  if (!isIceText(foundation)) throw candidateError("no foundation");
  if (component === undefined) throw candidateError("no component");
  if (!isSdpToken(transportText)) throw candidateError("no transport");
  if (priority === undefined) throw candidateError("no priority");
  if (!ADDRESS.test(address)) throw candidateError("no address");
  if (port === undefined) throw candidateError("no port");
  if (typ !== "typ" || !isSdpToken(type)) throw candidateError("no type");
  const extensions = toExtensions(parts.slice(8));
  const transport = transportText.toLowerCase();
  return { foundation, component, transport, priority, address, port, type, extensions };
}

/** The value of `a=candidate:`. */
export function formatCandidate(candidate: Candidate): string {
  const { foundation, component, transport, priority, address, port, type } = candidate;
  const parts = [foundation, component, transport, priority, address, port, "typ", type];
  return [...parts, ...candidate.extensions.flat()].join(" ");
}

/** `active`, `passive` or `so` of a candidate for TCP. */
export function findTcpType(candidate: Candidate): string | undefined {
  return candidate.extensions.find(([name]) => name === "tcptype")?.[1];
}

function toExtensions(parts: readonly string[]): [string, string][] {
  if (!parts.every((part) => EXTENSION_TEXT.test(part))) throw candidateError("a bad extension");
  if (parts.length % 2 !== 0) throw candidateError("an extension without a value");
  const extensions: [string, string][] = [];
  for (let i = 0; i < parts.length; i += 2) extensions.push([parts[i] ?? "", parts[i + 1] ?? ""]);
  return extensions;
}

function candidateError(fault: string): MalformedError {
  return new MalformedError(`Cannot read candidate: ${fault}`, 0);
}
