/**
 * What the outputs of a stream need of the server.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { Crypto, Files } from "../../runtime/runtime.ts";

export interface OutputPorts {
  readonly clock: Clock;
  readonly files: Files;
  readonly crypto: Pick<Crypto, "randomBytes" | "encryptAes">;
  /** Says of each line which stream it is about. */
  readonly logger: Logger;
  /** Files cannot be written, and the publisher is to be told so. */
  readonly onFilesFailed: () => void;
}
