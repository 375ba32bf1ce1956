/**
 * Goal: a browser that plays a programme by WHEP gets the rung of its ladder that it asks for, and, if it
 * asks for none, the best one that its network bears, in step with the base's sound; a rung that a
 * transcoder makes comes late, and is changed to without more than one stop.
 *
 * Method: one FFmpeg publishes a programme in two sizes, with the sound in both, and another one makes a
 * third of it, as transcoding does; Chromium plays it and tells the sizes of the pictures that it has
 * decoded, how often they froze, and by how much picture and sound are apart, by its statistics. With
 * nothing beside them, as browsers freeze on a busy machine.
 */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium, RTC_ARGUMENTS } from "../support/chromium.ts";
import { Program } from "../support/program.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { sleep, waitFor } from "../support/wait.ts";

const BASE_WIDTH = 640;
const RUNG_WIDTH = 320;
/** More than the first guess at what a network bears. */
const BASE_BITRATE = 2_400;
const RUNG_BITRATE = 300;
const LATE_WIDTH = 256;
/** Nobody is aware of it. */
const APART_MS_MAX = 100;
/** Browsers move the two together slowly at first, on a machine that is busy. */
const SETTLED_PATIENCE_MS = 45_000;
/** So long a picture is looked at. */
const SEEN_MS = 3_000;

/** What the page does, in its own words: the types of a browser are not at hand here. */
const PLAYER = `
  async function play(path) {
    globalThis.peer = new RTCPeerConnection();
    peer.addTransceiver("audio", { direction: "recvonly" });
    peer.addTransceiver("video", { direction: "recvonly" });
    const video = document.body.appendChild(document.createElement("video"));
    video.muted = true;
    const stream = new MediaStream();
    peer.ontrack = ({ track }) => {
      stream.addTrack(track);
      video.srcObject = stream;
      void video.play();
    };
    await peer.setLocalDescription();
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/sdp" },
      body: peer.localDescription.sdp,
    });
    if (!answer.ok) throw new Error(await answer.text());
    await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  }
  async function readFigures() {
    const reports = [...(await peer.getStats()).values()].filter(({ type }) => type === "inbound-rtp");
    const of = (kind) => reports.find((report) => report.kind === kind) ?? {};
    const { frameWidth = 0, framesDecoded = 0, freezeCount = 0, keyFramesDecoded = 0 } = of("video");
    const playout = (kind) => of(kind).estimatedPlayoutTimestamp ?? Number.NaN;
    return {
      frameWidth, framesDecoded, freezeCount, keyFramesDecoded,
      apartMs: playout("video") - playout("audio"),
    };
  }
`;

interface Figures {
  readonly frameWidth: number;
  readonly framesDecoded: number;
  readonly freezeCount: number;
  readonly keyFramesDecoded: number;
  /** By how much the picture is ahead of the sound; NaN before that is known. */
  readonly apartMs: number;
}

let server: TestServer;
let browser: Browser;
let encoder: Program;
let transcoder: Program | undefined;
/** Asks for a rung that is not there before the last test. */
let latePage: Page;

