// The pages' modules that are tested without a page: plain JavaScript, whose types their comments
// tell.

declare module "*/web/rtc-address.js" {
  interface StreamAddress {
    readonly origin: string;
    readonly app: string;
    readonly stream: string;
    readonly parameters: URLSearchParams;
  }
  function parseStreamAddress(text: string, page: URL): StreamAddress;
  function readPageAddress(page: URL): StreamAddress;
  function formatStreamAddress(address: StreamAddress, page: URL): string;
  function endpointOf(address: StreamAddress, name: "whip" | "whep"): string;
  function watchAddresses(
    address: StreamAddress,
    page: URL,
    rtmpOrigin?: string,
  ): Readonly<Record<string, string>>;
}

declare module "*/web/rtmp-address.js" {
  function rtmpOrigin(
    page: Pick<URL, "hostname" | "protocol">,
    ports: { readonly rtmp?: number; readonly rtmps?: number },
  ): string;
}

declare module "*/web/rtc-error.js" {
  class RtcError extends Error {
    readonly kind: string;
    constructor(message: string, options: { kind: string; cause?: unknown });
  }
  function explainCapture(
    cause: unknown,
    context: { isSecure: boolean; isScreen?: boolean },
  ): RtcError;
  function explainAnswer(status: number, body: string, purpose: "publish" | "play"): RtcError;
  function explainUnreachable(url: string, cause?: unknown): RtcError;
  function explainBlocked(answer: string): RtcError;
  function toRtcError(error: unknown): RtcError;
}

declare module "*/web/rtc-figures.js" {
  type RtcFigures = Readonly<Record<string, unknown>>;
  class RtcMeter {
    read(report: Iterable<[string, object]>): RtcFigures;
  }
  function toTexts(figures: RtcFigures): Readonly<Record<string, string>>;
}

declare module "*/web/sdp-fragment.js" {
  function toFragment(sdp: string, candidates?: string[], isComplete?: boolean): string;
  function withNewIce(answer: string, fragment: string): string | undefined;
  function withStereoOpus(sdp: string): string;
}

declare module "*/web/encodings.js" {
  interface Encoding {
    readonly rid?: string;
    readonly scaleResolutionDownBy?: number;
    readonly maxBitrate: number;
  }
  interface Codec {
    readonly mimeType: string;
    readonly sdpFmtpLine?: string;
  }
  function toEncodings(picture: {
    width: number;
    height: number;
    bitrateKbps: number;
    isSimulcast: boolean;
  }): Encoding[];
  function orderCodecs<T extends Codec>(codecs: readonly T[], wanted: string): T[];
  function codecChoices(codecs: readonly Codec[]): string[];
}

declare module "*/web/console/units.js" {
  const UNKNOWN: string;
  function formatBitrate(kbps: number): string;
  function formatMemory(kibibytes: number): string;
  function formatAge(seconds: number): string;
  function formatDelay(milliseconds: number): string;
  function formatPercent(fraction: number, digits?: number): string;
  function formatCount(count: number): string;
}

declare module "*/web/console/list-view.js" {
  interface ListItem {
    readonly id: string;
    readonly search: string;
    readonly keys: Readonly<Record<string, string | number>>;
  }
  interface ListState {
    readonly filter: string;
    readonly sortKey: string;
    readonly isDescending: boolean;
    readonly page: number;
  }
  const PAGE_LENGTH: number;
  function arrange<Item extends ListItem>(
    items: readonly Item[],
    state: ListState,
  ): { items: Item[]; page: number; pageCount: number; start: number; matchCount: number };
}

declare module "*/web/console/session-view.js" {
  interface SessionView {
    readonly id: string;
    readonly role: string;
    readonly protocol: string;
    readonly stream: string;
    readonly texts: Readonly<Record<string, string>>;
    readonly details: readonly (readonly [string, string])[];
    readonly search: string;
    readonly keys: Readonly<Record<string, string | number>>;
  }
  function toSession(client: object): SessionView;
}

declare module "*/web/console/stream-view.js" {
  interface StreamContext {
    readonly sessions: ReadonlyMap<string, { readonly protocol: string }>;
    readonly isComplete: boolean;
    readonly vhosts: ReadonlyMap<string, string>;
  }
  interface StreamAddress {
    readonly vhost: string | undefined;
    readonly app: string;
    readonly stream: string;
  }
  interface StreamView {
    readonly name: string;
    readonly address: StreamAddress;
    readonly codecDetails: string;
    readonly texts: Readonly<Record<string, string>>;
  }
  type PagePorts = { readonly http: readonly number[]; readonly https: readonly number[] };
  function toStream(stream: object, context: StreamContext): StreamView;
  function findPages(pages: PagePorts | undefined, page: URL): string | undefined;
  function playAddress(pages: string, address: StreamAddress): string;
}

declare module "*/web/console/api-problem.js" {
  interface Explanation {
    readonly title: string;
    readonly text: string;
    readonly steps: readonly { readonly text: string; readonly code?: string }[];
    readonly isRetried: boolean;
  }
  function explainProblem(problem: { status: number; message: string }, page: URL): Explanation;
}

declare module "*/web/console/api-client.js" {
  class ApiClient {
    constructor(page: URL, fetch: (url: URL, options: RequestInit) => Promise<Response>);
    readAll(): Promise<Readonly<Record<string, readonly object[]>>>;
    disconnect(clientId: string): Promise<boolean>;
  }
}

declare module "*/web/console/overview.js" {
  function toOverview(read: { summary: object; vhosts: readonly object[] }): Record<string, string>;
  function countSessions(vhosts: readonly { readonly clients: number }[]): number;
}

declare module "*/web/console/poller.js" {
  function pauseAfter(roundMs: number): number;
}
