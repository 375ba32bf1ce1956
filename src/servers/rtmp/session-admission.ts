/**
 * What one RTMP session asks of the admission, and tells it: every yes is followed by its end, in the
 * order of SRS's callbacks, also if the client leaves while a question is open.
 *
 * ```text
 * connect   publish   unpublished   publish   unpublished   closed
 * connect   play      stopped                               closed
 * ```
 *
 * @module
 */

import { ClosedError } from "../../base/errors.ts";
import type { Admission, SessionRequest, Traffic } from "../../live/admission.ts";

/** What is looked at while the admission thinks. */
export interface AdmittedSession extends Traffic {
  /** The client has left, or is about to be closed. */
  readonly isClosed: boolean;
}

type Role = "publish" | "play";

/** What a client does, once it has begun. `close` calls `SessionAdmission.end` in turn. */
interface Started {
  close(): void;
}

export class SessionAdmission {
  readonly #admission: Admission;
  readonly #session: AdmittedSession;
  /** With what the client was let connect. */
  #connected: SessionRequest | undefined;
  /** What the client does, and what it was let do it with. */
  #role: Role | undefined;
  #begun: SessionRequest | undefined;
  #isAsking = false;
  #isOver = false;

  constructor(admission: Admission, session: AdmittedSession) {
    this.#admission = admission;
    this.#session = session;
  }

  /**
   * Asks whether the client may publish, and calls `start` if so. If that fails, as for a stream that
   * is busy, nothing has been published, and nothing is told of its end. If the client has left when
   * it comes to its end, what was started is closed.
   *
   * @throws {RefusedError} If it may not.
   * @throws {ClosedError} If it has left meanwhile.
   */
  publish<T extends Started>(request: SessionRequest, start: () => Promise<T>): Promise<T> {
    return this.#begin("publish", request, start);
  }

  /** Likewise whether it may play. */
  play<T extends Started>(request: SessionRequest, start: () => T): Promise<T> {
    return this.#begin("play", request, start);
  }

  /** The client publishes or plays no more. */
  end(): void {
    const role = this.#role;
    const request = this.#begun;
    this.#role = undefined;
    this.#begun = undefined;
    if (role !== undefined && request !== undefined) this.#tellEnd(role, request);
  }

  /** The connection is over. */
  close(): void {
    this.#isOver = true;
    if (!this.#isAsking) this.#leave();
  }

  async #begin<T extends Started>(
    role: Role,
    request: SessionRequest,
    start: () => T | Promise<T>,
  ): Promise<T> {
    this.#isAsking = true;
    try {
      await this.#connect(request);
      await this.#admission[role](request);
      if (this.#session.isClosed) {
        this.#tellEnd(role, request);
        throw left();
      }
      const started = await start();
      this.#role = role;
      this.#begun = request;
      if (!this.#session.isClosed) return started;
      started.close();
      throw left();
    } finally {
      this.#isAsking = false;
      if (this.#isOver) this.#leave();
    }
  }

  /** Asked once for each vhost that the client goes to; it is on one at a time. */
  async #connect(request: SessionRequest): Promise<void> {
    if (this.#connected?.vhost === request.vhost) return;
    this.#disconnect();
    await this.#admission.connect(request);
    this.#connected = request;
    if (this.#session.isClosed) throw left();
  }

  #tellEnd(role: Role, request: SessionRequest): void {
    if (role === "publish") this.#admission.unpublished(request);
    else this.#admission.stopped(request);
  }

  #leave(): void {
    this.end();
    this.#disconnect();
  }

  #disconnect(): void {
    const connected = this.#connected;
    this.#connected = undefined;
    if (connected !== undefined) this.#admission.closed(connected, this.#session);
  }
}

function left(): ClosedError {
  return new ClosedError("Cannot go on: the client has left");
}
