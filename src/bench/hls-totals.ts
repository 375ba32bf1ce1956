/**
 * What HLS clients count beside what all players count.
 *
 * @module
 */

import { Histogram } from "./histogram.ts";

/** Of the measured window. */
export class HlsTotals {
  playlistCount = 0;
  stalePlaylistCount = 0;
  readonly playlistAge: Histogram = new Histogram();
  segmentCount = 0;
  readonly segmentTime: Histogram = new Histogram();
  lateSegmentCount = 0;
  /** Had left the playlist before they could be fetched. */
  skippedSegmentCount = 0;
  failedRequestCount = 0;

  clearWindow(): void {
    this.playlistCount = 0;
    this.stalePlaylistCount = 0;
    this.playlistAge.clear();
    this.segmentCount = 0;
    this.segmentTime.clear();
    this.lateSegmentCount = 0;
    this.skippedSegmentCount = 0;
    this.failedRequestCount = 0;
  }
}
