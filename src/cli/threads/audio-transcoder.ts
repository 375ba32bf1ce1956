/**
 * The thread module of the transcoder, in a checkout; scripts/build.ts makes that of the compiled
 * program.
 *
 * @module
 */

import { inCheckout, OPUS_FILE } from "../thread-list.ts";
import { serveAudioTranscoder } from "./serve-audio-transcoder.ts";

serveAudioTranscoder(inCheckout(OPUS_FILE));
