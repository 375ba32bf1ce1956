/**
 * Who may publish a stream's name. One process decides alone; where several serve as one server, they
 * ask whoever keeps the names of all.
 *
 * @module
 */

export interface StreamClaims {
  /**
   * Takes hold of a stream's URL before somebody publishes there.
   *
   * @throws {RefusedError} `stream_busy`, if somebody else holds it.
   * @throws {ClosedError} If nobody is there to be asked.
   */
  claim(url: string): Promise<StreamClaim>;
}

export interface StreamClaim {
  /** Lets go of the name; once. */
  release(): void;
}

/** For a server of one process, whose streams know by themselves whether they are busy. */
export const UNCONTESTED_CLAIMS: StreamClaims = {
  claim: () => Promise.resolve({ release: () => undefined }),
};
