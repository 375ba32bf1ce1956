/**
 * Files to be packaged, and how they are published: faster than real time, since packagers go by
 * timestamps.
 *
 * @module
 */

import { publishFile } from "./ffmpeg.ts";
import { type MediaName, media } from "./media.ts";
import { fetchText } from "./packaged-stream.ts";
import { runProgram } from "./program.ts";
import { ROOT, type TestServer } from "./server.ts";
import { readMp4Messages, SteppedPublisher } from "./stepped-publisher.ts";
import { waitFor, within } from "./wait.ts";

export interface PackagedSource {
  readonly path: string;
  /** FFmpeg can send the one, the other takes a publisher of our own. */
  readonly kind: "flv" | "mp4";
  readonly video?: "h264" | "hevc" | "av1" | "vp9";
  readonly audio?: "aac" | "mp3" | "opus";
}

/** What the server can play by itself. */
export const TEST_STREAM: PackagedSource = {
  path: `${ROOT}web/test-stream.flv`,
  kind: "flv",
  video: "h264",
  audio: "aac",
};

/** A file of the tests', by what is in it. */
export async function packagedSource(
  name: MediaName,
  codecs: Pick<PackagedSource, "video" | "audio">,
): Promise<PackagedSource> {
  const kind = name.endsWith(".flv") ? "flv" : "mp4";
  return { path: await media(name), kind, ...codecs };
}

/** The first seconds of it, in the server's folder. */
export async function cutSource(
  { path, ...codecs }: PackagedSource,
  server: TestServer,
  seconds: number,
): Promise<PackagedSource> {
  const cut = `${server.folder}/${seconds}-s-of-${path.slice(path.lastIndexOf("/") + 1)}`;
  const args = [
    "-y",
    "-v",
    "error",
    "-i",
    path,
    "-map",
    "0",
    "-c",
    "copy",
    "-t",
    `${seconds}`,
    cut,
  ];
  const { code, stderr } = await runProgram("ffmpeg", args);
  if (code !== 0) throw new Error(`Cannot cut ${path}: ${stderr}`);
  return { ...codecs, path: cut };
}

/**
 * Publishes all of it, and returns when all of it is packaged: the server must package CMAF from the
 * first frame on, and end streams with their publishers.
 */
export async function publishWhole(
  source: PackagedSource,
  server: TestServer,
  stream: string,
): Promise<void> {
  const url = server.rtmpUrl(stream);
  if (source.kind === "flv") {
    const publisher = publishFile(source.path, url, { isFast: true });
    try {
      const { code } = await within("the publisher's end", publisher.exited);
      if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${publisher.stderr}`);
    } finally {
      await publisher.end();
    }
  } else {
    const publisher = await SteppedPublisher.open(url, await readMp4Messages(source.path));
    publisher.sendAll();
    publisher.close();
  }
  const lead = source.video === undefined ? "audio" : "video";
  const playlist = server.httpUrl(`/${stream}/${lead}.m3u8`);
  await waitFor(`the end of ${playlist}`, async () => {
    const text = await fetchText(playlist).catch(() => "");
    return text.includes("#EXT-X-ENDLIST");
  });
}
