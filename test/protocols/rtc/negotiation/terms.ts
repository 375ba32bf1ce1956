/**
 * What the server brings to the negotiations of the tests.
 *
 * @module
 */

import {
  AUDIO_CODECS,
  VIDEO_CODECS,
} from "../../../../src/protocols/rtc/negotiation/choose-format.ts";
import { hostCandidates } from "../../../../src/protocols/rtc/negotiation/host-candidates.ts";
import type { AnswerTerms } from "../../../../src/protocols/rtc/negotiation/local-terms.ts";

const HASH =
  "A5:F4:07:AB:82:90:68:FD:8A:5A:57:34:42:48:59:AE:AB:0F:4A:03:C3:50:53:22:54:B8:87:E6:11:AD:C6:20";

const COMMON = {
  setup: "passive",
  ice: { ufrag: "myufrag1", pwd: "mypwd567890123456789012345678901" },
  fingerprint: { algorithm: "sha-256", value: HASH },
  candidates: hostCandidates([{ transport: "udp", address: "127.0.0.1", port: 8_000 }]),
  isNackOn: true,
  isTwccOn: true,
  isSimulcastOn: true,
  sessionId: "94793837617152",
} as const;

export const PUBLISH_TERMS: AnswerTerms = {
  ...COMMON,
  role: "publish",
  video: VIDEO_CODECS,
  audio: AUDIO_CODECS,
  sources: undefined,
  streamId: "live/whip1",
};

export const PLAY_TERMS: AnswerTerms = {
  ...COMMON,
  role: "play",
  video: [{ codec: "h264" }],
  audio: [{ codec: "opus" }],
  sources: { audioSsrc: 289_080_544, videoSsrc: 289_080_545, rtxSsrc: 289_080_546, cname: "x49" },
  streamId: "live/livestream",
};
