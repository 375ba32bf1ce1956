/**
 * A business backend for Sluice: says who may publish and watch, and hears of what happens.
 *
 * @module
 */

import { createServer, type Server } from "node:http";

/** What Sluice tells of a client; docs/hooks.md has all of it. */
export interface HookEvent {
  /** Such as `on_publish`. */
  readonly action: string;
  readonly client_id: string;
  readonly ip: string;
  readonly app: string;
  readonly stream?: string;
  /** The query of the stream's address, with its `?`. */
  readonly param?: string;
}

export interface Tokens {
  readonly publish: string;
  /** Empty: everybody may watch. */
  readonly play: string;
}

/** `code` 0 is a yes, any other a no. */
export interface HookAnswer {
  readonly code: number;
  readonly message?: string;
}

const YES: HookAnswer = { code: 0 };
const NO: HookAnswer = { code: 403, message: "The token is wrong" };
const BODY_SIZE_MAX = 64 * 1024;

/** Decides. What is not asked but told, such as `on_unpublish`, is only to be confirmed. */
export function decide({ action, param = "" }: HookEvent, tokens: Tokens): HookAnswer {
  const token = new URLSearchParams(param).get("token") ?? "";
  if (action === "on_publish") return token === tokens.publish ? YES : NO;
  if (action === "on_play") return tokens.play === "" || token === tokens.play ? YES : NO;
  return YES;
}

/** Answers each POST. `log` is given a line about it, without the token. */
export function createBackend(tokens: Tokens, log: (line: string) => void): Server {
  if (tokens.publish === "") throw new Error("PUBLISH_TOKEN is not set");
  return createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (piece: string) => {
      body += piece;
      if (body.length > BODY_SIZE_MAX) request.destroy();
    });
    request.on("end", () => {
      const event = parseEvent(body);
      if (event === undefined) {
        response.writeHead(400).end();
        return;
      }
      const answer = decide(event, tokens);
      const { action, app, stream = "", ip, client_id } = event;
      const verdict = answer.code === 0 ? "yes" : "no";
      log(JSON.stringify({ action, app, stream, ip, client: client_id, answer: verdict }));
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify(answer));
    });
  });
}

function parseEvent(body: string): HookEvent | undefined {
  try {
    const value = JSON.parse(body);
    return typeof value?.action === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
