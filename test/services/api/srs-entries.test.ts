/**
 * Goal: the API tells the size of the picture as it is coded, and what the publisher says of it only
 * where the bitstream says nothing.
 *
 * Method: one stream whose metadata lie, with and without an SPS.
 */

import { expect, test } from "vitest";
import { encodeBase64 } from "../../../src/base/base64.ts";
import type { StreamReport } from "../../../src/live/reports.ts";
import { SrsEntries } from "../../../src/services/api/srs-entries.ts";
import { fromHex } from "../../support/hex.ts";
import { STREAM } from "../../support/reports.ts";
import { videoSample } from "../../support/video-samples.ts";

const WITH_SPS = encodeBase64(fromHex(videoSample("h264-1080p").record));

test.each<[string, Partial<StreamReport>, number, number]>([
  ["the SPS", { video: { codec: "h264", configuration: WITH_SPS } }, 1920, 1080],
  ["the metadata, without an SPS", {}, 768, 320],
  ["nothing", { width: null, height: null }, 0, 0],
])("the size by %s", (_, part, width, height) => {
  const entry = new SrsEntries("36etwo4s").stream({ ...STREAM, ...part }, 0);
  expect(entry).toMatchObject({ video: { codec: "H264", width, height } });
});
