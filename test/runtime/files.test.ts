/**
 * Goal: every call on files does what the port says, and names faults by the system's own codes.
 *
 * Method: the same calls on the disk, in a folder of their own, and on the files in memory.
 */

import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime } from "../../src/runtime/detect.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import type { OpenFile } from "../../src/runtime/runtime.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const { name: runtimeName, files: realFiles } = await createRuntime();
const memoryFiles = new MemoryRuntime().files;
const root = mkdtempSync(join(tmpdir(), "sluice-files-"));

beforeAll(async () => {
  await memoryFiles.makeFolder(root);
});

afterAll(() => rmSync(root, { recursive: true }));

describe.each([
  { name: runtimeName, files: realFiles },
  { name: "memory", files: memoryFiles },
])("files on $name", ({ files }) => {
  const path = (name: string): string => `${root}/${name}`;

  test("makes private folders, each with a name of its own", async () => {
    const folders = [
      await files.makePrivateFolder("sluice-p-"),
      await files.makePrivateFolder("sluice-p-"),
    ];
    expect(new Set(folders).size).toBe(2);
    for (const folder of folders) {
      expect(folder).toMatch(/^\/.*\/sluice-p-.{6}$/);
      await files.write(`${folder}/a`, "");
      expect(await files.list(folder)).toEqual(["a"]);
      await files.removeAll(folder);
    }
  });

  test("reads what was written, as bytes and as text", async () => {
    await files.write(path("a"), "größer");
    expect(await files.readText(path("a"))).toBe("größer");
    expect(files.readTextSync(path("a"))).toBe("größer");
    const bytes = await files.read(path("a"));
    expect(bytes).toEqual(encode("größer"));
    expect(bytes.constructor).toBe(Uint8Array);
    await files.write(path("a"), Uint8Array.of(0, 255));
    expect(await files.read(path("a"))).toEqual(Uint8Array.of(0, 255));
    await files.write(path("a"), "");
    expect(await files.read(path("a"))).toEqual(new Uint8Array());
  });

  test("appends, and creates if need be", async () => {
    await files.append(path("log"), "one\n");
    await files.append(path("log"), encode("two\n"));
    expect(await files.readText(path("log"))).toBe("one\ntwo\n");
  });

  test("replaces by renaming", async () => {
    await files.write(path("old"), "old");
    await files.write(path("new"), "new");
    await files.rename(path("new"), path("old"));
    expect(await files.readText(path("old"))).toBe("new");
    expect(await files.stat(path("new"))).toBeUndefined();
  });

  test("removes a file, and a folder with all in it", async () => {
    await files.makeFolder(path("full/deep"));
    await files.write(path("full/deep/file"), "x");
    await files.write(path("file"), "x");
    await files.remove(path("file"));
    expect(await files.stat(path("file"))).toBeUndefined();
    await expect(files.removeFolder(path("full"))).rejects.toMatchObject({ code: "ENOTEMPTY" });
    await files.makeFolder(path("bare"));
    await files.removeFolder(path("bare"));
    expect(await files.stat(path("bare"))).toBeUndefined();
    await files.removeAll(path("full"));
    expect(await files.stat(path("full"))).toBeUndefined();
  });

  test("makes folders that exist already, and renames them with what is in them", async () => {
    await files.makeFolder(path("x/y/z"));
    await files.makeFolder(path("x/y"));
    await files.write(path("x/y/z/file"), "moved");
    await files.rename(path("x"), path("w"));
    expect(await files.readText(path("w/y/z/file"))).toBe("moved");
    expect(await files.stat(path("x"))).toBeUndefined();
  });

  test("lists names in order", async () => {
    await files.makeFolder(path("list/sub"));
    for (const name of ["b", "a", "ä", "B", "10", "9"]) await files.write(path(`list/${name}`), "");
    await files.write(path("list/sub/hidden"), "");
    expect(await files.list(path("list"))).toEqual(["10", "9", "B", "a", "b", "sub", "ä"]);
    await files.makeFolder(path("empty"));
    expect(await files.list(path("empty"))).toEqual([]);
  });

  test("tells what is there", async () => {
    await files.write(path("file"), "12345");
    const file = await files.stat(path("file"));
    expect(file).toMatchObject({ isFile: true, isFolder: false, size: 5 });
    expect(file?.modifiedMs).toBeGreaterThan(1_700_000_000_000);
    await files.makeFolder(path("folder"));
    expect(await files.stat(path("folder"))).toMatchObject({ isFile: false, isFolder: true });
    expect(await files.stat(path("nothing"))).toBeUndefined();
    expect(await files.stat(path("nothing/deeper"))).toBeUndefined();
    expect(await files.stat(path("file/below"))).toBeUndefined();
    expect(await files.realPath(path("folder/../file"))).toBe(await files.realPath(path("file")));
  });

  test("tells who may do what with it, and whether this user may write", async () => {
    await files.write(path("plain"), "");
    await files.makeFolder(path("open"));
    const permissions = (await files.stat(path("plain")))?.permissions ?? 0;
    expect(permissions & 0o600).toBe(0o600);
    expect(permissions & ~0o777).toBe(0);
    expect(await files.isWritable(path("plain"))).toBe(true);
    expect(await files.isWritable(path("open"))).toBe(true);
    expect(await files.isWritable(path("nothing"))).toBe(false);
  });

  test("reads in pieces, and less only at the end", async () => {
    await files.write(path("pieces"), "0123456789");
    const file = await files.open(path("pieces"), "read");
    expect(await file.read(0, 4)).toEqual(encode("0123"));
    expect(await file.read(8, 4)).toEqual(encode("89"));
    expect(await file.read(10, 4)).toEqual(new Uint8Array());
    expect(await file.read(99, 4)).toEqual(new Uint8Array());
    await file.close();
  });

  test("writes in pieces, in the order of the calls, and back in front", async () => {
    await files.write(path("out"), "what was there before");
    const file = await files.open(path("out"), "write");
    const pieces = Array.from({ length: 50 }, (_, index) => `${index},`);
    await Promise.all(pieces.map((piece) => file.write(encode(piece))));
    await file.writeAt(0, encode("X"));
    await file.writeAt(pieces.join("").length + 2, encode("Z"));
    await file.write(encode("!"));
    await file.sync();
    await file.close();
    expect(await files.readText(path("out"))).toBe(`X${pieces.join("").slice(1)}\0\0Z!`);
  });

  test("appends in pieces, behind what others append", async () => {
    await files.write(path("shared"), "a");
    const file = await files.open(path("shared"), "append");
    await file.write(encode("b"));
    await files.append(path("shared"), "c");
    const pieces = Array.from({ length: 200 }, (_, index) => `${index},`);
    await Promise.all(pieces.map((piece) => file.write(encode(piece))));
    await expect(file.writeAt(0, encode("x"))).rejects.toMatchObject({ code: "EBADF" });
    await file.close();
    expect(await files.readText(path("shared"))).toBe(`abc${pieces.join("")}`);
  });

  test("creates a new file, which can be read as well, and touches none that is there", async () => {
    const file = await files.open(path("fresh"), "new");
    await file.write(encode("abc"));
    await file.write(encode("def"));
    expect(await file.read(2, 9)).toEqual(encode("cdef"));
    await expect(files.open(path("fresh"), "new")).rejects.toMatchObject({ code: "EEXIST" });
    await file.close();
    await expect(files.open(path("fresh"), "new")).rejects.toMatchObject({ code: "EEXIST" });
    expect(await files.readText(path("fresh"))).toBe("abcdef");
  });

  test("goes on in a file that is there, and changes it", async () => {
    await files.write(path("known"), "abcdef");
    const file = await files.open(path("known"), "update");
    await file.write(encode("ghi"));
    await file.writeAt(1, encode("B"));
    expect(await file.read(0, 99)).toEqual(encode("aBcdefghi"));
    await file.close();
    expect(await files.readText(path("known"))).toBe("aBcdefghi");
  });

  test("cuts a file off, and goes on from there", async () => {
    const file = await files.open(path("cut"), "new");
    await file.write(encode("abcdef"));
    await file.truncate(2);
    await file.write(encode("X"));
    await file.close();
    expect(await files.readText(path("cut"))).toBe("abX");
    const log = await files.open(path("cut"), "append");
    await expect(log.truncate(0)).rejects.toMatchObject({ code: "EBADF" });
    await log.close();
  });

  test("tells how much room there is", async () => {
    expect(await files.freeSize(root)).toBeGreaterThan(1_000_000);
    expect(Number.isSafeInteger(await files.freeSize(root))).toBe(true);
    await expect(files.freeSize(path("none"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test.each<{ name: string; code: string; call: () => Promise<unknown> }>([
    { name: "read", code: "ENOENT", call: () => files.read(path("none")) },
    { name: "readText", code: "ENOENT", call: () => files.readText(path("none")) },
    { name: "readTextSync", code: "ENOENT", call: async () => files.readTextSync(path("none")) },
    { name: "write", code: "ENOENT", call: () => files.write(path("none/file"), "") },
    { name: "write to a folder", code: "EISDIR", call: () => files.write(root, "") },
    { name: "read a folder", code: "EISDIR", call: () => files.read(root) },
    { name: "append", code: "ENOENT", call: () => files.append(path("none/file"), "") },
    { name: "rename", code: "ENOENT", call: () => files.rename(path("none"), path("other")) },
    { name: "remove", code: "ENOENT", call: () => files.remove(path("none")) },
    { name: "removeFolder", code: "ENOENT", call: () => files.removeFolder(path("none")) },
    {
      name: "removeFolder of a file",
      code: "ENOTDIR",
      call: () => files.removeFolder(path("a-file")),
    },
    { name: "removeAll", code: "ENOENT", call: () => files.removeAll(path("none")) },
    { name: "list", code: "ENOENT", call: () => files.list(path("none")) },
    { name: "list a file", code: "ENOTDIR", call: () => files.list(path("a-file")) },
    { name: "realPath", code: "ENOENT", call: () => files.realPath(path("none")) },
    { name: "open to read", code: "ENOENT", call: () => files.open(path("none"), "read") },
    { name: "open to write", code: "ENOENT", call: () => files.open(path("none/x"), "write") },
    { name: "open to update", code: "ENOENT", call: () => files.open(path("none"), "update") },
    { name: "open a new one", code: "ENOENT", call: () => files.open(path("none/x"), "new") },
    { name: "open to append", code: "ENOENT", call: () => files.open(path("none/x"), "append") },
    { name: "makeFolder", code: "ENOTDIR", call: () => files.makeFolder(path("a-file/below")) },
    { name: "watch", code: "ENOENT", call: async () => files.watch(path("none"), () => undefined) },
  ])("$name throws $code", async ({ code, call }) => {
    await files.write(path("a-file"), "");
    await expect(call()).rejects.toMatchObject({
      name: "SystemError",
      code,
      message: expect.stringMatching(/^Cannot /),
    });
  });

  test("a file opened to read takes no writes, a closed one nothing", async () => {
    await files.write(path("closed"), "x");
    const file: OpenFile = await files.open(path("closed"), "read");
    await expect(file.write(encode("y"))).rejects.toMatchObject({ name: "SystemError" });
    await file.close();
    await expect(file.read(0, 1)).rejects.toMatchObject({ name: "SystemError" });
    expect(await files.readText(path("closed"))).toBe("x");
  });
});

describe(`files on the disk of ${runtimeName}`, () => {
  test("lets nobody else into a private folder", async () => {
    const folder = await realFiles.makePrivateFolder("sluice-p-");
    const { mode, uid } = statSync(folder);
    expect([mode & 0o777, uid]).toEqual([0o700, process.getuid?.()]);
    rmSync(folder, { recursive: true });
  });

  test("follows links, and tells where they lead", async () => {
    await realFiles.write(join(root, "target"), "linked");
    symlinkSync("target", join(root, "link"));
    expect(await realFiles.readText(join(root, "link"))).toBe("linked");
    expect(await realFiles.stat(join(root, "link"))).toMatchObject({ isFile: true, size: 6 });
    const realRoot = await realFiles.realPath(root);
    expect(await realFiles.realPath(join(root, "link"))).toBe(join(realRoot, "target"));
  });

  test("says in words what went wrong", async () => {
    const none = join(root, "none");
    await expect(realFiles.read(none)).rejects.toThrow(
      `Cannot read "${none}": no such file or folder`,
    );
  });
});

describe(`permissions on ${runtimeName}`, () => {
  test("are those of the disk", async () => {
    const path = `${root}/mode`;
    await realFiles.write(path, "");
    chmodSync(path, 0o440);
    expect((await realFiles.stat(path))?.permissions).toBe(0o440);
    // Who may do anything may write here too.
    expect(await realFiles.isWritable(path)).toBe(process.getuid?.() === 0);
    // Nobody can create a file there, whatever the user.
    expect(await realFiles.isWritable("/proc/self/fdinfo")).toBe(false);
    expect(await realFiles.isWritable(root)).toBe(true);
    expect((await realFiles.list(root)).filter((name) => name.startsWith("."))).toEqual([]);
  });
});
