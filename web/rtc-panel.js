/**
 * Shows the figures of a WebRTC connection: in each element with `data-rtc`, the one it names.
 *
 * @module
 */

import { toTexts } from "./rtc-figures.js";

/** @param {import("./rtc-figures.js").RtcFigures | undefined} figures */
export function showRtcFigures(figures) {
  const texts = figures === undefined ? {} : toTexts(figures);
  for (const element of document.querySelectorAll("[data-rtc]")) {
    const text = texts[element.dataset.rtc] || "–";
    if (element.textContent !== text) element.textContent = text;
  }
}
