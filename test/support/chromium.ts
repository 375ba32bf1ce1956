/**
 * Chromium without a window, for the pages.
 *
 * @module
 */

import { type Browser, chromium } from "playwright-core";

const EXECUTABLE = process.env["SLUICE_TEST_CHROMIUM"] ?? "/usr/bin/chromium";

/** A camera and a microphone that nobody has to allow, and WebRTC that stays on this machine. */
export const RTC_ARGUMENTS: readonly string[] = [
  ...["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
  ...["--allow-loopback-in-peer-connection", "--disable-features=WebRtcHideLocalIpsWithMdns"],
  "--auto-select-desktop-capture-source=Entire screen",
];

/** @param more Further arguments. */
export function launchChromium(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      ...["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
      // It would look for updates and the like, which no test needs.
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
      ...["--no-first-run", "--no-default-browser-check", "--disable-dev-shm-usage"],
      ...more,
    ],
  });
}
