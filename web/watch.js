/**
 * The page that plays by WebRTC from any server: `/watch.html`, with the parameters of SRS's
 * `rtc_player.html` and `whep.html`.
 *
 * @module
 */

import { LivePlayer } from "./live-player.js";
import {
  endpointOf,
  formatStreamAddress,
  parseStreamAddress,
  readPageAddress,
} from "./rtc-address.js";
import { showRtcFigures } from "./rtc-panel.js";

const STATE_NAMES = {
  idle: "Stopped",
  connecting: "Connecting",
  live: "Live",
  waiting: "Waiting",
  offline: "Offline",
  failed: "Failed",
};

const FIGURES_MS = 500;

const find = (id) => document.getElementById(id);
const page = new URL(location.href);

/** @type {LivePlayer | undefined} */
let player;

function show() {
  const state = player?.state ?? "idle";
  const reason = player?.reason || "Connecting …";
  find("screen").dataset.state = state;
  find("badge").textContent = STATE_NAMES[state];
  find("state").textContent = STATE_NAMES[state];
  find("notice").textContent = { idle: "Press Play.", live: "" }[state] ?? reason;
  find("play").textContent = player === undefined ? "Play" : "Stop";
}

function stop() {
  player?.stop();
  player = undefined;
  globalThis.sluicePlayer = undefined;
  showRtcFigures(undefined);
  show();
}

/** @param {boolean} isMuted Without a person's click, browsers let only silence start. */
function play(isMuted) {
  stop();
  const video = find("video");
  try {
    const address = parseStreamAddress(find("address").value, page);
    const choice = { way: "rtc", url: endpointOf(address, "whep"), token: find("token").value };
    find("problem").textContent = "";
    video.muted = isMuted;
    player = new LivePlayer(video, [choice]);
  } catch ({ message }) {
    find("problem").textContent = message;
    return;
  }
  const current = player;
  player.addEventListener("state", () => {
    if (current === player) show();
  });
  player.start();
  show();
  // For tests and for the curious at the console.
  globalThis.sluicePlayer = player;
}

find("address").value = formatStreamAddress(readPageAddress(page), page);
find("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (player === undefined) play(false);
  else stop();
});
addEventListener("pagehide", () => player?.stop());
setInterval(() => {
  if (player !== undefined) showRtcFigures(player.figures().rtc);
}, FIGURES_MS);
if (page.searchParams.get("autostart") === "true") play(true);
