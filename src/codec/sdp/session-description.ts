/**
 * What a session description says, line by line: nothing is lost between parsing and formatting, so
 * that attributes nobody here knows survive too. Other files of this folder read single attributes.
 *
 * Spec: RFC 8866, section 5.
 *
 * @module
 */

/** `a=NAME` or `a=NAME:VALUE`. */
export interface SdpAttribute {
  readonly name: string;
  /** `undefined` for a flag, which has no colon. */
  readonly value: string | undefined;
  /** Where it was read, counted from 1, for messages; absent if it was not read. */
  readonly line?: number;
}

/** A line that is none of those that have a property of their own, such as `c=` or `b=`. */
export interface SdpField {
  /** One letter. */
  readonly type: string;
  readonly value: string;
}

/** `o=`. The numbers are text, for they may be larger than what a number holds exactly. */
export interface SdpOrigin {
  readonly username: string;
  readonly sessionId: string;
  readonly sessionVersion: string;
  readonly networkType: string;
  readonly addressType: string;
  readonly address: string;
}

/** An m-section: `m=` and what follows it. */
export interface MediaSection {
  /** Such as `audio`, `video` or `application`. */
  readonly kind: string;
  /** 0 if it is refused, or in an offer bundle-only. */
  readonly port: number;
  /** 1, but for layered multicast. */
  readonly portCount: number;
  /** Such as `UDP/TLS/RTP/SAVPF`. */
  readonly protocol: string;
  /** RTP payload types, or what the protocol has instead; at least one. */
  readonly formats: readonly string[];
  readonly fields: readonly SdpField[];
  readonly attributes: readonly SdpAttribute[];
}

export interface SessionDescription {
  readonly origin: SdpOrigin;
  /** `s=`. */
  readonly name: string;
  /** What stands between the name and the attributes, `t=` among it. */
  readonly fields: readonly SdpField[];
  readonly attributes: readonly SdpAttribute[];
  readonly sections: readonly MediaSection[];
}

/** The first attribute of that name. */
export function findAttribute(
  attributes: readonly SdpAttribute[],
  name: string,
): SdpAttribute | undefined {
  return attributes.find((attribute) => attribute.name === name);
}

export function hasAttribute(attributes: readonly SdpAttribute[], name: string): boolean {
  return attributes.some((attribute) => attribute.name === name);
}

/** All attributes of that name, in order. */
export function findAttributes(
  attributes: readonly SdpAttribute[],
  name: string,
): readonly SdpAttribute[] {
  return attributes.filter((attribute) => attribute.name === name);
}
