/**
 * Goal: what is packaged outlives its troubles: a publisher who leaves and returns, a server that is
 * killed in the middle of a file, and a disk that takes nothing any more. Who watches is not disturbed,
 * and who reads the files never finds half of one, or a name of none.
 *
 * Method: a publisher of our own goes on as the test says, the disk is a small file system that the
 * test mounts, and FFmpeg plays what comes of it.
 */

import { existsSync, readdirSync, readFileSync, watch } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { readBoxes } from "../../src/codec/mp4/box-reader.ts";
import { fromFirstPicture } from "../support/compare-copies.ts";
import { copiedPackets } from "../support/copied-packets.ts";
import { publishFile } from "../support/ffmpeg.ts";
import { FlvCapture } from "../support/flv-capture.ts";
import { checkMediaPlaylist, readMediaPlaylist } from "../support/hls-check.ts";
import { checkMpd, findAll } from "../support/mpd-check.ts";
import { cutSource, TEST_STREAM } from "../support/packaged-source.ts";
import { fetchText, savePlaylist } from "../support/packaged-stream.ts";
import { runProgram } from "../support/program.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { SmallDisk, whyNoSmallDisk } from "../support/small-disk.ts";
import {
  readFlvMessages,
  type SentMessage,
  SteppedPublisher,
} from "../support/stepped-publisher.ts";
import { readTransportStream } from "../support/transport-stream.ts";
import { waitFor, within } from "../support/wait.ts";
import { parseXml } from "../support/xml-parse.ts";

const VIDEO = 9;
const FILLER_SIZE = 60_000;
const FAULT = "packaging file not written";
const HLS = { hls_on_demand: false, hls_ctx: false, hls_window: 600, hls_fragment: 2 };
const CMAF = { on_demand: false, sessions: false, window: 600 };
/** On disk, as well as in memory. */
const WRITTEN = {
  publish: { normal_timeout: 60_000 },
  hls: { ...HLS, hls_storage: "both" },
  cmaf: { ...CMAF, storage: "both" },
  dash: { dash_storage: "both", dash_window_size: 1_000 },
};

async function start(packaging: Record<string, unknown>, fault?: string): Promise<TestServer> {
  const server = await startServer({ config: { vhosts: { __defaultVhost__: packaging } } });
  onTestFinished(() => server.stop(fault));
  return server;
}

/** The files below a folder, with slashes between. */
function listFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(folder.length + 1));
}

async function publishFast(server: TestServer, path: string, stream: string): Promise<void> {
  const publisher = publishFile(path, server.rtmpUrl(stream), { isFast: true });
  onTestFinished(async () => void (await publisher.end()));
  expect((await within("the publisher's end", publisher.exited)).code).toBe(0);
}

describe("a publisher who returns", () => {
  test("goes on behind a discontinuity, and FFmpeg plays across", async () => {
    const server = await start({ publish: { grace_ms: 60_000 }, hls: HLS, cmaf: CMAF });
    const cut = await cutSource(TEST_STREAM, server, 7);
    for (const count of [1, 2]) {
      await publishFast(server, cut.path, "live/show");
      await waitFor("the publisher to have left", () => {
        return server.events("stream unpublished").length === count;
      });
    }
    const filters = { video: "h264", audio: "aac" } as const;
    const all = await copiedPackets(cut.path, { kind: "flv", ...filters });
    const source = fromFirstPicture(all);
    for (const [name, kind, part] of [
      ["ts", "mpegts", undefined],
      ["video", "mp4", "video"],
      ["audio", "mp4", "audio"],
    ] as const) {
      const url = server.httpUrl(`/live/show/${name}.m3u8`);
      const text = await fetchText(url);
      expect(checkMediaPlaylist(text), name).toEqual([]);
      expect(text, name).not.toContain("#EXT-X-ENDLIST");
      const { segments } = readMediaPlaylist(text);
      expect(segments.slice(1).filter(({ isDiscontinuous }) => isDiscontinuous).length).toBe(1);

      const path = savePlaylist(text, url, `${server.folder}/${name}.m3u8`);
      const input = ["-protocol_whitelist", "file,http,tcp,crypto"];
      const args = ["-v", "error", "-xerror", ...input, "-i", path, "-f", "null", "-"];
      expect(await runProgram("ffmpeg", args), name).toMatchObject({ code: 0, stderr: "" });
      const played = await copiedPackets(path, { kind, ...filters, input });
      for (const type of ["video", "audio"] as const) {
        if (part !== undefined && part !== type) continue;
        const hashes = source.filter((packet) => packet.codecType === type).map(({ hash }) => hash);
        const got = played.filter((packet) => packet.codecType === type).map(({ hash }) => hash);
        expect(got, `${type} of ${name}`).toEqual([...hashes, ...hashes]);
      }
    }
  });
});

