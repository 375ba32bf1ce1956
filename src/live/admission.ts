/**
 * The question asked before a session starts, and the word when it is over. Servers ask; `app` wires
 * in who answers (hooks, access rules, tokens).
 *
 * @module
 */

/** What is known of a session when it asks. Strings are as the peer sent them; absent ones empty. */
export interface SessionRequest {
  readonly clientId: string;
  readonly clientType: ClientType;
  readonly remoteAddress: string;
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
  /** The query of the stream's URL with its leading `?`, or empty. */
  readonly param: string;
  readonly tcUrl: string;
  readonly pageUrl: string;
  readonly swfUrl: string;
  /** The `Authorization` field of an HTTP client. A secret, as `param` may be: only to be judged by. */
  readonly authorization?: string | undefined;
}

/** As the HTTP API and hooks name them, after SRS. */
export type ClientType =
  | "unknown"
  | "rtmp-play"
  | "flv-play"
  | "hls-play"
  | "dash-play"
  | "fmle-publish"
  | "flash-publish"
  | "haivision-publish";

/** Each question resolves to let the session go on, or throws RefusedError. */
export interface Admission {
  /** An RTMP client has said where it connects and what it wants. */
  connect(request: SessionRequest): Promise<void>;
  publish(request: SessionRequest): Promise<void>;
  play(request: SessionRequest): Promise<void>;
  /** A publisher that was admitted is gone. */
  unpublished(request: SessionRequest): void;
  /** A player that was admitted is gone. */
  stopped(request: SessionRequest): void;
  /** A session that was let connect is over. */
  closed(request: SessionRequest, traffic: Traffic): void;
}

/** Bytes, as seen from the server. */
export interface Traffic {
  readonly receivedSize: number;
  readonly sentSize: number;
}

/** Several as one: asked in order, where the first that throws refuses, and told in order. */
export function combineAdmissions(admissions: readonly Admission[]): Admission {
  const ask =
    (question: "connect" | "publish" | "play") =>
    async (request: SessionRequest): Promise<void> => {
      for (const admission of admissions) await admission[question](request);
    };
  return {
    connect: ask("connect"),
    publish: ask("publish"),
    play: ask("play"),
    unpublished: (request) => {
      for (const admission of admissions) admission.unpublished(request);
    },
    stopped: (request) => {
      for (const admission of admissions) admission.stopped(request);
    },
    closed: (request, traffic) => {
      for (const admission of admissions) admission.closed(request, traffic);
    },
  };
}
