/**
 * What the RTP payload types of an m-section mean.
 *
 * Spec: RFC 8866, sections 6.6 (rtpmap) and 6.15 (fmtp); RFC 4585, section 4.2 (rtcp-fb); RFC 3551,
 * section 6 (static payload types).
 *
 * @module
 */

import type { MediaSection, SdpAttribute } from "./session-description.ts";
import { attributeError, isSdpToken, toSdpNumber } from "./syntax.ts";

export interface PayloadFormat {
  /** 0 to 127. */
  readonly payloadType: number;
  /** As it was written, such as `H264`; names compare without regard to case. */
  readonly encoding: string;
  /** Hz. */
  readonly clockRate: number;
  /** 1 if it is not said. */
  readonly channels: number;
  /** `fmtp` as it was written; empty without. */
  readonly fmtp: string;
  /** `rtcp-fb`, such as `nack pli`, those for all payload types (`*`) among them; none twice. */
  readonly feedback: readonly string[];
}

type Encoding = Pick<PayloadFormat, "encoding" | "clockRate" | "channels">;

/** Those of the static ones that are still offered without an `rtpmap`. */
const STATIC_ENCODINGS: readonly (readonly [payloadType: number, encoding: Encoding])[] = [
  [0, { encoding: "PCMU", clockRate: 8_000, channels: 1 }],
  [8, { encoding: "PCMA", clockRate: 8_000, channels: 1 }],
  [9, { encoding: "G722", clockRate: 8_000, channels: 1 }],
];
/** `*` in `rtcp-fb`. */
const ALL = -1;

/**
 * The formats of a section whose protocol is RTP, in its order of preference; those whose encoding is
 * not said, and is not static, are left out.
 *
 * @throws {MalformedError} If an attribute breaks the specification.
 */
export function readPayloadFormats(section: MediaSection): readonly PayloadFormat[] {
  const encodings = new Map<number, Encoding>(STATIC_ENCODINGS);
  const parameters = new Map<number, string>();
  const feedback = new Map<number, Set<string>>();
  for (const attribute of section.attributes) {
    if (attribute.name === "rtpmap") {
      const [payloadType, text] = splitPayloadType(attribute);
      encodings.set(payloadType, toEncoding(attribute, text));
    } else if (attribute.name === "fmtp") {
      parameters.set(...splitPayloadType(attribute));
    } else if (attribute.name === "rtcp-fb") {
      const [payloadType, text] = splitPayloadType(attribute);
      const known = feedback.get(payloadType);
      if (known === undefined) feedback.set(payloadType, new Set([text]));
      else known.add(text);
    }
  }
  const formats: PayloadFormat[] = [];
  for (const payloadType of toPayloadTypes(section)) {
    const encoding = encodings.get(payloadType);
    if (encoding === undefined) continue;
    const own = [...(feedback.get(payloadType) ?? []), ...(feedback.get(ALL) ?? [])];
    const fmtp = parameters.get(payloadType) ?? "";
    formats.push({ payloadType, ...encoding, fmtp, feedback: [...new Set(own)] });
  }
  return formats;
}

/** The lines of a format, as browsers order them. */
export function formatAttributes(format: PayloadFormat): SdpAttribute[] {
  const { payloadType, encoding, clockRate, channels, fmtp, feedback } = format;
  const rate = channels === 1 ? `${clockRate}` : `${clockRate}/${channels}`;
  const attributes = [{ name: "rtpmap", value: `${payloadType} ${encoding}/${rate}` }];
  for (const kind of feedback)
    attributes.push({ name: "rtcp-fb", value: `${payloadType} ${kind}` });
  if (fmtp !== "") attributes.push({ name: "fmtp", value: `${payloadType} ${fmtp}` });
  return attributes;
}

/** `NAME=VALUE` between semicolons; names in lower case. A name without a value has an empty one. */
export function parseFormatParameters(fmtp: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const part of fmtp.split(";")) {
    const equals = part.indexOf("=");
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (name !== "") parameters.set(name, equals < 0 ? "" : part.slice(equals + 1).trim());
  }
  return parameters;
}

function toPayloadTypes(section: MediaSection): Set<number> {
  const payloadTypes = new Set<number>();
  for (const text of section.formats) {
    const payloadType = toSdpNumber(text, 127);
    if (payloadType !== undefined) payloadTypes.add(payloadType);
  }
  return payloadTypes;
}

function splitPayloadType(attribute: SdpAttribute): [payloadType: number, text: string] {
  const value = attribute.value ?? "";
  const blank = value.indexOf(" ");
  const head = blank < 0 ? value : value.slice(0, blank);
  const isAll = head === "*" && attribute.name === "rtcp-fb";
  const payloadType = isAll ? ALL : toSdpNumber(head, 127);
  const text = blank < 0 ? "" : value.slice(blank + 1).trim();
  if (payloadType === undefined) throw attributeError(attribute, "no payload type");
  if (text === "" && attribute.name !== "fmtp") {
    throw attributeError(attribute, "nothing but a payload type");
  }
  return [payloadType, text];
}

function toEncoding(attribute: SdpAttribute, text: string): Encoding {
  const [encoding = "", clockRateText, channelsText = "1", ...rest] = text.split("/");
  const clockRate = toSdpNumber(clockRateText, 0xffff_ffff);
  const channels = toSdpNumber(channelsText, 255);
  if (!isSdpToken(encoding) || rest.length > 0) throw attributeError(attribute, "no encoding");
  if (clockRate === undefined || clockRate === 0) throw attributeError(attribute, "no clock rate");
  if (channels === undefined || channels === 0) throw attributeError(attribute, "no channels");
  return { encoding, clockRate, channels };
}
