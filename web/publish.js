/**
 * The page that publishes by WebRTC: `/publish.html`, with the parameters of SRS's
 * `rtc_publisher.html` and `whip.html`.
 *
 * @module
 */

import { pictureConstraints, release } from "./capture.js";
import { CaptureForm } from "./capture-form.js";
import { wireCopyButtons } from "./copy-button.js";
import {
  endpointOf,
  formatStreamAddress,
  parseStreamAddress,
  readPageAddress,
  watchAddresses,
} from "./rtc-address.js";
import { toRtcError } from "./rtc-error.js";
import { showRtcFigures } from "./rtc-panel.js";
import { findRtmpOrigin } from "./rtmp-address.js";
import { wireTrackToggle } from "./track-toggle.js";
import { WhipClient } from "./whip-client.js";

const STATE_NAMES = {
  idle: "Not published",
  connecting: "Connecting",
  connected: "Live",
  reconnecting: "Reconnecting",
  failed: "Failed",
  stopped: "Not published",
};

const FIGURES_MS = 1000;

/** Changes of these need another session; all others are made while it goes on. */
const SESSION_FIELDS = ["codec", "simulcast", "token"];

const find = (id) => document.getElementById(id);
const page = new URL(location.href);
const form = new CaptureForm(find("settings"));

/** @type {MediaStream | undefined} */
let stream;
/** @type {WhipClient | undefined} */
let client;
/** @type {string | undefined} */
let rtmpOrigin;
/** Numbers the captures: while the browser asks, a person may want another one. */
let captureCount = 0;

const toggles = [
  wireTrackToggle(find("microphone-off"), "audio", () => stream),
  wireTrackToggle(find("camera-off"), "video", () => stream),
];

const trackOf = (kind) => stream?.getTracks().find((track) => track.kind === kind);

function isPublishing() {
  return client !== undefined && !["failed", "stopped"].includes(client.state);
}

function show() {
  const state = client?.state ?? "idle";
  find("screen").dataset.state = state === "connected" ? "live" : state;
  find("badge").textContent = STATE_NAMES[state];
  find("state").textContent = STATE_NAMES[state];
  find("publish").textContent = isPublishing() ? "Stop" : "Publish";
  find("preview").textContent = stream === undefined ? "Preview" : "Switch off";
  find("preview").hidden = isPublishing();
  find("problem").textContent = state === "failed" ? client.reason : "";
  find("notice").textContent = noticeOf(state);
}

function noticeOf(state) {
  if (state === "reconnecting") return client.reason;
  if (stream === undefined) return "Press Publish. The browser asks for camera and microphone.";
  if (trackOf("video") === undefined) return "Sound only";
  return "";
}

/** @param {MediaStream | undefined} next What is shown and sent from now on. */
function use(next) {
  release(stream);
  stream = next;
  find("video").srcObject = next ?? null;
  for (const apply of toggles) apply();
  for (const track of next?.getTracks() ?? []) {
    // A person has ended it in the browser's own window, or has pulled out the plug.
    track.addEventListener("ended", () => {
      if (next === stream && track.kind === "video") stopAll();
    });
  }
  show();
}

/** @returns {Promise<boolean>} Whether there is something to send. */
async function capture() {
  captureCount++;
  const count = captureCount;
  const next = await form.capture();
  if (count !== captureCount) {
    release(next);
    return false;
  }
  use(next);
  await form.offerDevices();
  return true;
}

function publish() {
  const address = parseStreamAddress(find("address").value, page);
  client?.stop();
  client = new WhipClient({
    endpoint: endpointOf(address, "whip"),
    token: form.token,
    tracks: { audio: trackOf("audio"), video: trackOf("video") },
    video: form.video,
  });
  const current = client;
  client.addEventListener("state", () => {
    if (client === current) show();
  });
  client.start();
  // For tests and for the curious at the console.
  globalThis.sluicePublisher = client;
  show();
}

function stopAll() {
  captureCount++;
  client?.stop();
  client = undefined;
  globalThis.sluicePublisher = undefined;
  showRtcFigures(undefined);
  use(undefined);
}

/** Does what a person asked for, and says why it does not work. */
async function attempt(action) {
  find("problem").textContent = "";
  try {
    await action();
  } catch (error) {
    show();
    find("problem").textContent = toRtcError(error).message;
  }
}

async function start() {
  parseStreamAddress(find("address").value, page); // Before the browser asks for anything.
  if (stream !== undefined || (await capture())) publish();
}

/** Follows a changed setting. */
async function change(field) {
  if (stream === undefined) return;
  if (SESSION_FIELDS.includes(field)) {
    if (isPublishing()) publish();
  } else if (field === "bitrate") {
    await client?.setBitrate(form.video.bitrateKbps);
  } else if (field === "height" || field === "frameRate") {
    await trackOf("video")?.applyConstraints(pictureConstraints(form.picture));
    await client?.setBitrate(form.video.bitrateKbps);
  } else {
    await changeSource();
  }
}

async function changeSource() {
  if (!(await capture()) || !isPublishing()) return;
  const tracks = stream.getTracks();
  const kinds = client.kinds;
  const isAlike =
    tracks.length === kinds.length && tracks.every(({ kind }) => kinds.includes(kind));
  if (!isAlike) publish();
  else await Promise.all(tracks.map((track) => client.replaceTrack(track)));
}

function showAddresses() {
  let addresses = {};
  try {
    addresses = watchAddresses(parseStreamAddress(find("address").value, page), page, rtmpOrigin);
  } catch {
    // Not typed to its end yet.
  }
  for (const code of document.querySelectorAll("[data-watch]")) {
    code.textContent = addresses[code.dataset.watch] ?? "–";
  }
  find("watch-link").href = addresses.page ?? "./";
}

async function showFigures() {
  const figures = await client?.figures().catch(() => undefined);
  showRtcFigures(figures);
  find("layers").hidden = !figures?.layers.length;
}

function wire() {
  find("address").value = formatStreamAddress(readPageAddress(page), page);
  find("address").addEventListener("input", showAddresses);
  showAddresses();
  void findRtmpOrigin(page).then((origin) => {
    rtmpOrigin = origin;
    showAddresses();
  });
  wireCopyButtons();
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (isPublishing()) stopAll();
    else void attempt(start);
  });
  find("preview").addEventListener("click", () => {
    if (stream === undefined) void attempt(capture);
    else stopAll();
  });
  find("settings").addEventListener("change", ({ target }) => attempt(() => change(target.name)));
  navigator.mediaDevices?.addEventListener("devicechange", () => form.offerDevices());
  addEventListener("pagehide", () => client?.stop());
  setInterval(showFigures, FIGURES_MS);
  show();
  if (page.searchParams.get("autostart") === "true") void attempt(start);
}

wire();
