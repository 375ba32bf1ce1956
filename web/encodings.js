/**
 * In which codec, and in how many layers, a picture is sent.
 *
 * @module
 */

/** What belongs to any codec, and has to stay in the list. */
const AUXILIARY = ["rtx", "red", "ulpfec", "flexfec-03"];

/** Below this height a further layer is of no use to anybody. */
const LAYER_HEIGHT_MIN = 180;

/** Each layer has half the width and height of the one above it, and a quarter of its bits. */
const LAYERS = [
  { rid: "h", scaleResolutionDownBy: 1, share: 16 / 21 },
  { rid: "m", scaleResolutionDownBy: 2, share: 4 / 21 },
  { rid: "l", scaleResolutionDownBy: 4, share: 1 / 21 },
];

/**
 * @param {{ width: number, height: number, bitrateKbps: number, isSimulcast: boolean }} picture
 *   `height` may be 0, if nobody knows.
 * @returns {RTCRtpEncodingParameters[]} The lowest layer first, as all browsers take them.
 */
export function toEncodings({ width, height, bitrateKbps, isSimulcast }) {
  const shorter = Math.min(width, height) || height;
  const layers = isSimulcast ? LAYERS.filter((layer) => isUseful(layer, shorter)) : [];
  if (layers.length < 2) return [{ maxBitrate: bitrateKbps * 1000 }];
  const shares = layers.reduce((total, { share }) => total + share, 0);
  return layers
    .map(({ rid, scaleResolutionDownBy, share }) => {
      const maxBitrate = Math.round((bitrateKbps * 1000 * share) / shares);
      return { rid, scaleResolutionDownBy, maxBitrate };
    })
    .reverse();
}

function isUseful({ scaleResolutionDownBy }, height) {
  return height === 0 || height / scaleResolutionDownBy >= LAYER_HEIGHT_MIN;
}

/**
 * The codecs with the wanted one first; the others stay, should the server not have it.
 *
 * @param {{ mimeType: string, sdpFmtpLine?: string }[]} codecs What the browser can send.
 * @param {string} wanted Such as `H264`.
 */
export function orderCodecs(codecs, wanted) {
  const rank = ({ mimeType, sdpFmtpLine = "" }) => {
    const name = nameOf(mimeType);
    if (AUXILIARY.includes(name.toLowerCase())) return 3;
    if (name.toUpperCase() !== wanted.toUpperCase()) return 2;
    // What nearly every receiver can decode, in the packets that every one can join.
    return sdpFmtpLine.includes("packetization-mode=0") ? 1 : 0;
  };
  return codecs.toSorted((one, other) => rank(one) - rank(other));
}

/**
 * Which codecs a person can choose from.
 *
 * @param {{ mimeType: string }[]} codecs
 * @returns {string[]}
 */
export function codecChoices(codecs) {
  const names = codecs.map(({ mimeType }) => nameOf(mimeType));
  const isMedia = (name) => !AUXILIARY.includes(name.toLowerCase());
  return [...new Set(names.filter(isMedia))].sort((one, other) => order(one) - order(other));
}

/** H.264 first: it goes to every other protocol as it is. */
const ORDER = ["H264", "H265", "AV1", "VP9", "VP8"];

function order(name) {
  const index = ORDER.indexOf(name);
  return index < 0 ? ORDER.length : index;
}

function nameOf(mimeType) {
  return mimeType.split("/")[1] ?? mimeType;
}
