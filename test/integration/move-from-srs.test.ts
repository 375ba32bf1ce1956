/**
 * Goal: who comes from SRS gets from its file to a server that runs by three commands, and is told what
 * is in the way.
 *
 * Method: the program itself, on a folder such as SRS has; a port that another program has taken.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { runProgram } from "../support/program.ts";
import { RUNTIME_ENVIRONMENT, SLUICE } from "../support/server.ts";

/** Listens on a free port. */
async function takePort(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { port: (server.address() as AddressInfo).port, close };
}

function createSrsFolder(port: number): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-move-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "conf"));
  writeFileSync(
    join(folder, "conf/srs.conf"),
    `listen ${port};\ndaemon off;\nsrs_log_tank console;\ninclude conf/vhost.conf;\n`,
  );
  writeFileSync(
    join(folder, "conf/vhost.conf"),
    "vhost __defaultVhost__ { hls { enabled on; hls_fragment 5; } mr { enabled off; } }\n",
  );
  return folder;
}

describe("moving from SRS", () => {
  test("takes three commands", async () => {
    const taken = await takePort();
    const folder = createSrsFolder(taken.port);
    const sluice = (...args: string[]): ReturnType<typeof runProgram> =>
      runProgram(SLUICE, args, { environment: RUNTIME_ENVIRONMENT, workingFolder: folder });

    const imported = await sluice("import", "conf/srs.conf", "-o", "sluice.yaml", "--strict");
    expect(imported).toMatchObject({ code: 0, stdout: "" });
    expect(imported.stderr).toContain("conf/vhost.conf:1, vhost.mr.enabled: What has arrived");
    expect(readFileSync(join(folder, "sluice.yaml"), "utf8")).toContain("hls_fragment: 5\n");

    const ill = await sluice("doctor", "-c", "sluice.yaml");
    expect(ill.code).toBe(1);
    expect(ill.stdout).toContain(`problem  ports          ${taken.port}/tcp (rtmp) cannot be had`);
    await taken.close();
    const well = await sluice("doctor", "-c", "sluice.yaml", "--json");
    const { findings } = JSON.parse(well.stdout) as { findings: readonly object[] };
    expect(findings).toContainEqual({
      level: "ok",
      area: "ports",
      text: `${taken.port}/tcp (rtmp) is free`,
    });
    expect(findings.filter((one) => "level" in one && one.level === "problem")).toEqual([]);
    expect(well.code).toBe(0);

    expect(await sluice("-t", "-c", "sluice.yaml")).toMatchObject({ code: 0 });
    const again = await sluice("import", "conf/srs.conf", "-o", "sluice.yaml");
    expect(again).toEqual({
      code: 1,
      stdout: "",
      stderr: 'Cannot write "sluice.yaml": it exists, use --force\n',
    });
  });
});