describe("a server that is killed", () => {
  test("leaves whole files, and playlists of what is there", async () => {
    const server = await start(WRITTEN);
    const publisher = await SteppedPublisher.open(
      server.rtmpUrl("live/show"),
      readFlvMessages(TEST_STREAM.path).map(inflate),
    );
    onTestFinished(() => publisher.close());
    const folder = `${server.folder}/html/live`;
    publisher.sendUntil(3_000);
    await waitFor("files", () => {
      const names = listFiles(folder);
      return names.includes("show.mpd") && names.includes("show/ts.m3u8");
    });
    // Some seconds come at once, and with the first file of them it is over.
    const killed = new Promise<void>((resolve) => {
      const watcher = watch(`${folder}/show`, (_event, name) => {
        if (name?.endsWith(".tmp")) return;
        server.process.kill("SIGKILL");
        watcher.close();
        resolve();
      });
    });
    publisher.sendUntil(12_000);
    await within("a file", killed);
    await within("the server's end", server.process.exited);

    const files = listFiles(folder);
    const whole = files.filter((name) => !name.endsWith(".tmp"));
    for (const name of whole) expectWhole(`${folder}/${name}`);
    const playlists = whole.filter((name) => name.endsWith(".m3u8"));
    expect(playlists.toSorted()).toEqual([
      "show.m3u8",
      "show/audio.m3u8",
      "show/ts.m3u8",
      "show/video.m3u8",
    ]);
    for (const name of playlists) {
      const base = name.slice(0, name.lastIndexOf("/") + 1);
      const text = readFileSync(`${folder}/${name}`, "utf8");
      const uris = [...text.matchAll(/URI="([^"]+)"|^([^#\n].*)$/gm)];
      for (const [, quoted, line] of uris) expect(files).toContain(`${base}${quoted ?? line}`);
      if (name !== "show.m3u8") expect(checkMediaPlaylist(text)).toEqual([]);
    }
    const manifest = readFileSync(`${folder}/show.mpd`, "utf8");
    expect(checkMpd(manifest)).toEqual([]);
    for (const name of namesIn(manifest)) expect(files).toContain(name);
  });
});

/** Makes a picture so large that its segment is not written in a moment: by filler data (H.264, 7.3.2.7). */
function inflate(message: SentMessage): SentMessage {
  const { kind, body } = message;
  if (kind === "audio" || body[1] !== 1) return message;
  const filler = Buffer.alloc(FILLER_SIZE, 0xff);
  filler.writeUInt32BE(FILLER_SIZE - 4, 0);
  filler[4] = 0x0c;
  filler[FILLER_SIZE - 1] = 0x80;
  return { ...message, body: Buffer.concat([body, filler]) };
}

