/**
 * Goal: pages of other origins get from Sluice what they get from SRS.
 *
 * Method: the answers that SRS 7 was seen to give to OPTIONS and GET with an Origin.
 */

import { describe, expect, test } from "vitest";
import { TAKEN_OVER } from "../../../src/protocols/http/handler.ts";
import { addFields, answerOptions, corsFields } from "../../../src/servers/http/cors.ts";
import { createRequest, get } from "../../support/http-text.ts";

// As SRS sends them, in its order.
const SRS_NAMES = [
  "Access-Control-Allow-Origin",
  "Access-Control-Allow-Headers",
  "Access-Control-Allow-Methods",
  "Access-Control-Expose-Headers",
  "Access-Control-Allow-Credentials",
  "Access-Control-Request-Private-Network",
];

const ORIGIN = "Origin: http://x.com\r\n";

function options(fields: string): string {
  return `OPTIONS /live/livestream.flv HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
}

describe("corsFields()", () => {
  test("are those of SRS for another origin", () => {
    const fields = [...corsFields(createRequest(get("/", ORIGIN)))];
    expect(fields.map(([name]) => name)).toEqual([...SRS_NAMES, "Vary"]);
    expect(Object.fromEntries(fields)).toMatchObject({
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Allow-Headers": "*, Authorization",
      "Access-Control-Allow-Methods": "*",
      "Access-Control-Expose-Headers": "*",
      "Access-Control-Allow-Credentials": "false",
    });
  });

  test("without an origin only warn caches that there are other answers", () => {
    expect(corsFields(createRequest(get("/")))).toEqual([["Vary", "Origin"]]);
  });
});

describe("answerOptions()", () => {
  test("answers 200 without a body, and leaves the fields to whoever adds them to all", () => {
    const request = createRequest(options(`${ORIGIN}Access-Control-Request-Method: POST\r\n`));
    expect(answerOptions(request, true)).toEqual({ status: 200, fields: [] });
  });

  test("lets pages of public sites reach a private network if they ask", () => {
    const request = createRequest(
      options(`${ORIGIN}Access-Control-Request-Private-Network: true\r\n`),
    );
    expect(answerOptions(request, true)?.fields).toContainEqual([
      "Access-Control-Allow-Private-Network",
      "true",
    ]);
  });

  test("answers 405 if other origins may not", () => {
    expect(answerOptions(createRequest(options(ORIGIN)), false)?.status).toBe(405);
  });

  test("leaves other methods alone", () => {
    expect(answerOptions(createRequest(get("/", ORIGIN)), true)).toBeUndefined();
    expect(answerOptions(createRequest(get("/", ORIGIN)), false)).toBeUndefined();
  });
});

describe("addFields()", () => {
  test("adds to answers of each kind", async () => {
    expect(addFields({ status: 200, fields: [["A", "1"]], body: "x" }, [["B", "2"]])).toEqual({
      status: 200,
      fields: [
        ["A", "1"],
        ["B", "2"],
      ],
      body: "x",
    });
    const web = addFields(new Response("x", { status: 201, headers: { A: "1" } }), [["B", "2"]]);
    expect(web).toBeInstanceOf(Response);
    expect([...(web as Response).headers]).toEqual(
      expect.arrayContaining([
        ["a", "1"],
        ["b", "2"],
      ]),
    );
    expect((web as Response).status).toBe(201);
    expect(await (web as Response).text()).toBe("x");
    expect(addFields(TAKEN_OVER, [["B", "2"]])).toBe(TAKEN_OVER);
  });
});