beforeAll(async () => {
  [server, browser] = await Promise.all([
    startServer({
      config: ({ rtmps: port }) => ({
        rtc_server: { enabled: true, listen: `127.0.0.1:${port}`, candidate: "127.0.0.1" },
        vhosts: { __defaultVhost__: { rtc: { variants: [`_${RUNG_WIDTH}`, `_${LATE_WIDTH}`] } } },
      }),
    }),
    launchChromium(RTC_ARGUMENTS),
  ]);
  const output = (width: number, bitrate: number, stream: string): string[] => [
    ...["-map", "0:v", "-map", "1:a", "-s", `${width}x${(width * 9) / 16}`],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-threads", "1"],
    ...["-pix_fmt", "yuv420p", "-g", "25", "-b:v", `${bitrate}k`],
    ...["-minrate", `${bitrate}k`, "-maxrate", `${bitrate}k`, "-bufsize", `${bitrate}k`],
    ...["-x264-params", "nal-hrd=cbr"],
    ...["-c:a", "aac", "-b:a", "64k", "-f", "flv", server.rtmpUrl(stream)],
  ];
  encoder = new Program("ffmpeg", [
    ...["-hide_banner", "-loglevel", "warning", "-nostdin", "-re"],
    ...["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25"],
    ...["-f", "lavfi", "-i", "anoisesrc=sample_rate=48000:amplitude=0.1"],
    ...output(BASE_WIDTH, BASE_BITRATE, "live/show"),
    ...output(RUNG_WIDTH, RUNG_BITRATE, `live/show_${RUNG_WIDTH}`),
  ]);
  latePage = await play(`&layer=${LATE_WIDTH}`);
});

afterAll(async () => {
  await transcoder?.end();
  await encoder?.end();
  await browser?.close();
  await server?.stop();
});

async function play(query: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(server.httpUrl("/favicon.ico")).catch(() => undefined);
  await page.addScriptTag({ content: PLAYER });
  await page.evaluate(`play("/rtc/v1/whep/?app=live&stream=show${query}")`);
  return page;
}

const figures = (page: Page): Promise<Figures> => page.evaluate("readFigures()");

/** Browsers tell it after some reports of the sender. */
function seeInStep(page: Page, patienceMs: number): Promise<Figures> {
  const look = async (): Promise<Figures | false> => {
    const now = await figures(page);
    return Math.abs(now.apartMs) <= APART_MS_MAX && now;
  };
  return waitFor("picture and sound in step", look, patienceMs);
}

function seeWidth(page: Page, width: number): Promise<Figures> {
  return waitFor(`a picture of ${width} pixels`, async () => {
    const seen = await figures(page);
    return seen.frameWidth === width && seen.framesDecoded > 25 && seen;
  });
}

test("the rung that is asked for, in step with the sound", async () => {
  const page = await play(`&layer=${RUNG_WIDTH}`);
  await seeWidth(page, RUNG_WIDTH);
  const seen = await seeInStep(page, SETTLED_PATIENCE_MS);
  expect(seen.frameWidth).toBe(RUNG_WIDTH);
  expect(seen.freezeCount).toBeLessThanOrEqual(1);
  await page.close();
});

test("the base by its name", async () => {
  const page = await play("&layer=show");
  await seeWidth(page, BASE_WIDTH);
  await page.close();
});

test("the best one that there is, if none is asked for", async () => {
  const page = await play("");
  await seeWidth(page, BASE_WIDTH);
  await sleep(SEEN_MS);
  // A machine without time is a network without room, for a while.
  await seeWidth(page, BASE_WIDTH);
  await page.close();
});

test("a rung that comes late, with one stop at most and in step with the sound", async () => {
  const page = latePage;
  let before = await seeInStep(page, SETTLED_PATIENCE_MS);
  transcoder = new Program("ffmpeg", [
    ...["-hide_banner", "-loglevel", "warning", "-nostdin", "-i", server.rtmpUrl("live/show")],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "50", "-b:v", "200k"],
    ...["-s", `${LATE_WIDTH}x144`, "-pix_fmt", "yuv420p", "-c:a", "copy"],
    ...["-f", "flv", server.rtmpUrl(`live/show_${LATE_WIDTH}`)],
  ]);
  await waitFor("the rung", async () => {
    const now = await figures(page);
    if (now.frameWidth === LATE_WIDTH) return true;
    before = now;
    return false;
  });
  await sleep(SEEN_MS);
  const after = await figures(page);
  expect(after.frameWidth).toBe(LATE_WIDTH);
  expect(after.freezeCount - before.freezeCount).toBeLessThanOrEqual(1);
  // Sound that comes 0.6 s before the picture would take longer.
  await seeInStep(page, 3 * SEEN_MS);
});
