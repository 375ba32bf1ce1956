/**
 * What a session answers, in the words and the order of SRS; and stages that have got so far.
 *
 * @module
 */

import { type Stage, setConnectedStage } from "./raw-peer.ts";

export const CONTROL: readonly string[] = [
  "csid=2 sid=0 type=5 002625a0",
  "csid=2 sid=0 type=6 002625a002",
  "csid=2 sid=0 type=1 0000ea60",
];
export const CONNECT_DATA: string =
  'ecma{version:"3,5,3,888",server:"Sluice",srs_sig:"Sluice",srs_server:"Sluice/1.2.3",' +
  'srs_version:"1.2.3",srs_server_ip:"127.0.0.1",srs_pid:4711,srs_id:"client01"}';
export const CONNECT_INFORMATION: string = `{level:"status",code:"NetConnection.Connect.Success",description:"Connection succeeded",objectEncoding:0,data:${CONNECT_DATA}}`;
export const CONNECT_RESULT: string = `csid=3 sid=0 _result 1 {fmsVer:"FMS/3,5,3,888",capabilities:127,mode:1} ${CONNECT_INFORMATION}`;
export const ON_BW_DONE: string = "csid=3 sid=0 onBWDone 0 null";
export const ON_FC_PUBLISH: string =
  'csid=5 sid=1 onFCPublish 0 null {code:"NetStream.Publish.Start",description:"Started publishing stream."}';
export const PUBLISH_START: string =
  'csid=5 sid=1 onStatus 0 null {level:"status",code:"NetStream.Publish.Start",description:"Started publishing stream.",clientid:"ASAICiss"}';
export const PLAY_START: readonly string[] = [
  "csid=2 sid=0 type=4 000000000001",
  'csid=5 sid=1 onStatus 0 null {level:"status",code:"NetStream.Play.Reset",description:"Playing and resetting stream.",details:"stream",clientid:"ASAICiss"}',
  'csid=5 sid=1 onStatus 0 null {level:"status",code:"NetStream.Play.Start",description:"Started playing stream.",details:"stream",clientid:"ASAICiss"}',
  // "|RtmpSampleAccess", true, true
  "csid=5 sid=1 type=18 0200117c52746d7053616d706c6541636365737301010101",
];

export function result(transactionId: number, value: string): string {
  return `csid=3 sid=0 _result ${transactionId} null ${value}`;
}

export async function publish(stream = "livestream"): Promise<Stage> {
  const stage = await setConnectedStage();
  await stage.peer.call("createStream", 2);
  await stage.peer.call("publish", 3, null, stream, "live");
  stage.handler.news();
  return stage;
}

export async function play(stream = "livestream"): Promise<Stage> {
  const stage = await setConnectedStage();
  await stage.peer.call("createStream", 2);
  await stage.peer.call("play", 0, null, stream);
  stage.handler.news();
  return stage;
}
