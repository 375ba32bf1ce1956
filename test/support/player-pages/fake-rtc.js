/**
 * A server of WHIP and WHEP inside the page: it answers what the page fetches below `/rtc/v1/` with
 * peers of its own, so that media goes from the browser to itself. To be run before the page's scripts.
 *
 * What it is told: `fakeRtc.refusal`, a status and body for the next offers; `fakeRtc.isBlocked`, that
 * no media gets through; `fakeRtc.addPublisher()` and `fakeRtc.removePublisher()`.
 * What it tells: `fakeRtc.requests`.
 */

globalThis.fakeRtc = (() => {
  const publishers = new Map();
  const sessions = new Map();
  const requests = [];
  const realFetch = globalThis.fetch.bind(globalThis);
  const fake = {
    ...{ publishers, sessions, requests, addPublisher, removePublisher },
    ...{ refusal: undefined, isBlocked: false },
  };
  let count = 0;

  globalThis.fetch = async (input, init = {}) => {
    const url = new URL(input, location.href);
    if (!url.pathname.startsWith("/rtc/v1/")) return realFetch(input, init);
    const { method = "GET", headers = {}, body } = init;
    requests.push({ method, path: url.pathname + url.search, headers, body });
    if (url.pathname === "/rtc/v1/streams/") return list(url);
    if (method === "POST") return offer(url, body);
    const session = sessions.get(url.pathname + url.search);
    if (session === undefined) return new Response("", { status: 404 });
    if (method === "PATCH") return restart(session, headers, body);
    session.end();
    return new Response("", { status: 200 });
  };

  function list(url) {
    const app = url.searchParams.get("app");
    const streams = [...publishers.keys()]
      .map((key) => ({ app: key.slice(0, key.lastIndexOf("/")), stream: key.split("/").at(-1) }))
      .filter((stream) => stream.app === app);
    return Response.json({ code: 0, streams });
  }

  async function offer(url, offered) {
    if (fake.refusal !== undefined) {
      return new Response(fake.refusal.body, { status: fake.refusal.status });
    }
    const key = `${url.searchParams.get("app")}/${url.searchParams.get("stream")}`;
    const isPublisher = url.pathname.includes("whip");
    if (isPublisher && publishers.has(key)) {
      return Response.json({ code: 1028, error: { message: `${key} is busy` } }, { status: 409 });
    }
    if (!isPublisher && !publishers.has(key)) return new Response("", { status: 404 });
    count++;
    const location = `${url.pathname}?session=${count}`;
    const connection = new RTCPeerConnection();
    const session = { connection, offer: offered };
    session.end = () => {
      connection.close();
      sessions.delete(location);
      if (publishers.get(key)?.session === session) publishers.delete(key);
    };
    sessions.set(location, session);
    if (isPublisher) receive(connection, { key, session });
    await connection.setRemoteDescription({ type: "offer", sdp: offered });
    if (!isPublisher) send(connection, publishers.get(key).stream);
    const headers = { Location: location, ETag: `"${count}"`, "Content-Type": "application/sdp" };
    const sdp = await answer(connection);
    // With another password, none of the browser's checks is answered.
    const body = fake.isBlocked
      ? sdp.replace(/^a=ice-pwd:.*$/gm, `a=ice-pwd:${"x".repeat(24)}`)
      : sdp;
    return new Response(body, { status: 201, headers });
  }

  function receive(connection, { key, session }) {
    const stream = new MediaStream();
    connection.addEventListener("track", ({ track }) => stream.addTrack(track));
    publishers.set(key, { stream, session });
  }

  function send(connection, stream) {
    for (const transceiver of connection.getTransceivers()) {
      const { kind } = transceiver.receiver.track;
      const track = stream.getTracks().find((one) => one.kind === kind);
      if (track === undefined) continue;
      transceiver.direction = "sendonly";
      transceiver.sender.replaceTrack(track);
    }
  }

  async function answer(connection) {
    await connection.setLocalDescription(await connection.createAnswer());
    while (connection.iceGatheringState !== "complete") {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return connection.localDescription.sdp;
  }

  async function restart(session, headers, fragment) {
    if (headers["If-Match"] !== "*") return new Response(null, { status: 204 });
    const { toFragment, withNewIce } = await import("/sdp-fragment.js");
    const { connection } = session;
    await connection.setRemoteDescription({
      type: "offer",
      sdp: withNewIce(session.offer, fragment),
    });
    return new Response(toFragment(await answer(connection)), { status: 200 });
  }

  /** Somebody else, whose picture is a moving bar. */
  function addPublisher(key, hue = 200) {
    const canvas = document.createElement("canvas");
    canvas.width = 640;
    canvas.height = 360;
    const context = canvas.getContext("2d");
    let frame = 0;
    const timer = setInterval(() => {
      frame++;
      context.fillStyle = `hsl(${hue} 60% 35%)`;
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.fillStyle = "#fff";
      context.fillRect((frame * 8) % canvas.width, 0, 24, canvas.height);
    }, 40);
    const stream = canvas.captureStream(25);
    const sound = new AudioContext();
    const output = sound.createMediaStreamDestination();
    const tone = sound.createOscillator();
    tone.connect(output);
    tone.start();
    stream.addTrack(output.stream.getAudioTracks()[0]);
    publishers.set(key, { stream, stop: () => clearInterval(timer) });
  }

  function removePublisher(key) {
    publishers.get(key)?.stop?.();
    publishers.delete(key);
  }

  return fake;
})();
