/**
 * Looks for all that would keep a server with this configuration from its work. It opens the ports for
 * a moment, connects to what the configuration names and sends nothing, and creates a folder for a
 * moment where the server is to write.
 *
 * @module
 */

import { checkAddresses } from "./check-addresses.ts";
import { checkBackends } from "./check-backends.ts";
import { checkCertificates } from "./check-certificates.ts";
import { checkClock } from "./check-clock.ts";
import { checkFfmpeg } from "./check-ffmpeg.ts";
import { checkFolders } from "./check-folders.ts";
import { checkLimits } from "./check-limits.ts";
import { checkMachine } from "./check-machine.ts";
import { checkPorts } from "./check-ports.ts";
import { checkSecrets } from "./check-secrets.ts";
import type { DoctorCheck, DoctorContext, DoctorFinding } from "./finding.ts";

/** In the order in which they are told. */
const CHECKS: readonly DoctorCheck[] = [
  checkMachine,
  checkLimits,
  checkPorts,
  checkFolders,
  checkSecrets,
  checkCertificates,
  checkClock,
  checkFfmpeg,
  checkAddresses,
  checkBackends,
];

export async function examine(context: DoctorContext): Promise<readonly DoctorFinding[]> {
  const found = await Promise.all(CHECKS.map((check) => check(context)));
  return found.flat();
}
