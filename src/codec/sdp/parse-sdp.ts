/**
 * Reads a session description.
 *
 * Lenient where clients are known to be careless and the meaning is beyond doubt: lines may end with
 * LF alone, blank lines are passed over, and lines may stand in another order than the
 * specification's. Strict against control characters, which could break out of a line.
 *
 * Spec: RFC 8866, sections 5 and 9.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import type {
  MediaSection,
  SdpAttribute,
  SdpField,
  SdpOrigin,
  SessionDescription,
} from "./session-description.ts";
import { isSdpToken, toSdpNumber } from "./syntax.ts";

const LINES_MAX = 4_096;
/** Characters. The longest lines known are certificates and assertions of an identity. */
const LINE_LENGTH_MAX = 8_192;
const SECTIONS_MAX = 64;
/** There are 128 payload types. */
const FORMATS_MAX = 128;

const KNOWN_TYPES = "vosiuepcbtrzka";
// biome-ignore lint/suspicious/noControlCharactersInRegex: They are what it looks for.
const CONTROL_CHARACTER = /[\x00-\x08\x0a-\x1f\x7f]/;

/** @throws {MalformedError} If it breaks the specification, with the number of the line. */
export function parseSdp(text: string): SessionDescription {
  return new SdpParser(text, false).parse();
}

/** The m-sections of a description and what stands before them, without its head. */
export type SdpFragment = Pick<SessionDescription, "attributes" | "sections">;

/**
 * Reads a fragment (RFC 8840, section 9), which has no lines but `a=` and `m=`.
 *
 * @throws {MalformedError} If it breaks the specification, with the number of the line.
 */
export function parseSdpFragment(text: string): SdpFragment {
  return new SdpParser(text, true).parseFragment();
}

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

/** What is filled while lines are read; `Mutable` arrays, too. */
interface OpenSection extends Mutable<MediaSection> {
  readonly fields: SdpField[];
  readonly attributes: SdpAttribute[];
}

class SdpParser {
  readonly #text: string;
  readonly #isFragment: boolean;
  readonly #fields: SdpField[] = [];
  readonly #attributes: SdpAttribute[] = [];
  readonly #sections: OpenSection[] = [];
  #origin: SdpOrigin | undefined;
  #name: string | undefined;
  #hasVersion = false;
  /** Of the line that is being read, from 1. */
  #line = 0;
  /** Where that line starts. */
  #start = 0;

  constructor(text: string, isFragment: boolean) {
    this.#text = text;
    this.#isFragment = isFragment;
  }

  parse(): SessionDescription {
    this.#readLines();
    if (!this.#hasVersion) throw new MalformedError("Cannot read session description: empty", 0);
    const origin = this.#origin;
    const name = this.#name;
    if (origin === undefined) throw this.#error("the description ends without o=");
    if (name === undefined) throw this.#error("the description ends without s=");
    const sections = this.#sections;
    return { origin, name, fields: this.#fields, attributes: this.#attributes, sections };
  }

  parseFragment(): SdpFragment {
    this.#readLines();
    return { attributes: this.#attributes, sections: this.#sections };
  }

  #readLines(): void {
    const text = this.#text;
    while (this.#start < text.length) {
      this.#line += 1;
      if (this.#line > LINES_MAX) throw this.#error(`more than ${LINES_MAX} lines`);
      const newline = text.indexOf("\n", this.#start);
      const next = newline < 0 ? text.length : newline + 1;
      let end = newline < 0 ? text.length : newline;
      if (end > this.#start && text[end - 1] === "\r") end -= 1;
      if (end > this.#start) this.#readLine(this.#start, end);
      this.#start = next;
    }
  }

  #readLine(start: number, end: number): void {
    if (end - start > LINE_LENGTH_MAX) throw this.#error(`longer than ${LINE_LENGTH_MAX}`);
    const line = this.#text.slice(start, end);
    const type = line[0] ?? "";
    if (line[1] !== "=") throw this.#error("no letter and equals sign");
    if (CONTROL_CHARACTER.test(line)) throw this.#error("a control character");
    const value = line.slice(2);
    if (!this.#hasVersion && !this.#isFragment) {
      if (type !== "v") throw this.#error("a description begins with v=0");
      if (value.trim() !== "0") throw this.#error("version other than 0");
      this.#hasVersion = true;
      return;
    }
    if (type === "m") this.#readMedia(value);
    else if (type === "a") this.#readAttribute(value);
    else if (this.#isFragment) throw this.#error("neither a= nor m=");
    else this.#readField(type, value);
  }

  #readField(type: string, value: string): void {
    const isInSection = this.#sections.length > 0;
    if (!KNOWN_TYPES.includes(type)) throw this.#error("unknown type");
    if (type === "v" || ((type === "o" || type === "s") && isInSection)) {
      throw this.#error(`${type}= where it may not stand`);
    }
    if (type === "o") {
      if (this.#origin !== undefined) throw this.#error("a second o=");
      this.#origin = this.#readOrigin(value);
    } else if (type === "s") {
      if (this.#name !== undefined) throw this.#error("a second s=");
      this.#name = value;
    } else {
      const fields = this.#sections.at(-1)?.fields ?? this.#fields;
      fields.push({ type, value });
    }
  }

  #readOrigin(value: string): SdpOrigin {
    const parts = value.trimEnd().split(" ");
    const [username, sessionId, sessionVersion, networkType, addressType, address] = parts;
    if (parts.length !== 6 || parts.includes("") || address === undefined) {
      throw this.#error("o= without six parts");
    }
    return {
      username: username ?? "",
      sessionId: sessionId ?? "",
      sessionVersion: sessionVersion ?? "",
      networkType: networkType ?? "",
      addressType: addressType ?? "",
      address,
    };
  }

  #readMedia(value: string): void {
    if (this.#sections.length === SECTIONS_MAX) {
      throw this.#error(`more than ${SECTIONS_MAX} m-sections`);
    }
    const [kind = "", portText = "", protocol = "", ...formats] = value.trimEnd().split(" ");
    const [portPart, countPart, ...rest] = portText.split("/");
    const port = toSdpNumber(portPart, 65_535);
    const portCount = countPart === undefined ? 1 : toSdpNumber(countPart, 65_535);
    if (port === undefined || portCount === undefined || rest.length > 0) {
      throw this.#error("m= without a port");
    }
    if (!isSdpToken(kind) || !protocol.split("/").every(isSdpToken)) {
      throw this.#error("m= without kind and protocol");
    }
    if (formats.length > FORMATS_MAX) throw this.#error(`more than ${FORMATS_MAX} formats`);
    if (formats.length === 0 || !formats.every(isSdpToken)) throw this.#error("m= without formats");
    this.#sections.push({ kind, port, portCount, protocol, formats, fields: [], attributes: [] });
  }

  #readAttribute(text: string): void {
    const colon = text.indexOf(":");
    const name = colon < 0 ? text.trimEnd() : text.slice(0, colon);
    const value = colon < 0 ? undefined : text.slice(colon + 1);
    if (!isSdpToken(name)) throw this.#error("a= without a name");
    const attributes = this.#sections.at(-1)?.attributes ?? this.#attributes;
    attributes.push({ name, value, line: this.#line });
  }

  #error(fault: string): MalformedError {
    return new MalformedError(
      `Cannot read line ${this.#line} of session description: ${fault}`,
      this.#start,
    );
  }
}
