/**
 * The Flash media manifest: where players find the bootstrap information and the fragments of a stream.
 *
 * Spec: Adobe Flash Media Manifest File Format Specification 1.0, section 2 (elements).
 *
 * @module
 */

import { xmlElement, xmlTextElement } from "../mpd/xml.ts";

const NAMESPACE = "http://ns.adobe.com/f4m/1.0";
const BOOTSTRAP_ID = "bootstrap0";

/** A live stream in one quality. Addresses are relative to the manifest's. */
export interface FlashManifest {
  readonly id: string;
  readonly bootstrapUrl: string;
  /** What stands in front of `Seg1-Frag1` in the addresses of fragments. */
  readonly mediaUrl: string;
}

/** The bit rate, which is to tell qualities apart, is 0, as in SRS. */
export function formatFlashManifest({ id, bootstrapUrl, mediaUrl }: FlashManifest): string {
  const bootstrap = { profile: "named", url: bootstrapUrl, id: BOOTSTRAP_ID };
  const media = { bitrate: 0, url: mediaUrl, bootstrapInfoId: BOOTSTRAP_ID };
  const manifest = xmlElement("manifest", { xmlns: NAMESPACE }, [
    xmlTextElement("id", {}, id),
    xmlTextElement("streamType", {}, "live"),
    xmlTextElement("deliveryType", {}, "streaming"),
    xmlElement("bootstrapInfo", bootstrap),
    xmlElement("media", media),
  ]);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${manifest}`;
}