/** Reads it to its end. */
function expectWhole(path: string): void {
  const bytes = readFileSync(path);
  if (path.endsWith(".ts")) {
    expect(readTransportStream(bytes).pesPackets.length).toBeGreaterThan(0);
  } else if (path.endsWith(".mp4") || path.endsWith(".m4s")) {
    const types = Array.from(readBoxes(bytes), ({ type }) => type);
    expect(types.at(-1), path).toBe(path.endsWith(".mp4") ? "moov" : "mdat");
  } else {
    expect(bytes.toString("utf8"), path).toMatch(/\n$/);
  }
}

/** The files that a manifest of one period names. */
function namesIn(manifest: string): string[] {
  const mpd = parseXml(manifest);
  const base = findAll(mpd, "BaseURL")[0]?.text ?? "";
  return findAll(mpd, "SegmentTemplate").flatMap((template) => {
    const of = (name: string): string => template.attributes.get(name) ?? "";
    const names = [`${base}${of("initialization")}`];
    let time = 0;
    for (const run of findAll(template, "S")) {
      time = Number(run.attributes.get("t") ?? time);
      for (let i = 0; i <= Number(run.attributes.get("r") ?? 0); i++) {
        names.push(`${base}${of("media").replace("$Time$", String(time))}`);
        time += Number(run.attributes.get("d"));
      }
    }
    return names;
  });
}

describe("a disk that takes nothing any more", () => {
  test.for([
    ["read-only", "lock", "unlock"],
    ["full", "fill", "empty"],
  ] as const)(
    "%s: players go on, and files do when it takes some again",
    async ([, stop, go], { skip }) => {
      const server = await start(WRITTEN, FAULT);
      const folder = `${server.folder}/html`;
      const reason = whyNoSmallDisk(folder);
      if (reason !== undefined) return skip(reason);
      const disk = new SmallDisk(folder);
      onTestFinished(() => disk.remove());

      const messages = readFlvMessages(TEST_STREAM.path);
      const opening = FlvCapture.http(server.httpUrl("/live/show.flv"));
      const publisher = await SteppedPublisher.open(server.rtmpUrl("live/show"), messages);
      onTestFinished(() => publisher.close());
      const playlist = `${folder}/live/show/ts.m3u8`;
      const read = (path: string): string => readFileSync(path, "utf8");

      publisher.sendUntil(5_000);
      const player = await opening;
      await waitFor("two segments on disk", () => {
        const isThere = listFiles(folder).includes("live/show/ts.m3u8");
        return isThere && readMediaPlaylist(read(playlist)).segments.length === 2;
      });
      await disk[stop]();
      publisher.sendUntil(9_000);
      // There is one for each kind of files, which are written at their own times.
      await waitFor("a segment to have been given up", () => {
        return server.events(FAULT).some(({ file }) => String(file).endsWith(".ts"));
      });
      const inMemory = await waitFor("the segments of that time", async () => {
        const text = await fetchText(server.httpUrl("/live/show/ts.m3u8"));
        return readMediaPlaylist(text).segments.length === 4 && text;
      });
      expect(inMemory).not.toContain("#EXT-X-GAP");
      disk[go]();
      publisher.sendAll();
      await waitFor("files to be written again", () => {
        return server.events("packaging files written again").length > 0;
      });
      publisher.close();
      const onDisk = await waitFor("the last segment on disk", () => {
        const text = read(playlist);
        return readMediaPlaylist(text).segments.length === 8 && text;
      });

      expect(checkMediaPlaylist(onDisk)).toEqual([]);
      const { segments } = readMediaPlaylist(onDisk);
      const files = listFiles(`${folder}/live/show`);
      expect(segments.some(({ isGap }) => isGap)).toBe(true);
      for (const { uri, isGap } of segments) expect(files.includes(uri), uri).toBe(!isGap);
      // The sequence header among them. Its end, AVCPacketType 2, is for nobody.
      const pictures = messages.filter(
        ({ kind, body }) => kind === "video" && body[1] !== 2,
      ).length;
      await player.waitForTags(VIDEO, pictures);
      player.close();
      expect(player.tags().filter(({ type }) => type === VIDEO).length).toBe(pictures);
    },
  );
});
