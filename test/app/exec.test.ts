/**
 * Goal: programs run when something happens to a stream, with SRS's variables and redirections and for as
 * long as SRS has them run; nothing that a client says becomes another argument, an option, another
 * program, or a file elsewhere.
 *
 * Method: the whole server in memory; the test plays the programs.
 */

import { describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";
import { KEY_FRAME, settle } from "../support/memory-network.ts";
import { obey, programsOf, runningOf } from "../support/memory-programs.ts";
import {
  type ConfigValue,
  defaultVhost,
  MemoryServer,
  memoryConfig,
} from "../support/memory-server.ts";

const SHOW = "rtmp://127.0.0.1/live/show";
const DIRECT = { min_latency: true, publish: { grace_ms: 0 } };

function start(exec: ConfigValue, more: ConfigValue = {}): Promise<MemoryServer> {
  return MemoryServer.start({
    ...defaultVhost({ ...DIRECT, exec: { enabled: true, ...exec } }),
    ...more,
  });
}

function commandsOf(server: MemoryServer): string[] {
  return programsOf(server).map(({ command }) => command.join(" "));
}

describe("a program of a published stream", () => {
  test("is given SRS's variables, by SRS's format", async () => {
    const server = await MemoryServer.start(
      `listen 1935; vhost exec.srs.com { exec { enabled on;
        publish /opt/echo.sh [vhost] [port] [app] [stream] [url] [tcUrl] x[swfUrl] x[pageUrl] [2006]-[01]-[02] [timestamp] >>/logs/exec.out 2>/logs/exec.err;
        publish /opt/other.sh; } }`,
    );
    await server.publish("rtmp://127.0.0.1/live/show?vhost=exec.srs.com&k=v");
    const [first, second] = programsOf(server);
    const date = new Date(server.runtime.clock.wallMs());
    const two = (value: number): string => String(value).padStart(2, "0");
    expect(first?.command).toEqual([
      "/opt/echo.sh",
      ...["exec.srs.com", "1935", "live", "show"],
      "rtmp://127.0.0.1:1935/live/show?vhost=exec.srs.com&k=v",
      "rtmp://127.0.0.1/live",
      ...["x", "x"],
      `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
      String(server.runtime.clock.wallMs()),
    ]);
    expect(second?.command).toEqual(["/opt/other.sh"]);
    first?.print("out");
    first?.print("err", "stderr");
    await settle();
    expect(await server.runtime.files.readText("/logs/exec.out")).toBe("out");
    expect(await server.runtime.files.readText("/logs/exec.err")).toBe("err");
  });

  test("runs again when it ends, and no more once the publisher has left", async () => {
    const server = await start({ publish: [["/opt/echo", "[stream]"]] });
    const publisher = await server.publish(SHOW);
    programsOf(server)[0]?.finish({ code: 0, signal: undefined });
    await server.advance(2_000);
    expect(runningOf(server)).toHaveLength(1);
    await publisher.leave();
    await obey(server);
    expect(programsOf(server).map(({ signals }) => signals)).toEqual([[], ["SIGTERM"]]);
    await server.advance(60_000);
    expect(programsOf(server)).toHaveLength(2);
  });

  test("that does not obey is ended by force, and its follower waits for that", async () => {
    const server = await start({ publish: [["/opt/echo", "[stream]"]] });
    const publisher = await server.publish(SHOW);
    await publisher.leave();
    await server.publish(SHOW);
    await server.advance(3_000);
    expect(programsOf(server)).toHaveLength(1);
    await server.advance(4_000);
    expect(programsOf(server).map(({ signals }) => signals)).toEqual([["SIGTERM", "SIGKILL"], []]);
    expect(runningOf(server)).toHaveLength(1);
  });

  test("begins and ends by a reload, which leaves the others alone", async () => {
    const server = await start({ publish: [["/opt/a"], ["/opt/b"]] });
    await server.publish(SHOW);
    const exec = { enabled: true, publish: [["/opt/b"], ["/opt/c"], ["/opt/c"]] };
    const config = memoryConfig(defaultVhost({ ...DIRECT, exec }));
    await server.finish(server.sluice.reconfigure(config));
    await obey(server);
    expect(runningOf(server).map(({ command }) => command)).toEqual([
      ["/opt/b"],
      ["/opt/c"],
      ["/opt/c"],
    ]);
    expect(programsOf(server)).toHaveLength(4);
    await server.finish(server.sluice.reconfigure(memoryConfig(defaultVhost(DIRECT))));
    await obey(server);
    expect(runningOf(server)).toEqual([]);
  });

  test("ends with the server", async () => {
    const server = await start({ publish: [["/opt/a"]] });
    await server.publish(SHOW);
    await server.stop();
    expect(runningOf(server)).toEqual([]);
  });
});

describe("what a client says", () => {
  test("stays in its argument", async () => {
    const server = await start({
      publish: [["/opt/echo", "[stream]", "--url=[tcUrl]", "[param]"]],
    });
    await server.publish({
      ...{ host: "127.0.0.1", port: 1935, app: "live" },
      tcUrl: "rtmp://127.0.0.1/live $(reboot) `x` | y; 'z' \"q\"",
      stream: "a;b|c&d$(e)",
    });
    expect(programsOf(server)[0]?.command).toEqual([
      "/opt/echo",
      "a;b|c&d$(e)",
      "--url=rtmp://127.0.0.1/live $(reboot) `x` | y; 'z' \"q\"",
      "",
    ]);
  });

  test("is never an option: then the program does not run, and the log says so", async () => {
    const server = await start({
      publish: [
        ["/opt/echo", "[stream]"],
        ["/opt/fine", "-[stream]"],
      ],
    });
    await server.publish("rtmp://127.0.0.1/live/--help");
    expect(commandsOf(server)).toEqual(["/opt/fine ---help"]);
    expect(server.events("program refused")).toMatchObject([
      { url: "/live/--help", reason: "Cannot run: the value of [stream] would be an option" },
    ]);
  });

  test("names no file outside of the folder that the template names", async () => {
    const server = await start({
      publish: [["/opt/echo", ">/logs/[app]/[stream]-[param].log", "2>[stream].err"]],
    });
    await server.publish("rtmp://127.0.0.1/live/a/show?x=/../../../etc/passwd");
    const [program] = programsOf(server);
    program?.print("out");
    program?.print("err", "stderr");
    await settle();
    const path = "/logs/live/a/show-?x=_.._.._.._etc_passwd.log";
    expect(await server.runtime.files.readText(path)).toBe("out");
    expect(await server.runtime.files.readText("./show.err")).toBe("err");
  });

  test("chooses no program", () => {
    const exec = { enabled: true, publish: [["/opt/[stream]"]] };
    const text = JSON.stringify(defaultVhost({ exec }));
    const source = { path: "a.yaml", text };
    expect(() => loadConfig({ source, environment: {}, readText: () => "" })).toThrow(
      'Expected a program before its arguments, found "/opt/[stream]"',
    );
  });
});

describe("redirections", () => {
  test.each([
    [[">a"], "a", ""],
    [["1>a", "2>b"], "a", "b"],
    [[">>a", "2>>b"], "a", "b"],
    [[">", "a", "2>", "b"], "a", "b"],
    [["1", ">a", "2", ">>", "b"], "a", "b"],
    [["2>/dev/null", ">a"], "a", ""],
  ])("%j", async (words, out, err) => {
    const server = await start({ publish: [["/opt/echo", "x", ...words, "1"]] });
    await server.publish(SHOW);
    const [program] = programsOf(server);
    expect(program?.command).toEqual(["/opt/echo", "x", "1"]);
    program?.print("out");
    program?.print("err", "stderr");
    await settle();
    const { files } = server.runtime;
    expect(await files.readText(out)).toBe("out");
    if (err !== "") expect(await files.readText(err)).toBe("err");
    else expect(await files.stat("b")).toBeUndefined();
  });
});

describe("events", () => {
  const EVENTS = {
    publish_done: [["/opt/left", "[app]", "[stream]"]],
    play: [["/opt/plays", "[stream]", "[ip]", "[client_id]"]],
    play_done: [["/opt/played", "[stream]"]],
  };

  test("have their programs run once", async () => {
    const server = await start(EVENTS);
    const publisher = await server.publish(SHOW);
    const player = await server.play(SHOW);
    expect(commandsOf(server)).toHaveLength(1);
    expect(commandsOf(server)[0]).toMatch(/^\/opt\/plays show 127\.0\.0\.1 [0-9a-z]{8}$/);
    programsOf(server)[0]?.finish({ code: 0, signal: undefined });
    await player.leave();
    await publisher.leave();
    await server.advance(30_000);
    expect(commandsOf(server).slice(1)).toEqual(["/opt/played show", "/opt/left live show"]);
  });

  test("are none for who is not let in", async () => {
    const security = { enabled: true, allow: ["publish all"], deny: ["play all"] };
    const server = await MemoryServer.start(
      defaultVhost({ ...DIRECT, exec: { enabled: true, ...EVENTS }, security }),
    );
    await server.publish(SHOW);
    await expect(server.play(SHOW)).rejects.toThrow();
    expect(commandsOf(server)).toEqual([]);
  });

  test("end a program that takes too long", async () => {
    const server = await start({ play: EVENTS.play, timeout: 60 });
    await server.play(SHOW);
    await server.advance(59_000);
    expect(runningOf(server)).toHaveLength(1);
    await server.advance(10_000);
    expect(runningOf(server)).toEqual([]);
    expect(server.events("program takes too long")).toMatchObject([{ on: "play" }]);
  });

  test("by the thousand run no more programs than may, and keep none from running on", async () => {
    const publish = [["/opt/stays", "[stream]"]];
    const server = await start({ ...EVENTS, publish }, { limits: { programs: 6 } });
    await server.publish(SHOW);
    for (let i = 0; i < 8; i++) await server.play(SHOW);
    await server.publish(`${SHOW}2`);
    await server.advance(1_000);
    const names = runningOf(server).map(({ command }) => command[0]);
    expect(names.filter((name) => name === "/opt/plays")).toHaveLength(3);
    expect(names.filter((name) => name === "/opt/stays")).toHaveLength(2);
    expect(server.events("program not started")).toHaveLength(1);
    const { text } = await server.fetch("/metrics", { port: 1985 });
    expect(text).toContain("sluice_programs 5");
    expect(text).toContain("sluice_program_refusals_total 5");
    for (const child of runningOf(server)) child.finish({ code: 0, signal: undefined });
  });
});

test("a program is told of each recording, when it is complete", async () => {
  const recordDone = [
    "/opt/upload",
    "[app]/[stream]",
    "[path]",
    "[dirname]",
    "[filename]",
    "[basename]",
  ];
  const server = await MemoryServer.start(
    defaultVhost({
      ...DIRECT,
      exec: { enabled: true, record_done: [[...recordDone, "[ip]"]] },
      dvr: { enabled: true, dvr_path: "/rec/[stream].flv" },
    }),
  );
  const publisher = await server.publish(SHOW);
  await publisher.start();
  for (let second = 0; second < 3; second++) {
    await publisher.send(KEY_FRAME, 1_000);
    await server.advance(1_000);
  }
  expect(commandsOf(server)).toEqual([]);
  await publisher.leave();
  await server.advance(1_000);
  expect(commandsOf(server)).toEqual([
    "/opt/upload live/show /rec/show.flv /rec show.flv show 127.0.0.1",
  ]);
});
