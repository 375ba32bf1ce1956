/**
 * Opens many HTTP viewers from one process, reads what they are sent and throws it away. Prints the
 * bytes received in each second as a line.
 *
 * Runs on Bun. Usage: viewers.ts PORT PATH COUNT
 *
 * @module
 */

const [port = "8080", path = "/", count = "100"] = process.argv.slice(2);
const BATCH = 50;
let received = 0;
let connected = 0;

const socket = {
  open: (opened: Bun.Socket) => {
    connected += 1;
    opened.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  },
  data: (_: Bun.Socket, data: Uint8Array) => {
    received += data.length;
  },
  close: () => {
    connected -= 1;
  },
};
for (let opened = 0; opened < Number(count); opened += BATCH) {
  const batch = Array.from({ length: Math.min(BATCH, Number(count) - opened) }, () =>
    Bun.connect({ hostname: "127.0.0.1", port: Number(port), socket }),
  );
  await Promise.all(batch);
}
setInterval(() => {
  console.log(JSON.stringify({ connected, received }));
  received = 0;
}, 1_000);
