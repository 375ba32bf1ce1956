/**
 * The port by which the API has the configuration read again.
 *
 * @module
 */

export interface Reload {
  /** Reads and applies. Resolves when that is over, well or not: `last` tells. Never throws. */
  reload(): Promise<void>;
  /** How the latest reload went, or goes; before the first, as if it had gone well. */
  last(): Promise<ReloadState>;
}

export interface ReloadState {
  /** 0, or a number for the error, such as SRS's 1023 for a configuration that is wrong. */
  readonly error: number;
  /** For people; `Success` if there is no error. */
  readonly message: string;
  readonly stage: ReloadStage;
  /** Seven characters, new with each reload. */
  readonly id: string;
}

/** How far it came, in SRS's numbers. */
export const ReloadStages = {
  Initial: 0,
  Parsing: 10,
  Transforming: 20,
  Applying: 30,
  Finished: 90,
} as const;

export type ReloadStage = (typeof ReloadStages)[keyof typeof ReloadStages];
