/**
 * Which server this is, as its API, its callbacks and its heartbeats say.
 *
 * @module
 */

/** Strings as SRS has them, the process id too. */
export interface ServerIdentity {
  /** `vid-` and seven characters; the same after a restart. */
  readonly serverId: string;
  /** Eight characters, new at each start. */
  readonly serviceId: string;
  readonly pid: string;
  /** By which it knows programs that it has started itself. A secret. */
  readonly programKey: string;
}
