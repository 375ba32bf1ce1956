/**
 * Publishers and players of WebRTC in one page, by name; `rtc-page.ts` puts it there. A publisher's
 * picture is the clock of `clock-picture.ts`, so that a player of the same page knows its age.
 */

const WIDTH = 320;
const HEIGHT = 180;
const BLOCK_SIZE = 20;
const COLUMNS = 16;
const CLOCK_RANGE = 2 ** 24;

const peers = new Map();

function nowOnClock() {
  return Math.floor(performance.now()) % CLOCK_RANGE;
}

/** A camera that shows the time, and something that moves. */
function createClockCamera(rate) {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext("2d");
  const draw = () => {
    const time = nowOnClock();
    const check = ((time >> 16) ^ (time >> 8) ^ time ^ 0x5a) & 0xff;
    context.fillStyle = "#808080";
    context.fillRect(0, 0, WIDTH, HEIGHT);
    for (let i = 0; i < 32; i++) {
      const bit = i < 24 ? (time >> (23 - i)) & 1 : (check >> (31 - i)) & 1;
      context.fillStyle = bit === 1 ? "#fff" : "#000";
      const row = Math.floor(i / COLUMNS);
      context.fillRect((i % COLUMNS) * BLOCK_SIZE, row * BLOCK_SIZE, BLOCK_SIZE, BLOCK_SIZE);
    }
    context.fillStyle = `hsl(${time / 20} 80% 50%)`;
    context.fillRect((time / 10) % WIDTH, 60, 40, HEIGHT - 60);
  };
  draw();
  const timer = setInterval(draw, 1000 / rate);
  const stream = canvas.captureStream(rate);
  return { stream, stop: () => clearInterval(timer) };
}

/** Reads the clock. @returns Its age in milliseconds; `undefined` if it cannot be read. */
function readAge(video) {
  const canvas = new OffscreenCanvas(WIDTH, 2 * BLOCK_SIZE);
  const context = canvas.getContext("2d");
  const { videoWidth, videoHeight } = video;
  const height = (videoHeight * 2 * BLOCK_SIZE) / HEIGHT;
  context.drawImage(video, 0, 0, videoWidth, height, 0, 0, WIDTH, 2 * BLOCK_SIZE);
  const { data } = context.getImageData(0, 0, WIDTH, 2 * BLOCK_SIZE);
  const bits = Array.from({ length: 32 }, (_, i) => {
    const x = (i % COLUMNS) * BLOCK_SIZE + BLOCK_SIZE / 2;
    const y = Math.floor(i / COLUMNS) * BLOCK_SIZE + BLOCK_SIZE / 2;
    return data[4 * (y * WIDTH + x)] > 128 ? 1 : 0;
  });
  const toNumber = (part) => part.reduce((sum, bit) => 2 * sum + bit, 0);
  const time = toNumber(bits.slice(0, 24));
  const check = ((time >> 16) ^ (time >> 8) ^ time ^ 0x5a) & 0xff;
  if (check !== toNumber(bits.slice(24))) return undefined;
  return (nowOnClock() - time + CLOCK_RANGE) % CLOCK_RANGE;
}

class Peer {
  connection = new RTCPeerConnection();
  startedMs = performance.now();
  firstFrameMs = undefined;
  location = undefined;
  ages = [];
  stop = () => undefined;

  async publish({ codec, rids, rate = 25 }) {
    const camera = createClockCamera(rate);
    this.stop = camera.stop;
    const [track] = camera.stream.getVideoTracks();
    const sendEncodings = rids?.map((rid, index) => ({ rid, scaleResolutionDownBy: 2 ** index }));
    const options = { direction: "sendonly", streams: [camera.stream] };
    const video = this.connection.addTransceiver(track, {
      ...options,
      ...(sendEncodings === undefined ? {} : { sendEncodings }),
    });
    const { codecs } = RTCRtpSender.getCapabilities("video");
    const wanted = new RegExp(`/(${codec}|rtx)$`, "i");
    video.setCodecPreferences(codecs.filter(({ mimeType }) => wanted.test(mimeType)));
    // It beeps.
    const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
    this.connection.addTransceiver(microphone.getAudioTracks()[0], options);
  }

