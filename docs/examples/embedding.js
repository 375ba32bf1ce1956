import { createServer } from "sluice";

const { RTMP_PORT = 1935, HTTP_PORT = 8080 } = process.env;

const server = await createServer({
  config: {
    listen: RTMP_PORT,
    http_server: { enabled: true, listen: HTTP_PORT },
    vhosts: { __defaultVhost__: { hls: { enabled: true } } },
  },
  // In place of on_publish: who has the key may publish.
  onPublish: ({ query }) => new URLSearchParams(query).get("key") === "secret",
  // In place of on_play, for every protocol; it may as well ask a database.
  onPlay: async ({ app, address }) =>
    app === "private"
      ? { refuse: `${address} has not paid`, as: "unauthorized" }
      : true,
});

await server.start();
console.log(`Publish to ${server.urls.publish}?key=secret`);
console.log(`Watch at ${server.urls.watch}`);

// The server has no signals of its own.
process.once("SIGINT", () => server.stop());

const types = ["stream.published", "stream.ready", "session.refused"];
for await (const event of server.events(types)) {
  console.log(event.type, `/${event.app}/${event.stream}`);
}

// The loop ends with the server, and nothing keeps the program running.
console.log("Stopped");
