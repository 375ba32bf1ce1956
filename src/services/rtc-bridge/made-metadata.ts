/**
 * The metadata of a stream whose publisher sends none, as WebRTC's never do.
 *
 * @module
 */

import { unlessMalformed } from "../../base/errors.ts";
import { AmfObject } from "../../codec/amf0/value.ts";
import {
  type AudioCodec,
  codecIdOfVideoCodec,
  soundFormatOfAudioCodec,
  type VideoCodec,
} from "../../codec/flv/codec-id.ts";
import { encodeMetadata } from "../../codec/flv/script-data.ts";
import type { StreamMetadata, Track } from "../../live/track.ts";
import { parseMetadata } from "../../remux/flv/metadata.ts";
import { describeVideo } from "../../remux/track/video-details.ts";

/** Says which tracks there are, and the size of the picture if that is known. */
export function makeMetadata(
  video: Track | undefined,
  audio: Track | undefined,
): StreamMetadata | undefined {
  const properties = new AmfObject();
  if (video !== undefined) {
    const details = unlessMalformed(() => describeVideo(video));
    if (details !== undefined) properties.set("width", details.width);
    if (details !== undefined) properties.set("height", details.height);
    properties.set("videocodecid", codecIdOfVideoCodec(video.codec as VideoCodec) ?? 0);
  }
  if (audio !== undefined) {
    properties.set("audiocodecid", soundFormatOfAudioCodec(audio.codec as AudioCodec) ?? 0);
  }
  return parseMetadata(encodeMetadata(properties));
}
