/**
 * A server's refusal, as an RTMP client gets to know it.
 *
 * @module
 */

import { AmfObject, type AmfValue, amfNumber, amfString } from "../../codec/amf0/value.ts";

/** The server answered by `_error`, or by a status of level `error`. */
export class RtmpStatusError extends Error {
  override readonly name = "RtmpStatusError";
  /** Such as `NetStream.Publish.BadName`; empty if the server gave none. */
  readonly code: string;
  readonly description: string;
  /** Where the server says the stream is (`rtmp://host:port/app/stream?query`), if it does. */
  readonly redirectUrl: string | undefined;

  constructor(code: string, description: string, redirectUrl: string | undefined) {
    super(`Cannot go on: the server answered "${code}" (${description})`);
    this.code = code;
    this.description = description;
    this.redirectUrl = redirectUrl;
  }
}

/** Reads the information object of a refusal, SRS's form of a redirect included. */
export function toStatusError(information: AmfValue): RtmpStatusError {
  const extra = information instanceof AmfObject ? information.get("ex") : undefined;
  const isRedirect = amfNumber(extra, "code") === 302;
  const redirectUrl = amfString(extra, "redirect2") || amfString(extra, "redirect");
  return new RtmpStatusError(
    amfString(information, "code"),
    amfString(information, "description"),
    isRedirect && redirectUrl !== "" ? redirectUrl : undefined,
  );
}
