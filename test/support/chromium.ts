/**
 * Chromium without a window, for the pages.
 *
 * @module
 */

import { type Browser, chromium } from "playwright-core";

const EXECUTABLE = process.env["SLUICE_TEST_CHROMIUM"] ?? "/usr/bin/chromium";

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      ...["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
      // It would look for updates and the like, which no test needs.
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
      ...["--no-first-run", "--no-default-browser-check", "--disable-dev-shm-usage"],
    ],
  });
}
