/**
 * Copies of the sources, what is built of them, and servers of it that have nothing beside them.
 *
 * @module
 */

import { cpSync, linkSync, lstatSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { collectPackages } from "../../scripts/build/packages-inside.ts";
import { httpGet } from "./http-request.ts";
import { Program } from "./program.ts";
import { freePorts, ROOT, TestServer } from "./server.ts";
import { waitFor } from "./wait.ts";

const SOURCES = ["src", "web", "conf", "scripts", "package.json", "package-lock.json"];
const TEXTS = ["THIRD_PARTY_NOTICES.md", "tsconfig.json"];
/** Bun, and Node for the scripts. */
const TOOLS = [".bin", "@oven", "bun", `node-linux-${process.arch}`];

/** Makes a copy without a repository; of the packages, with those alone that are needed to build. */
export function copySources(folder: string): void {
  for (const name of [...SOURCES, ...TEXTS]) {
    cpSync(ROOT + name, join(folder, name), { recursive: true });
  }
  for (const name of [...TOOLS, ...collectPackages().keys()]) {
    const from = `${ROOT}node_modules/${name}`;
    const to = join(folder, "node_modules", name);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(from, to, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source, target) => !linkFile(source, target),
    });
  }
}

/** Links a file rather than copy it. @returns Whether it was one, and is done. */
function linkFile(source: string, target: string): boolean {
  if (!lstatSync(source).isFile()) return false;
  try {
    linkSync(source, target);
    return true;
  } catch {
    return false; // Another disk.
  }
}

/**
 * Starts it as its user would, without a configuration, in a folder of its own; its ports are in the
 * environment. `TestServer.stop` removes the folder.
 */
export async function startAlone(command: readonly string[], folder: string): Promise<TestServer> {
  const ports = await freePorts();
  const [program = "", ...args] = command;
  const child = new Program(program, args, {
    environment: {
      SLUICE_LISTEN: `127.0.0.1:${ports.rtmp}`,
      SLUICE_HTTP_SERVER_LISTEN: `127.0.0.1:${ports.http}`,
      SLUICE_HTTP_API_LISTEN: `127.0.0.1:${ports.api}`,
      SLUICE_RTC_SERVER_LISTEN: `127.0.0.1:${ports.rtc}`,
      SLUICE_RTC_SERVER_TCP_LISTEN: `127.0.0.1:${ports.rtc}`,
    },
    workingFolder: folder,
  });
  const server = new TestServer(child, ports, folder);
  try {
    await waitFor("the server to answer", async () => {
      if (child.exit !== undefined) throw new Error("The server ended");
      const answer = await httpGet(server.apiUrl("/api/v1/versions")).catch(() => undefined);
      return answer?.status === 200;
    });
  } catch (error) {
    await child.end();
    throw new Error(`${String(error)}\n${server.log}`, { cause: error });
  }
  return server;
}

export function temporaryFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `sluice ${name} `));
}
