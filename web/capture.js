/**
 * Camera, microphone and screen.
 *
 * @module
 */

import { explainCapture } from "./rtc-error.js";

/**
 * @typedef {object} CaptureSettings
 * @property {string} [cameraId] `undefined`: no picture; empty: whichever.
 * @property {string} [microphoneId] Likewise, for the sound.
 * @property {number} [height]
 * @property {number} [frameRate]
 */

const ASPECT_RATIO = 16 / 9;

/**
 * @param {CaptureSettings} settings
 * @returns {Promise<MediaStream>}
 * @throws {import("./rtc-error.js").RtcError}
 */
export async function captureUser(settings) {
  const constraints = {
    video: settings.cameraId !== undefined && {
      ...deviceOf(settings.cameraId),
      ...pictureConstraints(settings),
    },
    audio: settings.microphoneId !== undefined && deviceOf(settings.microphoneId),
  };
  try {
    return await navigator.mediaDevices.getUserMedia(constraints);
  } catch (error) {
    throw explainCapture(error, { isSecure: isSecureContext });
  }
}

/**
 * @param {{ height?: number, frameRate?: number, hasSound: boolean }} settings
 * @returns {Promise<MediaStream>}
 * @throws {import("./rtc-error.js").RtcError}
 */
export async function captureScreen({ height, frameRate, hasSound }) {
  const video = { ...(height && { height: { max: height } }), ...(frameRate && { frameRate }) };
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video, audio: hasSound });
    // Text matters more than motion.
    for (const track of stream.getVideoTracks()) track.contentHint = "detail";
    return stream;
  } catch (error) {
    throw explainCapture(error, { isSecure: isSecureContext, isScreen: true });
  }
}

/** What a camera is asked for; it does what it can. */
export function pictureConstraints({ height, frameRate }) {
  return {
    ...(height && {
      width: { ideal: Math.round(height * ASPECT_RATIO) },
      height: { ideal: height },
    }),
    ...(frameRate && { frameRate: { ideal: frameRate } }),
  };
}

function deviceOf(id) {
  return id === "" ? {} : { deviceId: { exact: id } };
}

/**
 * The devices of one kind. Before a person has allowed them, they have no names.
 *
 * @param {"videoinput" | "audioinput"} kind
 */
export async function listDevices(kind) {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices.filter((device) => device.kind === kind && device.deviceId !== "");
}

/** Whether this browser can show a screen to others; telephones cannot. */
export function canCaptureScreen() {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}

/** Switches off what captured. */
export function release(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
