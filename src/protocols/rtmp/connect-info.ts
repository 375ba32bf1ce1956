/**
 * `connect`: what a client says of itself, and what the server says in return.
 *
 * Spec: Adobe RTMP 1.0, section 7.2.1.1; Enhanced RTMP v2 (Veovera), "Enhancing NetConnection connect
 * Command".
 *
 * @module
 */

import { ProtocolError, RefusedError } from "../../base/errors.ts";
import {
  AmfObject,
  type AmfValue,
  amfNumber,
  amfString,
  EcmaArray,
  toAmfObject,
} from "../../codec/amf0/value.ts";
import type { RtmpCommand } from "../../codec/rtmp/command.ts";
import type { RtmpConnectInfo } from "./session-handler.ts";
import { parseStreamUrl, type StreamUrl } from "./stream-url.ts";

/** What the server says of itself. */
export interface RtmpServerIdentity {
  /** Such as `Sluice`. */
  readonly name: string;
  readonly version: string;
  readonly pid: number;
}

/** What Flash Media Server 3.5.3 said; players choose what they dare to do by it. */
const FMS_VERSION = "3,5,3,888";
/** The bits mean functions of Flash Media Server; this is the value that clients know from it. */
const CAPABILITIES = 127;

/** FourCcInfoMask: whatever the codec, we can hand it on. */
const CAN_FORWARD = 0x04;
/** CapsExMask: we read past ModEx. */
const CAPS_EX_MOD_EX = 0x04;
const FOUR_CCS: readonly string[] = [
  "av01",
  "vp09",
  "vp08",
  "hvc1",
  "avc1",
  "ac-3",
  "ec-3",
  "Opus",
  ".mp3",
  "fLaC",
  "mp4a",
];
/** Our own: ids of the servers that have handed a stream on, with commas between them. */
export const VIA_PROPERTY = "sluiceVia";

const ENHANCED_PROPERTIES = ["fourCcList", "videoFourCcInfoMap", "audioFourCcInfoMap", "capsEx"];

/**
 * Reads `connect`.
 *
 * @throws {ProtocolError} If there is no command object.
 * @throws {RefusedError} If a name in tcUrl is not to be used.
 */
export function parseConnect(
  command: RtmpCommand,
  proxiedAddress: string | undefined,
): RtmpConnectInfo {
  const { object } = command;
  if (!(object instanceof AmfObject)) throw new ProtocolError("Cannot connect: nothing is said");
  const app = amfString(object, "app");
  const tcUrl = amfString(object, "tcUrl");
  return {
    url: parseStreamUrl(tcUrlOf({ tcUrl, app }), undefined),
    app,
    tcUrl,
    pageUrl: amfString(object, "pageUrl"),
    swfUrl: amfString(object, "swfUrl"),
    flashVersion: amfString(object, "flashVer"),
    objectEncoding: amfNumber(object, "objectEncoding") ?? 0,
    extra: command.args[0],
    via: parseVia(amfString(object, VIA_PROPERTY)),
    isEnhanced: ENHANCED_PROPERTIES.some((name) => object.has(name)),
    proxiedAddress,
  };
}

/** More servers than any stream comes through: the rest is nobody's business. */
const VIA_COUNT_MAX = 32;

function parseVia(text: string): readonly string[] {
  return text === "" ? [] : text.split(",", VIA_COUNT_MAX);
}

/**
 * Where the stream is that `publish` or `play` names.
 *
 * @throws {RefusedError} If it names none, or one that is not to be used.
 */
export function parseRequestUrl(info: RtmpConnectInfo, name: AmfValue): StreamUrl {
  const url = parseStreamUrl(tcUrlOf(info), typeof name === "string" ? name : "");
  if (url.stream === "") throw new RefusedError("bad_name", "Cannot use a stream without name");
  return url;
}

/** Some minimal clients leave tcUrl out; then the application is all there is. */
function tcUrlOf({ tcUrl, app }: Pick<RtmpConnectInfo, "tcUrl" | "app">): string {
  return tcUrl === "" ? `rtmp:///${app}` : tcUrl;
}

/**
 * The two objects of the answer, in the order of SRS's, whose edges and tools read `srs_id`,
 * `srs_pid` and `srs_server_ip`. The properties of Enhanced RTMP come only to those who asked by
 * theirs: old Flash players have not been seen with them.
 */
export function connectResult(
  info: RtmpConnectInfo,
  identity: RtmpServerIdentity,
  session: { readonly clientId: string; readonly localAddress: string },
): [properties: AmfObject, information: AmfObject] {
  const properties = toAmfObject({
    fmsVer: `FMS/${FMS_VERSION}`,
    capabilities: CAPABILITIES,
    mode: 1,
  });
  if (info.isEnhanced) {
    properties.set("fourCcList", FOUR_CCS);
    properties.set("videoFourCcInfoMap", toAmfObject({ "*": CAN_FORWARD }));
    properties.set("audioFourCcInfoMap", toAmfObject({ "*": CAN_FORWARD }));
    properties.set("capsEx", CAPS_EX_MOD_EX);
  }
  const data = new EcmaArray(
    Object.entries<AmfValue>({
      version: FMS_VERSION,
      server: identity.name,
      srs_sig: identity.name,
      srs_server: `${identity.name}/${identity.version}`,
      srs_version: identity.version,
      srs_server_ip: session.localAddress,
      srs_pid: identity.pid,
      srs_id: session.clientId,
    }),
  );
  const information = toAmfObject({
    level: "status",
    code: "NetConnection.Connect.Success",
    description: "Connection succeeded",
    objectEncoding: info.objectEncoding,
    data,
  });
  return [properties, information];
}
