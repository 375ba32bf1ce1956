/**
 * What all player pages have in common: the picture, what is wrong with it, and the clock that a
 * ClockPublisher has drawn into it.
 *
 * @module
 */

// As in clock-picture.ts.
const COLUMNS = 16;
const BLOCK_SIZE = 20;
const CLOCK_BITS = 24;
const CHECK_BITS = 8;
const CLOCK_RANGE = 2 ** CLOCK_BITS;

/** Drawing takes time, which the players need. */
const READ_INTERVAL_MS = 200;
/** Longer than any of these pages lives. */
const READINGS_MAX = 1000;

const query = new URLSearchParams(location.search);
const video = document.querySelector("video");
const canvas = new OffscreenCanvas(COLUMNS * BLOCK_SIZE, 2 * BLOCK_SIZE);
const context = canvas.getContext("2d", { willReadFrequently: true });

/** What the test sees. */
const page = {
  video,
  /** The address to play. */
  url: query.get("url"),
  /** The player's settings. */
  config: JSON.parse(query.get("config") ?? "{}"),
  player: undefined,
  isPlaying: false,
  /** What must not happen. */
  errors: [],
  /** What a busy machine may bring about: the player had nothing to show. */
  stalls: [],
  /** Whatever the page has to say of its player. */
  notes: {},
  /** Times on the clock of the picture, and how long ago they were when they were seen. */
  readings: [],
  fail(...words) {
    page.errors.push(words.join(" "));
  },
  stall(...words) {
    if (page.isPlaying) page.stalls.push(words.join(" "));
  },
  view() {
    const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
    const { isPlaying, errors, stalls, notes, readings } = page;
    return {
      ...{ isPlaying, errors, stalls, notes, readings },
      currentTime: video.currentTime,
      playbackRate: video.playbackRate,
      bufferedRanges: Array.from(video.buffered, () => undefined).length,
      frames: totalVideoFrames,
      droppedFrames: droppedVideoFrames,
      audioSize: video.webkitAudioDecodedByteCount,
      width: video.videoWidth,
      height: video.videoHeight,
    };
  },
};
globalThis.page = page;

video.addEventListener("playing", () => {
  page.isPlaying = true;
});
video.addEventListener("waiting", () => page.stall("waiting"));
video.addEventListener("error", () => page.fail("video", video.error?.message));
addEventListener("error", ({ message }) => page.fail("page", message));
addEventListener("unhandledrejection", ({ reason }) => page.fail("page", reason));

/** The blocks of the two rows, as bits; `undefined` if they are of no clock. */
function readClock() {
  const { width, height } = canvas;
  const source = { width: video.videoWidth, height: (video.videoHeight * height) / 180 };
  context.drawImage(video, 0, 0, source.width, source.height, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  let time = 0;
  let check = 0;
  for (let i = 0; i < CLOCK_BITS + CHECK_BITS; i++) {
    const x = (i % COLUMNS) * BLOCK_SIZE + BLOCK_SIZE / 2;
    const y = Math.floor(i / COLUMNS) * BLOCK_SIZE + BLOCK_SIZE / 2;
    const bit = data[4 * (y * width + x)] > 127 ? 1 : 0;
    if (i < CLOCK_BITS) time = time * 2 + bit;
    else check = check * 2 + bit;
  }
  const sum = ((time >> 16) ^ (time >> 8) ^ time ^ 0x5a) & 0xff;
  return check === sum ? time : undefined;
}

let lastReadMs = 0;

function onFrame() {
  video.requestVideoFrameCallback(onFrame);
  const nowMs = Date.now();
  if (nowMs - lastReadMs < READ_INTERVAL_MS) return;
  lastReadMs = nowMs;
  const time = readClock();
  if (time === undefined) return;
  const latencyMs = (nowMs - time + CLOCK_RANGE) % CLOCK_RANGE;
  page.readings.push({ seenMs: nowMs, clockMs: nowMs - latencyMs, latencyMs });
  if (page.readings.length > READINGS_MAX) page.readings.shift();
}
video.requestVideoFrameCallback(onFrame);
