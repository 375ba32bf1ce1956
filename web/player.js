/**
 * The page: which stream to play, its figures, and the addresses to publish to and to play from.
 *
 * The stream comes from the page's own address: `/?stream=APP/NAME`, and with `&proto=` one of
 * `http`, `ws`, `hls`, `ts` and `rtc` in that way only; other parameters (`vhost`, a token) are handed on with
 * the stream's address.
 *
 * @module
 */

import { wireCopyButtons } from "./copy-button.js";
import { AUTOMATIC, LivePlayer, WAYS } from "./live-player.js";
import { endpointOf } from "./rtc-address.js";
import { showRtcFigures } from "./rtc-panel.js";
import { findRtmpOrigin } from "./rtmp-address.js";

const DEFAULT_STREAM = "live/test";

/** The best way that works. */
const AUTO = "auto";

/** Other words for a way: the server leads from the addresses of SRS's page to ours with these. */
const PROTO_ALIASES = new Map([
  ["flv", "http"],
  ["webrtc", "rtc"],
]);

const STATE_NAMES = {
  connecting: "Connecting",
  live: "Live",
  waiting: "Waiting",
  offline: "Offline",
  failed: "Failed",
};

const CODEC_NAMES = {
  avc1: "H.264",
  hvc1: "H.265",
  hev1: "H.265",
  av01: "AV1",
  vp09: "VP9",
  h264: "H.264",
  h265: "H.265",
  vp8: "VP8",
  vp9: "VP9",
  av1: "AV1",
  mp4a: "AAC",
  pcma: "G.711",
  pcmu: "G.711",
  opus: "Opus",
  mp3: "MP3",
  "ac-3": "AC-3",
  "ec-3": "E-AC-3",
};

/** What the latency counts, in brief and in full. */
const LATENCY_SCOPES = {
  server: [
    "from the server",
    "From a frame's arrival at the server to this screen, by the playlist's date and time. The publisher's encoder and network add to it.",
  ],
  buffer: [
    "in this browser",
    "What is buffered in this browser. The network and the publisher's encoder add to it.",
  ],
  network: [
    "from the server",
    "Half of the round trip to the server, and what waits in this browser to be played smoothly. The publisher's encoder and network add to it.",
  ],
};

/** Often enough to follow, seldom enough to read. */
const FIGURES_MS = 500;

const find = (id) => document.getElementById(id);

/** Splits the page's address into what to play and how. */
function readRequest() {
  const parameters = new URLSearchParams(location.search);
  const stream = parameters.get("stream")?.trim() || DEFAULT_STREAM;
  const word = parameters.get("proto") ?? AUTO;
  const proto = PROTO_ALIASES.get(word) ?? (Object.hasOwn(WAYS, word) ? word : AUTO);
  parameters.delete("stream");
  parameters.delete("proto");
  const names = stream.split("/").filter((name) => name !== "");
  const query = parameters.size > 0 ? `?${parameters}` : "";
  return { names, proto, query };
}

/** Every address of a stream by HTTP, for programs that are not this page. */
function addressesOf({ names, query }) {
  const path = names.map(encodeURIComponent).join("/");
  const addressOf = (ending) => `${location.origin}/${path}${ending}${query}`;
  const http = addressOf(".flv");
  const parameters = new URLSearchParams(query);
  const stream = names.at(-1) ?? "";
  const app = names.slice(0, -1).join("/");
  return {
    "play-http": http,
    "play-ws": http.replace(/^http/, "ws"),
    "play-ts": addressOf(".ts"),
    "play-hls": addressOf(".m3u8"),
    "play-hls-ts": addressOf("/ts.m3u8"),
    "play-dash": addressOf(".mpd"),
    "play-rtc": endpointOf({ origin: location.origin, app, stream, parameters }, "whep"),
  };
}

/** @param {string} origin See findRtmpOrigin. */
function rtmpAddressesOf({ names, query }, origin) {
  return {
    "play-rtmp": `${origin}/${names.map(encodeURIComponent).join("/")}${query}`,
    "publish-server": `${origin}/live`,
    "publish-ffmpeg": `ffmpeg -re -i file.mp4 -c copy -f flv ${origin}/live/livestream`,
  };
}

