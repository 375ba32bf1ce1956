/**
 * One source of packets of one peer, as SrtpFanout sends them.
 *
 * @module
 */

import type { CounterModeStream } from "./counter-mode-stream.ts";
import type { GaloisModeStream } from "./galois-mode-stream.ts";

export type SrtpSendStream = CounterModeStream | GaloisModeStream;
