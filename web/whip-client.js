/**
 * Publishes a stream by WHIP.
 *
 * Spec: RFC 9725.
 *
 * @module
 */

import { orderCodecs, toEncodings } from "./encodings.js";
import { RtcClient } from "./rtc-client.js";

/**
 * @typedef {object} VideoSettings
 * @property {string} codec `H264`, `VP8` and the like.
 * @property {number} bitrateKbps
 * @property {boolean} isSimulcast
 */

/** Events: `state`. */
export class WhipClient extends RtcClient {
  #tracks;
  #video;
  /** Of the picture, when the session began: layers stay what they are. */
  #size = { width: 0, height: 0 };

  /**
   * @param {object} options
   * @param {string} options.endpoint
   * @param {string} [options.token]
   * @param {{ audio?: MediaStreamTrack, video?: MediaStreamTrack }} options.tracks
   * @param {VideoSettings} options.video
   */
  constructor({ tracks, video, ...options }) {
    super({ ...options, purpose: "publish" });
    this.#tracks = { ...tracks };
    this.#video = video;
  }

  /** Of which kinds there is a track. */
  get kinds() {
    return Object.keys(this.#tracks).filter((kind) => this.#tracks[kind]);
  }

  prepare(connection) {
    const { audio, video } = this.#tracks;
    // One stream for both says that they belong together.
    const streams = [new MediaStream([audio, video].filter(Boolean))];
    if (audio) connection.addTransceiver(audio, { direction: "sendonly", streams });
    if (!video) return;
    const { width = 0, height = 0 } = video.getSettings();
    this.#size = { width, height };
    const sendEncodings = toEncodings({ ...this.#size, ...this.#video });
    const init = { direction: "sendonly", streams, sendEncodings };
    const transceiver = connection.addTransceiver(video, init);
    const { codecs = [] } = globalThis.RTCRtpSender.getCapabilities?.("video") ?? {};
    if (codecs.length > 0)
      transceiver.setCodecPreferences?.(orderCodecs(codecs, this.#video.codec));
  }

  /**
   * Sends another track in place of the one of its kind, without a new session.
   *
   * @param {MediaStreamTrack} track
   * @returns {Promise<boolean>} Whether there was one of its kind.
   */
  async replaceTrack(track) {
    if (!this.#tracks[track.kind]) return false;
    this.#tracks[track.kind] = track;
    await this.#senderOf(track.kind)?.replaceTrack(track);
    return true;
  }

  /** @param {number} bitrateKbps Of the picture, all layers together. */
  async setBitrate(bitrateKbps) {
    this.#video = { ...this.#video, bitrateKbps };
    const sender = this.#senderOf("video");
    const parameters = sender?.getParameters();
    if (!parameters?.encodings?.length) return;
    const wanted = toEncodings({ ...this.#size, ...this.#video });
    for (const [index, encoding] of parameters.encodings.entries()) {
      encoding.maxBitrate = wanted[index]?.maxBitrate ?? encoding.maxBitrate;
    }
    await sender.setParameters(parameters);
  }

  #senderOf(kind) {
    const transceivers = this.connection?.getTransceivers() ?? [];
    // A sender without a track is still of the kind of its receiver.
    return transceivers.find(({ receiver }) => receiver.track.kind === kind)?.sender;
  }
}