  play() {
    const video = document.createElement("video");
    video.autoplay = true;
    document.body.append(video);
    this.video = video;
    this.connection.addTransceiver("video", { direction: "recvonly" });
    this.connection.addTransceiver("audio", { direction: "recvonly" });
    this.connection.ontrack = ({ track }) => {
      video.srcObject ??= new MediaStream();
      video.srcObject.addTrack(track);
    };
    const seen = () => {
      this.firstFrameMs ??= performance.now() - this.startedMs;
      const age = readAge(video);
      if (age !== undefined) this.ages.push(age);
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
  }

  async connect(url, candidates) {
    await this.connection.setLocalDescription();
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/sdp" },
      body: this.connection.localDescription.sdp,
    });
    const text = await answer.text();
    if (answer.status !== 201) throw new Error(`${answer.status}: ${text}`);
    this.location = new URL(answer.headers.get("location"), url).href;
    const sdp = text
      .split("\r\n")
      .filter((line) => !line.startsWith("a=candidate:") || line.includes(candidates))
      .join("\r\n");
    await this.connection.setRemoteDescription({ type: "answer", sdp });
  }

  async figures() {
    const all = [...(await this.connection.getStats()).values()];
    const of = (type, kind) => all.filter((one) => one.type === type && one.kind === kind);
    const [picture = {}] = of("inbound-rtp", "video");
    const [sound = {}] = of("inbound-rtp", "audio");
    const sent = of("outbound-rtp", "video");
    const { selectedCandidatePairId } = all.find(({ type }) => type === "transport") ?? {};
    const pair = all.find(({ id }) => id === selectedCandidatePairId);
    const remote = all.find(({ id }) => id === pair?.remoteCandidateId);
    const sum = (name) => sent.reduce((total, one) => total + (one[name] ?? 0), 0);
    return {
      state: this.connection.connectionState,
      dtls: this.connection.getTransceivers()[0]?.receiver.transport?.state ?? "",
      firstFrameMs: this.firstFrameMs,
      decodedFrames: picture.framesDecoded ?? 0,
      keyFrames: picture.keyFramesDecoded ?? 0,
      freezes: picture.freezeCount ?? 0,
      frozenSeconds: picture.totalFreezesDuration ?? 0,
      lostPackets: picture.packetsLost ?? 0,
      nacks: picture.nackCount ?? 0,
      repaired: picture.retransmittedPacketsReceived ?? 0,
      requests: picture.pliCount ?? 0,
      width: picture.frameWidth ?? 0,
      soundPackets: sound.packetsReceived ?? 0,
      soundEnergy: sound.totalAudioEnergy ?? 0,
      ages: this.ages.slice(-50),
      sentFrames: sum("framesEncoded"),
      sentKeyFrames: sum("keyFramesEncoded"),
      sentRequests: sum("pliCount"),
      sentNacks: sum("nackCount"),
      sentAgain: sum("retransmittedPacketsSent"),
      transport: remote === undefined ? "" : `${remote.protocol} ${remote.address} ${remote.port}`,
    };
  }
}

globalThis.rtc = {
  /** @returns What the server has refused it with; `undefined` if it has not. */
  async start(name, role, options) {
    const peer = new Peer();
    peers.set(name, peer);
    try {
      await peer[role](options);
      await peer.connect(options.url, options.candidates ?? "");
    } catch (error) {
      return error.message;
    }
    return undefined;
  },
  figures: (name) => peers.get(name).figures(),
  location: (name) => peers.get(name).location,
  async stop(name) {
    const peer = peers.get(name);
    peer.stop();
    peer.connection.close();
    peers.delete(name);
    await fetch(peer.location, { method: "DELETE" });
  },
};
