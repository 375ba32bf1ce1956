/**
 * What the system tells of one of the server's processes.
 *
 * @module
 */

/**
 * The numbers of `/proc/self/stat` behind the process's state, by their names in proc(5), in their
 * order there.
 */
export const PROCESS_STAT_NUMBERS = [
  "ppid",
  "pgrp",
  "session",
  "tty_nr",
  "tpgid",
  "flags",
  "minflt",
  "cminflt",
  "majflt",
  "cmajflt",
  "utime",
  "stime",
  "cutime",
  "cstime",
  "priority",
  "nice",
  "num_threads",
  "itrealvalue",
  "starttime",
  "vsize",
  "rss",
  "rsslim",
  "startcode",
  "endcode",
  "startstack",
  "kstkesp",
  "kstkeip",
  "signal",
  "blocked",
  "sigignore",
  "sigcatch",
  "wchan",
  "nswap",
  "cnswap",
  "exit_signal",
  "processor",
  "rt_priority",
  "policy",
  "delayacct_blkio_ticks",
  "guest_time",
  "cguest_time",
] as const;

export type ProcessStatNumber = (typeof PROCESS_STAT_NUMBERS)[number];

export interface ProcessStat {
  /** The program's name, such as `sluice`. */
  readonly command: string;
  /** Such as `R` for running. */
  readonly state: string;
  readonly numbers: Readonly<Record<ProcessStatNumber, number>>;
}
