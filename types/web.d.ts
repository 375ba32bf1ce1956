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
  function watchAddresses(address: StreamAddress, page: URL): Readonly<Record<string, string>>;
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
