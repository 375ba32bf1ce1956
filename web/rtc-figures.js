/**
 * What a person wants to know of a WebRTC connection, out of what `getStats()` tells.
 *
 * Spec: W3C Identifiers for WebRTC's Statistics API.
 *
 * @module
 */

/**
 * @typedef {object} RtcFigures What is not known is `undefined`.
 * @property {number} [bitrateKbps] Of sound and picture, without headers.
 * @property {number} [roundTripMs]
 * @property {number} [lossPercent] Of the packets since the last look.
 * @property {number} [lostCount] Packets since the beginning.
 * @property {number} nackCount Requests to send packets again.
 * @property {number} pliCount Requests for a key frame.
 * @property {number} [width]
 * @property {number} [height]
 * @property {number} [frameRate]
 * @property {number} [frameCount] Decoded, or encoded.
 * @property {number} [freezeCount]
 * @property {number} [freezeSeconds]
 * @property {number} [jitterBufferMs] How long what was played since the last look had waited.
 * @property {string} [videoCodec] `H264` and the like.
 * @property {string} [audioCodec]
 * @property {string} [limitedBy] `cpu` or `bandwidth`, if that is why the picture is not better.
 * @property {string} [path] `UDP` or `TCP`, and the server's address.
 * @property {{ rid: string, width: number, height: number, bitrateKbps: number | undefined }[]} layers
 *   What is sent of simulcast, the best first; empty if there is only one.
 * @property {number} byteCount Of media since the beginning.
 */

export class RtcMeter {
  /** What the counters stood at at the last look, by the id of their entry. */
  #last = new Map();

  /**
   * @param {Iterable<[string, object]>} report What `getStats()` resolves to.
   * @returns {RtcFigures}
   */
  read(report) {
    const entries = new Map(report);
    const media = [...entries.values()].filter(({ type }) => {
      return type === "inbound-rtp" || type === "outbound-rtp";
    });
    const figures = {
      ...this.#sums(media),
      ...this.#loss([...entries.values()], media),
      ...pictureOf(media),
      ...this.#waiting(media),
      ...pathOf(entries),
      videoCodec: codecOf(media, entries, "video"),
      audioCodec: codecOf(media, entries, "audio"),
      layers: this.#layers(media),
    };
    this.#last = entries;
    return figures;
  }

  #sums(media) {
    const rates = media.map((entry) => this.#rateOf(entry)).filter((rate) => rate !== undefined);
    const limits = media.map((entry) => entry.qualityLimitationReason);
    return {
      bitrateKbps: rates.length > 0 ? sum(rates) : undefined,
      byteCount: sum(media.map(bytesOf)),
      nackCount: sum(media.map(({ nackCount = 0 }) => nackCount)),
      pliCount: sum(media.map(({ pliCount = 0 }) => pliCount)),
      limitedBy: limits.find((reason) => reason === "cpu" || reason === "bandwidth"),
    };
  }

