"""A WebRTC peer that is no browser: publishes or plays with aiortc, and tells what came of it.

    rtc_peer.py publish|play URL FRAMES [CODEC]

Prints a line of JSON once so many pictures have come, or have been sent and reported on.
"""

import asyncio
import json
import sys
import urllib.request

import aioice.ice
from aiortc import RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

# It leaves out loopback addresses by itself.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


def post(url, offer):
    headers = {"Content-Type": "application/sdp"}
    request = urllib.request.Request(url, offer.encode(), headers, method="POST")
    with urllib.request.urlopen(request) as answer:
        return answer.headers["Location"], answer.read().decode()


async def connect(peer, url):
    await peer.setLocalDescription(await peer.createOffer())
    loop = asyncio.get_running_loop()
    _, answer = await loop.run_in_executor(None, post, url, peer.localDescription.sdp)
    await peer.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))


async def publish(url, frames, codec):
    peer = RTCPeerConnection()
    peer.addTransceiver(AudioStreamTrack(), direction="sendonly")
    video = peer.addTransceiver(VideoStreamTrack(), direction="sendonly")
    codecs = RTCRtpSender.getCapabilities("video").codecs
    video.setCodecPreferences([one for one in codecs if codec.lower() in one.mimeType.lower()])
    await connect(peer, url)
    sent = 0
    lost = 0
    while sent < frames:
        await asyncio.sleep(0.2)
        for report in (await peer.getStats()).values():
            if report.type == "outbound-rtp" and report.kind == "video":
                sent = report.packetsSent
            if report.type == "remote-inbound-rtp" and report.kind == "video":
                lost = report.packetsLost
    print(json.dumps({"state": peer.connectionState, "sent": sent, "lost": lost}), flush=True)
    await asyncio.sleep(30)


async def play(url, frames):
    peer = RTCPeerConnection()
    peer.addTransceiver("audio", direction="recvonly")
    peer.addTransceiver("video", direction="recvonly")
    times = []
    sounds = []
    done = asyncio.Event()

    async def receive(track):
        while not done.is_set():
            frame = await track.recv()
            (times if track.kind == "video" else sounds).append(frame.time)
            if len(times) >= frames:
                done.set()

    peer.on("track", lambda track: asyncio.ensure_future(receive(track)))
    await connect(peer, url)
    await done.wait()
    steps = [after - before for before, after in zip(times, times[1:])]
    figures = {
        "state": peer.connectionState,
        "frames": len(times),
        "sounds": len(sounds),
        "smallestStep": min(steps),
        "seconds": times[-1] - times[0],
    }
    print(json.dumps(figures), flush=True)
    await peer.close()


role, url, frames, *codec = sys.argv[1:]
if role == "publish":
    asyncio.run(publish(url, int(frames), *(codec or ["H264"])))
else:
    asyncio.run(play(url, int(frames)))
