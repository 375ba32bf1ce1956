/**
 * Clients of packaged streams, with no more sense than the specifications ask of them: they read a
 * playlist or a manifest and fetch all that it names.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { checkMediaPlaylist, readMediaPlaylist } from "./hls-check.ts";
import type { ParsedMediaPlaylist, ParsedSegment } from "./hls-parse.ts";
import { findAll } from "./mpd-check.ts";
import { within } from "./wait.ts";
import { parseXml, type XmlElement } from "./xml-parse.ts";

/** @throws {Error} If the answer is not 200. */
export async function fetchBytes(url: string): Promise<Uint8Array> {
  const answer = await within(`an answer of ${url}`, fetch(url));
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (answer.status === 200) return bytes;
  throw new Error(`${url}: ${answer.status} ${Buffer.from(bytes).toString("utf8")}`);
}

export async function fetchText(url: string): Promise<string> {
  return Buffer.from(await fetchBytes(url)).toString("utf8");
}

// HLS ---------------------------------------------------------------------------------------------

export interface DownloadedPlaylist {
  readonly text: string;
  readonly playlist: ParsedMediaPlaylist;
  /** Those that are there: without gaps. */
  readonly segments: readonly DownloadedSegment[];
}

export interface DownloadedSegment extends ParsedSegment {
  /** With its initialization segment in front, if it has one: as a player would decode it. */
  readonly bytes: Uint8Array;
}

/** Fetches a media playlist, and all that it names. @throws {Error} If it breaks a rule. */
export async function downloadPlaylist(url: string): Promise<DownloadedPlaylist> {
  const text = await fetchText(url);
  const violations = checkMediaPlaylist(text);
  if (violations.length > 0) throw new Error(`${url}: ${violations.join("; ")}\n${text}`);
  const playlist = readMediaPlaylist(text);
  const segments: DownloadedSegment[] = [];
  for (const segment of playlist.segments.filter(({ isGap }) => !isGap)) {
    const mapUri = /URI="([^"]+)"/.exec(segment.map ?? "")?.[1];
    const map = mapUri === undefined ? [] : [await fetchBytes(resolve(mapUri, url))];
    const media = await fetchBytes(resolve(segment.uri, url));
    segments.push({ ...segment, bytes: Buffer.concat([...map, media]) });
  }
  return { text, playlist, segments };
}

/**
 * Writes a playlist with whole addresses and an end, for players that would else ask for its next
 * version, or begin at its newest segments.
 */
export function savePlaylist(text: string, url: string, path: string): string {
  const lines = text.split("\n").map((line) => {
    if (line.startsWith("#")) {
      return line.replace(/URI="([^"]+)"/, (_, uri: string) => `URI="${resolve(uri, url)}"`);
    }
    return line === "" ? line : resolve(line, url);
  });
  const isEnded = lines.includes("#EXT-X-ENDLIST");
  writeFileSync(path, `${lines.join("\n")}${isEnded ? "" : "#EXT-X-ENDLIST\n"}`);
  return path;
}

/** What a multivariant playlist says of its one variant. */
export function readVariant(text: string): ReadonlyMap<string, string> {
  const line = /#EXT-X-STREAM-INF:(.*)/.exec(text)?.[1] ?? "";
  const attributes = line.matchAll(/([A-Z-]+)=("[^"]*"|[^,]*)/g);
  return new Map(
    Array.from(attributes, ([, name = "", value = ""]) => [name, value.replaceAll('"', "")]),
  );
}

// DASH --------------------------------------------------------------------------------------------

export interface DownloadedRepresentation {
  /** Those of the representation. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly channelCount: number | undefined;
  readonly timescale: number;
  readonly segments: readonly {
    /** In ticks of the timescale. */
    readonly startTime: number;
    readonly duration: number;
    /** Without the initialization segment. */
    readonly bytes: Uint8Array;
  }[];
  /** All of it: the initialization segment, and the segments behind it. */
  readonly bytes: Uint8Array;
}

/** Fetches a manifest of one period, and all that it names. */
export async function downloadManifest(
  url: string,
): Promise<{ readonly text: string; readonly representations: DownloadedRepresentation[] }> {
  const text = await fetchText(url);
  const mpd = parseXml(text);
  const [period, ...others] = findAll(mpd, "Period");
  if (period === undefined || others.length > 0) throw new Error(`Not one period:\n${text}`);
  const base = resolve(findAll(mpd, "BaseURL")[0]?.text ?? "", url);
  const representations: DownloadedRepresentation[] = [];
  for (const set of findAll(period, "AdaptationSet")) {
    representations.push(await downloadRepresentation(set, base));
  }
  return { text, representations };
}

async function downloadRepresentation(
  set: XmlElement,
  base: string,
): Promise<DownloadedRepresentation> {
  const [template] = findAll(set, "SegmentTemplate");
  const [representation] = findAll(set, "Representation");
  if (template === undefined || representation === undefined) throw new Error("No segments");
  const [channels] = findAll(representation, "AudioChannelConfiguration");
  const of = (name: string): string => template.attributes.get(name) ?? "";
  const initialization = await fetchBytes(resolve(of("initialization"), base));
  const segments: { startTime: number; duration: number; bytes: Uint8Array }[] = [];
  let startTime = 0;
  for (const run of findAll(template, "S")) {
    startTime = Number(run.attributes.get("t") ?? startTime);
    const duration = Number(run.attributes.get("d"));
    for (let i = 0; i <= Number(run.attributes.get("r") ?? 0); i++) {
      const uri = of("media").replace("$Time$", String(startTime));
      segments.push({ startTime, duration, bytes: await fetchBytes(resolve(uri, base)) });
      startTime += duration;
    }
  }
  return {
    attributes: representation.attributes,
    channelCount: channels && Number(channels.attributes.get("value")),
    timescale: Number(of("timescale")),
    segments,
    bytes: Buffer.concat([initialization, ...segments.map(({ bytes }) => bytes)]),
  };
}

function resolve(uri: string, base: string): string {
  return new URL(uri, base).href;
}
