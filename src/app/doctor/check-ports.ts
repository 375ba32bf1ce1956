/**
 * Whether the ports can be had. Each is opened for a moment.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import { formatEndpoint } from "../../config/endpoint.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { findRunningServer } from "../pid-file.ts";
import { explainPort } from "../process/explain-port.ts";
import { type PortPlan, planPorts, transportOf } from "../server-ports.ts";
import {
  type DoctorContext,
  type DoctorFinding,
  type Findings,
  findingsOf,
  reasonOf,
} from "./finding.ts";

export async function checkPorts(context: DoctorContext): Promise<readonly DoctorFinding[]> {
  const { config, runtime } = context;
  const findings = findingsOf("ports");
  const running = await findRunningServer(config.pid, runtime).catch(() => undefined);
  const found: DoctorFinding[] = [];
  // One after the other: ports of one number on different addresses may be in each other's way.
  for (const plan of planPorts(config)) {
    if (plan.endpoint.port === 0) continue;
    found.push(await checkPort(plan, runtime, running, findings));
  }
  return found;
}

async function checkPort(
  plan: PortPlan,
  runtime: Runtime,
  running: number | undefined,
  { ok, problem }: Findings,
): Promise<DoctorFinding> {
  const transport = transportOf(plan);
  const name = `${formatEndpoint(plan.endpoint)}/${transport} (${plan.protocol})`;
  try {
    await openForAMoment(plan, runtime);
    return ok(`${name} is free`);
  } catch (error) {
    const code = error instanceof SystemError ? error.code : "";
    if (code === "EADDRINUSE" && running !== undefined) {
      return ok(`${name} is in use, by the server that runs as process ${running}`);
    }
    return problem(
      `${name} cannot be had: ${explainPort(code, plan.endpoint, transport) ?? reasonOf(error)}`,
    );
  }
}

async function openForAMoment({ endpoint, protocol }: PortPlan, runtime: Runtime): Promise<void> {
  if (protocol === "webrtc-udp") {
    const handler = { datagram: () => undefined, error: () => undefined };
    await (await runtime.udp.bind(endpoint, handler)).close();
  } else {
    await (await runtime.tcp.listen(endpoint, (socket) => socket.destroy())).close();
  }
}
