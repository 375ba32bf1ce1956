/**
 * The part of the runtime port by which a process is a good service: what a service manager gives it,
 * what it tells the manager, and for which user it acts.
 *
 * @module
 */

export interface ServiceProcess {
  /**
   * Says what socket a descriptor is that this process was started with, and keeps it from children
   * from now on. `undefined` if it is none that listens by TCP or is bound by UDP, or the system does
   * not tell.
   */
  takeInherited(descriptor: number): Promise<InheritedSocket | undefined>;
  /** Closes such a descriptor, which nobody has taken. */
  closeInherited(descriptor: number): Promise<void>;
  /**
   * Sends one datagram to a local socket (AF_UNIX); a path that begins with `@` is an abstract one
   * (unix(7)).
   *
   * @throws {SystemError} `ENOTSUP` where the runtime cannot; `ECONNREFUSED` if it was not taken, be it
   *   that nobody is there or that the socket is full for the moment.
   */
  sendLocalDatagram(path: string, bytes: Uint8Array): Promise<void>;
  /**
   * Microseconds of the clock that all programs of the machine share and that never jumps
   * (CLOCK_MONOTONIC in clock_gettime(2)). `undefined` where it cannot be read.
   */
  monotonicUs(): Promise<number | undefined>;
  /** The user that this process acts for, 0 is root. `undefined` if the system has none. */
  userId(): number | undefined;
  /**
   * Acts for another user from now on, for good, and with the rights of these groups alone.
   *
   * @throws {SystemError} `EPERM` for who is not root; `ENOTSUP` where the runtime cannot give up the
   *   groups. Nothing has changed then.
   */
  changeUser(user: UserIdentity): Promise<void>;
}

/** A socket that was open when this process began. */
export interface InheritedSocket {
  readonly descriptor: number;
  readonly transport: "tcp" | "udp";
  /** An IPv4 or IPv6 address. */
  readonly host: string;
  readonly port: number;
}

/** A user by numbers. */
export interface UserIdentity {
  readonly userId: number;
  readonly groupId: number;
  /** All of them, `groupId` included. */
  readonly groupIds: readonly number[];
}
