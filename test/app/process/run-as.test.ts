/**
 * Goal: the server acts for the user that the configuration names, with that user's groups alone, and
 * only once it has given that user what it goes on writing; who cannot become that user is told so.
 *
 * Method: a machine in memory with a passwd and a group file.
 *
 * Spec: passwd(5), group(5)
 */

import { beforeEach, describe, expect, test } from "vitest";
import { findUser } from "../../../src/app/process/find-user.ts";
import { giveAway, planUser, runAs } from "../../../src/app/process/run-as.ts";
import { MemoryNetwork } from "../../support/memory-network.ts";
import { memoryConfig } from "../../support/memory-server.ts";

const PASSWD = `root:x:0:0:root:/root:/bin/bash
sluice:x:990:980::/var/lib/sluice:/usr/sbin/nologin
1001:x:55:56::/:/bin/false
lone:x:1001:77::/:/bin/false
odd:x:none
`;
const GROUP = `root:x:0:
sluice:x:980:
video:x:44:anna,sluice
render:x:45:sluice
audio:x:46:slu,ice
`;

let machine: MemoryNetwork;

beforeEach(async () => {
  machine = new MemoryNetwork();
  const { files } = machine.runtime;
  await files.makeFolder("/etc");
  await files.makeFolder("/var/log");
  await files.write("/etc/passwd", PASSWD);
  await files.write("/etc/group", GROUP);
});

describe("findUser()", () => {
  test.each([
    ["sluice", 990, 980, [980, 44, 45]],
    ["sluice:video", 990, 44, [44, 45]],
    ["sluice:7", 990, 7, [7, 44, 45]],
    ["990", 990, 980, [980, 44, 45]],
    ["1001", 55, 56, [56]],
    ["lone", 1001, 77, [77]],
    ["4000:4001", 4000, 4001, [4001]],
  ])("%s", async (text, userId, groupId, groupIds) => {
    expect(await findUser(text, machine.runtime.files)).toEqual({ userId, groupId, groupIds });
  });

  test.each([
    ["nobody", 'Cannot act for user "nobody": there is no user "nobody" in /etc/passwd'],
    ["4000", 'Cannot act for user "4000": no group is known of it, say which'],
    ["sluice:none", 'there is no group "none" in /etc/group'],
    ["sluice:", 'there is no group "" in /etc/group'],
    [":video", 'there is no user "" in /etc/passwd'],
    ["odd", 'there is no user "odd" in /etc/passwd'],
    ["-1:1", 'there is no user "-1" in /etc/passwd'],
    ["4294967295:1", 'there is no user "4294967295" in /etc/passwd'],
  ])("%s is none", async (text, message) => {
    await expect(findUser(text, machine.runtime.files)).rejects.toThrow(message);
  });

  test("takes numbers where there are no such files", async () => {
    const { files } = new MemoryNetwork().runtime;
    expect(await findUser("5:6", files)).toEqual({ userId: 5, groupId: 6, groupIds: [6] });
  });
});

describe("planUser()", () => {
  test.each([
    ["nobody is named", "", 0, undefined],
    ["it is that user already", "sluice", 990, undefined],
    ["it is root", "sluice", 0, 990],
  ])("where %s", async (_what, user, own, expected) => {
    machine.runtime.host.user = own;
    expect((await planUser({ user }, machine.runtime))?.userId).toBe(expected);
  });

  test("says that only root may", async () => {
    const planning = planUser({ user: "sluice" }, machine.runtime);
    await expect(planning).rejects.toThrow('Cannot act for user "sluice": only root may');
  });
});

describe("runAs()", () => {
  const config = () =>
    memoryConfig({ user: "sluice", srs_log_tank: "file", srs_log_file: "/var/log/sluice.log" });

  async function become(isAlone = true) {
    const { runtime, logging } = machine;
    runtime.host.user = 0;
    const user = await findUser("sluice", runtime.files);
    await runtime.files.write("/var/log/sluice.log", "");
    await runtime.files.write("/etc/own", "");
    const paths = ["/etc/own", "/etc/not-there"];
    await runAs(user, { runtime, logger: logging.logger, config: config(), paths, isAlone });
    return runtime;
  }

  test("gives away what the server goes on writing, then root's rights", async () => {
    const { host, files } = await become();
    expect([host.user, host.groups]).toEqual([990, [980, 44, 45]]);
    expect([...files.owners]).toEqual([
      ["/var/log/sluice.log", [990, 980]],
      ["/etc/own", [990, 980]],
    ]);
    expect(machine.events("log cannot be opened anew")).toEqual([]);
  });

  test("tells of a log that the user could not open anew", async () => {
    machine.runtime.files.fault = (path) => (path === "/var/log" ? "EACCES" : undefined);
    await become();
    expect(machine.events("log cannot be opened anew")).toMatchObject([
      { path: "/var/log/sluice.log" },
    ]);
  });

  test("tells nothing where another process opens it", async () => {
    machine.runtime.files.fault = (path) => (path === "/var/log" ? "EACCES" : undefined);
    await become(false);
    expect(machine.events("log cannot be opened anew")).toEqual([]);
  });

  test("does not touch a device", async () => {
    const { files } = machine.runtime;
    await giveAway(["/dev/stdout"], { userId: 1, groupId: 1, groupIds: [1] }, files);
    expect(files.owners.size).toBe(0);
  });
});