function showAddresses(addresses) {
  for (const code of document.querySelectorAll("[data-url]")) {
    const address = addresses[code.dataset.url];
    if (address !== undefined) code.textContent = address;
  }
}

function codecNames({ videoCodec, audioCodec }) {
  const names = [videoCodec, audioCodec].filter(Boolean);
  return names.map((codec) => CODEC_NAMES[codec.split(".")[0].toLowerCase()] ?? codec).join(" · ");
}

function pictureOf({ width, height, frameRate, videoCodec, audioCodec }) {
  if (width === 0) return audioCodec && !videoCodec ? "Sound only" : "";
  const rate = frameRate > 0 ? ` · ${Math.round(frameRate * 100) / 100}\u00a0fps` : "";
  return `${width}\u00a0×\u00a0${height}${rate}`;
}

function textOf(number, digits, unit) {
  return number === undefined ? "" : `${number.toFixed(digits)} ${unit}`;
}

function showText(id, text) {
  const element = find(id);
  if (element.textContent !== text) element.textContent = text;
}

/** Tenths of a second say nothing where it is less than one. */
function latencyText({ latencySeconds, latencyScope }) {
  if (latencyScope !== "network" || latencySeconds === undefined) {
    return textOf(latencySeconds, 1, "s");
  }
  return textOf(latencySeconds * 1000, 0, "ms");
}

function showFigures(player) {
  const figures = player.figures();
  const isRunning = player.state === "live" || player.state === "waiting";
  const [scope, explanation] = LATENCY_SCOPES[figures.latencyScope];
  const texts = {
    latency: latencyText(figures),
    picture: pictureOf(figures),
    codecs: codecNames(figures),
    bitrate: textOf(figures.bitrateKbps, 0, "kbit/s"),
    dropped: String(figures.droppedFrames),
  };
  for (const [id, text] of Object.entries(texts)) showText(id, (isRunning && text) || "–");
  showRtcFigures(isRunning ? figures.rtc : undefined);
  for (const element of document.querySelectorAll("[data-rtc]")) {
    element.parentElement.hidden = figures.rtc === undefined;
  }
  showText("state", STATE_NAMES[player.state]);
  showText("way", isRunning ? player.way : "");
  find("way").title = player.detour;
  showText("latency-scope", scope);
  find("latency-scope").parentElement.parentElement.title = explanation;
}

function showState(player) {
  find("screen").dataset.state = player.state;
  showText("badge", STATE_NAMES[player.state]);
  showText("notice", player.state === "live" ? "" : player.reason || "Connecting …");
  showFigures(player);
}

function wireControls(video) {
  const pause = find("pause");
  const mute = find("mute");
  const show = () => {
    pause.setAttribute("aria-pressed", String(video.paused));
    mute.setAttribute("aria-pressed", String(video.muted));
  };
  for (const event of ["play", "pause", "volumechange"]) video.addEventListener(event, show);
  pause.addEventListener("click", () => (video.paused ? video.play() : video.pause()));
  mute.addEventListener("click", () => {
    video.muted = !video.muted;
  });
  find("fullscreen").addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    // Telephones of one kind put only the video itself on the full screen.
    else if (video.parentElement.requestFullscreen) video.parentElement.requestFullscreen();
    else video.webkitEnterFullscreen?.();
  });
  show();
}

function start() {
  const request = readRequest();
  const title = request.names.join("/");
  const addresses = addressesOf(request);
  const video = find("video");

  find("stream-name").textContent = title;
  document.title = `${title} · Sluice`;
  find("stream").value = title;
  find("proto").value = request.proto;
  showAddresses(addresses);
  void findRtmpOrigin(location).then((origin) => showAddresses(rtmpAddressesOf(request, origin)));
  wireCopyButtons();
  wireControls(video);

  const ways = request.proto === AUTO ? AUTOMATIC : [request.proto];
  const choices = ways.map((way) => ({ way, url: addresses[`play-${way}`] }));
  const player = new LivePlayer(video, choices);
  player.addEventListener("state", () => showState(player));
  showState(player);
  player.start();
  setInterval(() => showFigures(player), FIGURES_MS);
  // For tests and for the curious at the console.
  globalThis.sluicePlayer = player;
}

start();
