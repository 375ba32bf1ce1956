/**
 * A business backend that lets everybody in, and takes its time: POSTs are answered after as many
 * milliseconds as the first argument says, on the port that the second one says.
 *
 * @module
 */

import { createServer } from "node:http";

const [delayMs = 0, port = 0] = process.argv.slice(2).map(Number);
let calls = 0;

const server = createServer((request, response) => {
  request.resume();
  if (request.method === "GET") {
    response.end(String(calls));
    return;
  }
  request.once("end", () => {
    calls += 1;
    setTimeout(() => response.end('{"code":0}'), delayMs);
  });
});
server.listen(port, "127.0.0.1");
