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
  /** Ids of the servers that have handed the stream on, in order; a claim, as all of this is. */
  readonly via?: readonly string[] | undefined;
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
  | "haivision-publish"
  | "rtc-play"
  | "rtc-publish";

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

const NO_TRAFFIC: Traffic = { receivedSize: 0, sentSize: 0 };

/**
 * Puts several one after the other: each is asked when those before it have said yes, and all are told
 * in that order. As of SRS's callbacks, an end is told of what has begun alone: who may publish or
 * play for one and not for another has done neither. A connection begins for each by its own yes, and
 * is over for those when another one refuses it.
 */
export function combineAdmissions(admissions: readonly Admission[]): Admission {
  const askAll = async (question: "publish" | "play", request: SessionRequest): Promise<void> => {
    for (const admission of admissions) await admission[question](request);
  };
  const tellAll = (tell: (admission: Admission) => void): void => admissions.forEach(tell);
  return {
    connect: async (request) => {
      const connected: Admission[] = [];
      try {
        for (const admission of admissions) {
          await admission.connect(request);
          connected.push(admission);
        }
      } catch (error) {
        for (const admission of connected) admission.closed(request, NO_TRAFFIC);
        throw error;
      }
    },
    publish: (request) => askAll("publish", request),
    play: (request) => askAll("play", request),
    unpublished: (request) => tellAll((admission) => admission.unpublished(request)),
    stopped: (request) => tellAll((admission) => admission.stopped(request)),
    closed: (request, traffic) => tellAll((admission) => admission.closed(request, traffic)),
  };
}
