/**
 * Goal: a change of a watched file or folder is told, however it is made, and nothing else is.
 *
 * Method: changes as editors, scripts and container platforms make them, with calls of node:fs.
 */

import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRuntime } from "../../src/runtime/detect.ts";
import type { FileWatch } from "../../src/runtime/runtime.ts";
import { eventually, pass } from "./support/eventually.ts";

const { name: runtimeName, files } = await createRuntime();

/** Longer than the watch waits for quiet. */
const QUIET_MS = 200;

describe(`watch on ${runtimeName}`, () => {
  let folder = "";
  let count = 0;
  let watches: FileWatch[] = [];

  beforeEach(() => {
    folder = fs.mkdtempSync(join(tmpdir(), "sluice-watch-"));
    count = 0;
    watches = [];
  });

  afterEach(() => {
    for (const watch of watches) watch.close();
    fs.rmSync(folder, { recursive: true });
  });

  const path = (name: string): string => join(folder, name);

  const watch = (watched: string): void => {
    const changed = (): void => {
      count += 1;
    };
    watches.push(files.watch(watched, changed));
  };

  /** Makes a change and waits until it has been told. */
  const expectTold = async (what: string, change: () => void): Promise<void> => {
    const before = count;
    change();
    await eventually(what, () => count > before);
    await pass(QUIET_MS);
  };

  test("tells of writes in place, one after the other", async () => {
    fs.writeFileSync(path("conf"), "a");
    watch(path("conf"));
    await expectTold("write", () => fs.writeFileSync(path("conf"), "b"));
    await expectTold("second write", () => fs.writeFileSync(path("conf"), "c"));
    await expectTold("append", () => fs.appendFileSync(path("conf"), "d"));
  });

  test("tells of each save that renames a new file over the old one", async () => {
    fs.writeFileSync(path("conf"), "0");
    watch(path("conf"));
    for (let save = 1; save <= 3; save++) {
      await expectTold(`save ${save}`, () => {
        fs.writeFileSync(path("conf.tmp"), String(save));
        fs.renameSync(path("conf.tmp"), path("conf"));
      });
    }
    await expectTold("write in place after that", () => fs.writeFileSync(path("conf"), "x"));
  });

  test("tells of a save that moves the old file away and writes another", async () => {
    fs.writeFileSync(path("conf"), "0");
    watch(path("conf"));
    await expectTold("save", () => {
      fs.renameSync(path("conf"), path("conf~"));
      fs.writeFileSync(path("conf"), "1");
    });
    await expectTold("next save", () => fs.writeFileSync(path("conf"), "2"));
  });

  test("tells of the file going and coming back", async () => {
    fs.writeFileSync(path("conf"), "0");
    watch(path("conf"));
    await expectTold("removal", () => fs.unlinkSync(path("conf")));
    await expectTold("return", () => fs.writeFileSync(path("conf"), "1"));
    await expectTold("write", () => fs.writeFileSync(path("conf"), "2"));
  });

  test("tells of a change behind a link", async () => {
    fs.mkdirSync(path("elsewhere"));
    fs.writeFileSync(path("elsewhere/real"), "0");
    fs.mkdirSync(path("here"));
    fs.symlinkSync(path("elsewhere/real"), path("here/conf"));
    watch(path("here/conf"));
    await expectTold("write", () => fs.writeFileSync(path("elsewhere/real"), "1"));
    await expectTold("rename", () => {
      fs.writeFileSync(path("elsewhere/tmp"), "2");
      fs.renameSync(path("elsewhere/tmp"), path("elsewhere/real"));
    });
  });

  test("tells of a folder of versions that is switched by a link", async () => {
    // As Kubernetes updates a mounted ConfigMap: conf -> ..data/conf, ..data -> version.
    for (const version of ["v1", "v2"]) {
      fs.mkdirSync(path(version));
      fs.writeFileSync(path(`${version}/conf`), version);
    }
    fs.symlinkSync("v1", path("..data"));
    fs.symlinkSync("..data/conf", path("conf"));
    watch(path("conf"));
    await expectTold("switch", () => {
      fs.symlinkSync("v2", path("..tmp"));
      fs.renameSync(path("..tmp"), path("..data"));
    });
    await expectTold("write", () => fs.writeFileSync(path("v2/conf"), "changed"));
  });

  test("keeps quiet about neighbours, about reading, and after close", async () => {
    fs.writeFileSync(path("conf"), "0");
    watch(path("conf"));
    fs.writeFileSync(path("other"), "1");
    fs.readFileSync(path("conf"));
    await pass(QUIET_MS);
    expect(count).toBe(0);
    fs.writeFileSync(path("conf"), "1");
    watches[0]?.close();
    fs.writeFileSync(path("conf"), "2");
    await pass(QUIET_MS);
    expect(count).toBe(0);
  });

  test("tells one save of several steps once", async () => {
    fs.writeFileSync(path("conf"), "0");
    watch(path("conf"));
    await expectTold("save", () => {
      for (const part of ["1", "2", "3"]) fs.appendFileSync(path("conf"), part);
    });
    expect(count).toBe(1);
  });

  test("tells what happens in a folder", async () => {
    watch(folder);
    await expectTold("a new file", () => fs.writeFileSync(path("a"), "1"));
    await expectTold("a change", () => fs.writeFileSync(path("a"), "2"));
    await expectTold("a rename", () => fs.renameSync(path("a"), path("b")));
    await expectTold("a removal", () => fs.unlinkSync(path("b")));
  });
});
