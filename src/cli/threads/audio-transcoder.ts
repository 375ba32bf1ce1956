/**
 * The thread module of the transcoder, in a checkout; scripts/build.ts makes that of the compiled
 * program.
 *
 * @module
 */

import { inCheckout, OPUS_FILES } from "../thread-list.ts";
import { serveAudioTranscoder } from "./serve-audio-transcoder.ts";

serveAudioTranscoder({
  simd: inCheckout(OPUS_FILES.simd),
  plain: inCheckout(OPUS_FILES.plain),
});