  /** In kbit/s, since the last look. */
  #rateOf(entry) {
    const before = this.#last.get(entry.id);
    const elapsedMs = entry.timestamp - (before?.timestamp ?? entry.timestamp);
    if (elapsedMs <= 0) return undefined;
    return Math.max(0, ((bytesOf(entry) - bytesOf(before)) * 8) / elapsedMs);
  }

  /** A receiver counts its own loss; a sender hears of it in the other's reports. */
  #loss(entries, media) {
    const inbound = media.filter(({ type }) => type === "inbound-rtp");
    if (inbound.length > 0) {
      const lost = sum(inbound.map((entry) => this.#growth(entry, "packetsLost")));
      const received = sum(inbound.map((entry) => this.#growth(entry, "packetsReceived")));
      return {
        lostCount: sum(inbound.map(({ packetsLost = 0 }) => packetsLost)),
        lossPercent: percentOf(Math.max(0, lost), lost + received),
      };
    }
    const remote = entries.filter(({ type }) => type === "remote-inbound-rtp");
    const fractions = remote.map(({ fractionLost }) => fractionLost).filter(isNumber);
    return {
      lostCount:
        remote.length > 0 ? sum(remote.map(({ packetsLost = 0 }) => packetsLost)) : undefined,
      lossPercent: fractions.length > 0 ? Math.max(...fractions) * 100 : undefined,
    };
  }

  #waiting(media) {
    const waits = media
      .filter(({ type }) => type === "inbound-rtp")
      .map((entry) => {
        const count = this.#growth(entry, "jitterBufferEmittedCount");
        return count > 0 ? (this.#growth(entry, "jitterBufferDelay") / count) * 1000 : undefined;
      })
      .filter(isNumber);
    return { jitterBufferMs: waits.length > 0 ? Math.max(...waits) : undefined };
  }

  #growth(entry, name) {
    return (entry[name] ?? 0) - (this.#last.get(entry.id)?.[name] ?? 0);
  }

  #layers(media) {
    const layers = media.filter(({ type, kind, rid }) => {
      return type === "outbound-rtp" && kind === "video" && rid !== undefined;
    });
    if (layers.length < 2) return [];
    return layers
      .map((entry) => {
        const { rid, frameWidth: width = 0, frameHeight: height = 0 } = entry;
        return { rid, width, height, bitrateKbps: this.#rateOf(entry) };
      })
      .sort((one, other) => other.width - one.width);
  }
}

function bytesOf(entry) {
  return entry?.bytesReceived ?? entry?.bytesSent ?? 0;
}

/** Of several layers, the largest that is sent. */
function pictureOf(media) {
  const videos = media.filter(({ kind, frameWidth = 0 }) => kind === "video" && frameWidth > 0);
  const [video] = videos.sort((one, other) => other.frameWidth - one.frameWidth);
  if (video === undefined) return {};
  return {
    width: video.frameWidth,
    height: video.frameHeight,
    frameRate: video.framesPerSecond,
    frameCount: video.framesDecoded ?? video.framesEncoded,
    freezeCount: video.freezeCount,
    freezeSeconds: video.totalFreezesDuration,
  };
}

function codecOf(media, entries, kind) {
  const entry = media.find((one) => one.kind === kind && entries.has(one.codecId));
  return entries.get(entry?.codecId)?.mimeType?.split("/")[1];
}

/** Firefox marks the pair itself, the others name it in their transport. */
function pathOf(entries) {
  const all = [...entries.values()];
  const transport = all.find(({ selectedCandidatePairId }) => entries.has(selectedCandidatePairId));
  const pair =
    entries.get(transport?.selectedCandidatePairId) ??
    all.find(({ type, selected }) => type === "candidate-pair" && selected) ??
    all.find(({ type, nominated, state }) => {
      return type === "candidate-pair" && nominated && state === "succeeded";
    });
  if (pair === undefined) return {};
  const { protocol, address, ip, port } = entries.get(pair.remoteCandidateId) ?? {};
  const host = address || ip;
  const place = host ? ` ${host.includes(":") ? `[${host}]` : host}:${port}` : "";
  return {
    roundTripMs: isNumber(pair.currentRoundTripTime) ? pair.currentRoundTripTime * 1000 : undefined,
    path: protocol === undefined ? undefined : `${protocol.toUpperCase()}${place}`,
  };
}

function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

function percentOf(part, whole) {
  return whole > 0 ? (part / whole) * 100 : undefined;
}

/** @type {Record<string, string>} */
const CODEC_NAMES = {
  H264: "H.264",
  H265: "H.265",
  AV1X: "AV1",
  opus: "Opus",
  PCMU: "G.711 µ-law",
};

const LIMITS = { cpu: "this computer", bandwidth: "the network" };

/**
 * The figures as texts; empty where nothing is known.
 *
 * @param {RtcFigures} figures
 */
export function toTexts(figures) {
  const { frameRate, width = 0, height, limitedBy, layers } = figures;
  const rate = frameRate > 0 ? ` · ${Math.round(frameRate)}\u00a0fps` : "";
  const codecs = [figures.videoCodec, figures.audioCodec].filter(Boolean);
  return {
    bitrate: textOf(figures.bitrateKbps, 0, "kbit/s"),
    roundTrip: textOf(figures.roundTripMs, 0, "ms"),
    loss: textOf(figures.lossPercent, 1, "%"),
    repairs: `${figures.nackCount} · ${figures.pliCount}`,
    picture: width > 0 ? `${width}\u00a0×\u00a0${height}${rate}` : "",
    codecs: codecs.map((codec) => CODEC_NAMES[codec] ?? codec).join(" · "),
    freezes: freezesOf(figures),
    jitterBuffer: textOf(figures.jitterBufferMs, 0, "ms"),
    path: figures.path ?? "",
    limit: LIMITS[limitedBy] ?? "nothing",
    layers: layers
      .map((layer) => `${layer.width}\u00a0×\u00a0${layer.height} ${layerRate(layer)}`.trim())
      .join(", "),
  };
}

function layerRate({ bitrateKbps }) {
  return bitrateKbps === undefined ? "" : `(${bitrateKbps.toFixed(0)}\u00a0kbit/s)`;
}

function freezesOf({ freezeCount, freezeSeconds = 0 }) {
  if (freezeCount === undefined) return "";
  return freezeCount === 0 ? "0" : `${freezeCount} · ${freezeSeconds.toFixed(1)}\u00a0s`;
}

function textOf(number, digits, unit) {
  return number === undefined ? "" : `${number.toFixed(digits)}\u00a0${unit}`;
}
