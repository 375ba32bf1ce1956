/**
 * Starts the backend: `node main.ts`, with Node 22.18 or later, or `bun main.ts`.
 *
 * @module
 */

import { createBackend } from "./backend.ts";

const { PUBLISH_TOKEN = "", PLAY_TOKEN = "", PORT = "8085" } = process.env;
const tokens = { publish: PUBLISH_TOKEN, play: PLAY_TOKEN };
const server = createBackend(tokens, (line) => process.stdout.write(`${line}\n`));
server.listen(Number(PORT));
// As the first process of a container it is not ended by these by itself.
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(0));
