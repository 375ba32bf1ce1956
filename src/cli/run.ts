/**
 * What the program does, by its command line.
 *
 * @module
 */

import type { Logging } from "../app/logging.ts";
import { openLog, usesPrettyLog } from "../app/open-log.ts";
import { reasonToStay, StartReport, startInBackground } from "../app/process/background.ts";
import { followParent } from "../app/process/follow-parent.ts";
import { type InheritedSockets, takeManagersSockets } from "../app/process/inherited-sockets.ts";
import { inheritPorts } from "../app/process/inheriting-ports.ts";
import { judgeFileLimit } from "../app/process/judge-file-limit.ts";
import { giveAway, logPaths, planUser } from "../app/process/run-as.ts";
import { createServiceManager } from "../app/process/service-manager.ts";
import { ConfigWatch, isWatchWanted } from "../app/reload/config-watch.ts";
import { type ReloadControl, Reloader } from "../app/reload/reloader.ts";
import type { ServerUrls } from "../app/server-urls.ts";
import { Sluice, type SluiceOptions } from "../app/sluice.ts";
import { portSharing } from "../app/workers/ports.ts";
import { Supervisor } from "../app/workers/supervisor.ts";
import { runWorker, takeAssignment } from "../app/workers/worker.ts";
import { countWorkers } from "../app/workers/worker-count.ts";
import type { Assets } from "../base/assets.ts";
import { createClientId } from "../base/client-id.ts";
import { ConfigError, SystemError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { SIGNATURE, VERSION } from "../base/version.ts";
import type { Config } from "../config/config.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import type { Host, Runtime, UserIdentity } from "../runtime/runtime.ts";
import { type Command, type ConfigChoice, HELP, parseArguments, UsageError } from "./arguments.ts";
import { bench } from "./bench.ts";
import { type ReadConfig, readsFromCheckout } from "./built-in-configs.ts";
import { ConfigFile } from "./config-file.ts";
import { describeVersion } from "./describe-version.ts";
import { runDoctor } from "./doctor.ts";
import { runHashPassword } from "./hash-password.ts";
import { runHealth } from "./health.ts";
import { runImport } from "./import.ts";
import { runPrintConfig } from "./print-config.ts";
import { runSignUrl } from "./sign-url.ts";
import { handleSignals } from "./signals.ts";

/** As SRS, whose scripts look for it: a configuration that cannot be used, a server that cannot start. */
const EXIT_FAILED = 255;
/** As in SRS. */
const RELOAD_ID_LENGTH = 7;

type RunCommand = Extract<Command, { readonly name: "run" }>;

/** What the program carries. */
export interface Contents {
  readonly assets: Assets;
  readonly readConfig: ReadConfig;
  /** Of the build. Absent: the program runs from its sources. */
  readonly commit?: string;
}

/**
 * Runs until a signal ends it.
 *
 * @param built What is inside of a program that was built, beside `assets`.
 */
export async function run(
  runtime: Runtime,
  assets: Assets,
  built?: Omit<Contents, "assets">,
): Promise<void> {
  const { host } = runtime;
  const contents = { assets, ...(built ?? { readConfig: readsFromCheckout(runtime.files) }) };
  try {
    await execute(parseArguments(host.arguments, host.environment), runtime, contents);
  } catch (error) {
    host.print(`${describe(error)}\n`, "stderr");
    if (error instanceof UsageError) host.print("Try: sluice -h\n", "stderr");
    host.exit(EXIT_FAILED);
  }
}

/** What the operator did is told in a line; what the program did, with its stack. */
function describe(error: unknown): string {
  if (isOperatorsFault(error)) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function execute(command: Command, runtime: Runtime, contents: Contents): Promise<void> {
  const { host } = runtime;
  const { assets, readConfig } = contents;
  switch (command.name) {
    case "help":
      host.print(HELP);
      return host.exit(0);
    case "version":
      host.print(`${command.isLong ? describeVersion(runtime, contents.commit) : VERSION}\n`);
      return host.exit(0);
    case "signature":
      host.print(`${SIGNATURE}\n`);
      return host.exit(0);
    case "bench":
      return bench(command.arguments, runtime, assets);
    case "hash-password":
      await runHashPassword(command.arguments, runtime);
      return host.exit(0);
    case "config":
      await runPrintConfig(command.arguments, runtime, readConfig);
      return host.exit(0);
    case "doctor":
      return host.exit(await runDoctor(command.arguments, runtime, readConfig));
    case "health":
      return host.exit(await runHealth(command.arguments, runtime, readConfig));
    case "import":
      return host.exit(await runImport(command.arguments, runtime));
    case "sign-url":
      runSignUrl(command.arguments, runtime);
      return host.exit(0);
    case "test":
      return test(command, runtime, contents);
    case "run":
      return start(command, runtime, contents);
  }
}

function openConfig(
  { file, builtIn }: ConfigChoice,
  runtime: Runtime,
  contents: Contents,
): ConfigFile {
  return new ConfigFile(file, runtime, builtIn && contents.readConfig(builtIn));
}

function test(choice: ConfigChoice, runtime: Runtime, contents: Contents): void {
  const { host } = runtime;
  const { file, builtIn } = choice;
  const name = file ?? (builtIn === undefined ? "of environment variables" : `built-in ${builtIn}`);
  try {
    const { warnings } = openConfig(choice, runtime, contents).load();
    for (const warning of warnings) host.print(`warning: ${warning}\n`);
  } catch (error) {
    if (!isOperatorsFault(error)) throw error;
    host.print(`${error.message}\nconfig file ${name} test is failed\n`);
    host.exit(EXIT_FAILED);
  }
  host.print(`config file ${name} test is successful\n`);
  host.exit(0);
}

async function start(command: RunCommand, runtime: Runtime, contents: Contents): Promise<void> {
  const { host } = runtime;
  const { assets } = contents;
  const assignment = takeAssignment(host);
  if (assignment !== undefined) {
    const openWorkerLog = (config: Config): Logging => openLog(config, runtime);
    return runWorker({ runtime, assets, assignment, openLog: openWorkerLog });
  }
  const report = await StartReport.open(runtime);
  const configFile = openConfig(command, runtime, contents);
  const loaded = configFile.load();
  const { config } = loaded;
  const isWanted = config.daemon && !report.isAwaited;
  const reason = isWanted ? await reasonToStay(config, runtime, command.isForeground) : undefined;
  if (isWanted && reason === undefined) return goToBackground(config, runtime);
  let isServing: boolean;
  try {
    const options = { ...loaded, command, configFile, runtime, contents, reasonToStay: reason };
    isServing = await serve(options);
  } catch (error) {
    await report.tell(describe(error));
    throw error;
  }
  // Who was ended meanwhile does not serve: its end says so.
  if (isServing) await report.tell(undefined);
}

/** Ends this process once the other one serves. */
async function goToBackground(config: Config, runtime: Runtime): Promise<void> {
  const { host } = runtime;
  const isFile = config.srsLogTank === "file";
  if (!isFile) {
    const advice = "nobody sees the log in the background, set srs_log_tank: file";
    host.print(`warning: ${advice}\n`, "stderr");
  }
  const pid = await startInBackground(runtime);
  const log = isFile ? `, log in ${config.srsLogFile}` : "";
  host.print(`sluice runs in the background as process ${pid}${log}\n`);
  host.exit(0);
}

interface ServeOptions extends LoadedConfig {
  readonly command: RunCommand;
  readonly configFile: ConfigFile;
  readonly runtime: Runtime;
  readonly contents: Contents;
  /** Why it stays in the foreground although `daemon` is on. */
  readonly reasonToStay: string | undefined;
}

/**
 * Starts the server; what is to be done for it afterwards is done at signals.
 *
 * @returns Whether it serves, and was not ended by a signal before it could.
 */
async function serve(options: ServeOptions): Promise<boolean> {
  const { config, configFile, runtime, contents } = options;
  const { assets } = contents;
  const { host } = runtime;
  enterWorkDir(config, host);
  const logging = openLog(config, runtime);
  const { logger } = logging;
  host.onUncaught((error) => logger.error("error was not caught", { error }));
  await tellStart(options, logger);
  const user = await planUser(config, runtime);
  const manager = createServiceManager(runtime, logger);
  const inherited = await takeManagersSockets(runtime, logger);
  await inherited.closeUnknown(config);
  const started = Promise.withResolvers<void>();
  started.promise.catch(() => undefined);
  const reloader = new Reloader(config, {
    load: () => configFile.load(),
    apply: async (next) => {
      await started.promise; // Who asks for it so early means it all the same.
      await server.reconfigure(next);
    },
    logger,
    tell: (event) => server.tell(event),
    createId: () => createClientId((size) => runtime.crypto.randomBytes(size), RELOAD_ID_LENGTH),
    began: () => manager.reloading(),
    ended: () => manager.reloaded(),
  });
  const serving = inheritPorts(runtime, inherited, logger);
  const parts = { config, runtime: serving, logger, assets, reloads: reloader, inherited, user };
  const server = createServer(parts);
  const signals = handleSignals({
    ...{ runtime, server, logging },
    reload: (cause) => void reloader.reload(cause),
    stopping: (graceMs) => manager.stopping(graceMs),
    ...(user === undefined ? {} : { logOpened: () => giveAwayLog(config, user, runtime) }),
  });
  try {
    if (config.asprocess) followParent(runtime, () => signals.stop("parent process ended"));
    await watchConfig(config, configFile, runtime, async () => {
      if (!signals.isStopping) await reloader.reload("file changed");
    });
    await server.start();
    started.resolve();
    await manager.ready(() => server.describeState());
  } catch (error) {
    started.reject(error);
    if (signals.isStopping) return false; // The signal ends the program, and has said so.
    logger.error("start failed", { error: isOperatorsFault(error) ? error.message : error });
    await server.stop();
    throw error;
  }
  if (usesPrettyLog(config, runtime)) host.print(welcome(server.urls));
  return !signals.isStopping;
}

/** @throws {SystemError} If there is no such folder. */
function enterWorkDir({ workDir }: Config, host: Host): void {
  if (workDir === "") return;
  try {
    host.changeFolder(workDir);
  } catch (error) {
    throw toWorkDirFault(error);
  }
}

function toWorkDirFault(cause: unknown): unknown {
  if (!(cause instanceof SystemError)) return cause;
  return new SystemError(cause.code, `${cause.message} (work_dir)`, { cause });
}

async function tellStart(
  { command, config, warnings, runtime, contents, reasonToStay: reason }: ServeOptions,
  logger: Logger,
): Promise<void> {
  logger.info("starting", {
    version: VERSION,
    ...(contents.commit === undefined ? {} : { commit: contents.commit }),
    runtime: `${runtime.name} ${runtime.version}`,
    ...(command.builtIn === undefined ? {} : { builtInConfig: command.builtIn }),
  });
  for (const warning of warnings) logger.warn("configuration warning", { warning });
  if (reason !== undefined) logger.info("daemon stays in the foreground", { reason });
  const limit = await judgeFileLimit(config, runtime.files);
  if (limit?.isEnough === false) logger.warn("too few open files", { reason: limit.text });
}

/** For the workers, which have given up the rights to open it as root left it. */
async function giveAwayLog(
  config: Config,
  user: UserIdentity,
  { files, host }: Runtime,
): Promise<void> {
  if (host.userId() === 0) await giveAway(logPaths(config), user, files);
}

/** From the start on, so that no change is missed; for as long as the program runs. */
async function watchConfig(
  config: Config,
  configFile: ConfigFile,
  { files, clock }: Runtime,
  reload: () => Promise<void>,
): Promise<void> {
  if (!(await isWatchWanted(config, files))) return;
  new ConfigWatch({ files, clock, paths: () => configFile.paths, reload });
}

/** One process, or the supervisor of several. */
function createServer(
  options: SluiceOptions & {
    readonly reloads: ReloadControl;
    readonly inherited: InheritedSockets;
  },
): Sluice | Supervisor {
  const { config, runtime, logger } = options;
  const workerCount = countWorkers(config, runtime.host);
  if (workerCount === 1) return new Sluice(options);
  const sharing = portSharing(runtime.tcp);
  if (sharing !== undefined) {
    return new Supervisor({ ...options, workerCount, sharing });
  }
  const reason = `several processes cannot share a port with ${runtime.name} on ${runtime.host.platform}`;
  logger.warn("workers not started", { workers: workerCount, reason });
  return new Sluice(options);
}

function welcome(urls: ServerUrls): string {
  const lines = [
    ["Watch", urls.watch],
    ["Publish", urls.publish],
    ["API", urls.api],
  ].flatMap(([name = "", url]) => (url === undefined ? [] : [`  ${name.padEnd(9)}${url}`]));
  return `\n${lines.join("\n")}\n\n`;
}

function isOperatorsFault(error: unknown): error is Error {
  return (
    error instanceof ConfigError || error instanceof SystemError || error instanceof UsageError
  );
}
