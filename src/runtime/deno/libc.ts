/**
 * Calls of the C library by `Deno.dlopen`.
 *
 * @module
 */

import process from "node:process";
import { LIBC_NAMES, type LibcCalls } from "../node-compat/libc-calls.ts";
import { SocketTuner } from "../node-compat/socket-tuner.ts";
import { SystemCalls } from "../node-compat/system-calls.ts";
import type { SendMany } from "./udp-batch.ts";

let loaded: { readonly calls: LibcCalls | undefined } | undefined;
let systemCalls: SystemCalls | undefined;
let sendMany: SendMany | undefined | "unknown" = "unknown";

/** Loaded once, when first asked for. */
export async function loadTuner(): Promise<SocketTuner> {
  loaded ??= { calls: loadLibc() };
  return new SocketTuner(loaded.calls);
}

/** Likewise; the same for everybody, as it keeps a socket open. */
export async function loadSystemCalls(): Promise<SystemCalls> {
  loaded ??= { calls: loadLibc() };
  systemCalls ??= new SystemCalls(loaded.calls);
  return systemCalls;
}

/** Of sendmmsg(2); `undefined` where the layout of what it takes is another one, or it cannot be had. */
export function loadSendMany(): SendMany | undefined {
  if (sendMany !== "unknown") return sendMany;
  const isKnown = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);
  const parameters = ["i32", "buffer", "u32", "i32"];
  const calls = isKnown ? open({ sendmmsg: { parameters, result: "i32" } }) : undefined;
  sendMany = calls?.["sendmmsg"] as SendMany | undefined;
  return sendMany;
}

function loadLibc(): LibcCalls | undefined {
  return open({
    setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "i32"], result: "i32" },
    listen: { parameters: ["i32", "i32"], result: "i32" },
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
    clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
    setgroups: { parameters: ["usize", "buffer"], result: "i32" },
  }) as LibcCalls | undefined;
}

/** `undefined` if there is no such library, or Deno was not allowed to load any. */
function open(
  calls: Parameters<typeof Deno.dlopen>[1],
): Readonly<Record<string, unknown>> | undefined {
  for (const name of LIBC_NAMES) {
    try {
      return Deno.dlopen(name, calls).symbols;
    } catch {
      // The other name, then.
    }
  }
  return undefined;
}
