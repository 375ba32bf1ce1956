/**
 * The least that any server must do: one send of the same bytes per viewer every 350 ms. What a real
 * server costs is given as a multiple of this.
 *
 * Runs on Bun. Usage: bare-loop.ts PORT BYTES_PER_SECOND
 *
 * @module
 */

const [port = "0", rate = "62500"] = process.argv.slice(2);
const PERIOD_MS = 350;
const block = new Uint8Array(Math.round((Number(rate) * PERIOD_MS) / 1_000));
const sockets = new Set<Bun.Socket>();

Bun.listen({
  hostname: "127.0.0.1",
  port: Number(port),
  socket: {
    data: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n\r\n");
      sockets.add(socket);
    },
    close: (socket) => void sockets.delete(socket),
  },
});
setInterval(() => {
  for (const socket of sockets) socket.write(block);
}, PERIOD_MS);
