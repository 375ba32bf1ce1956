/**
 * The console: reads the API every two seconds while somebody looks, and disconnects whom the operator
 * wants gone.
 *
 * @module
 */

import { ApiClient } from "./api-client.js";
import { explainProblem, UNEXPECTED } from "./api-problem.js";
import { sessionColumns, streamColumns } from "./columns.js";
import { ask } from "./dialog.js";
import { ListSection } from "./list-section.js";
import { showText } from "./list-table.js";
import { countSessions, toOverview } from "./overview.js";
import { Poller } from "./poller.js";
import { toSession } from "./session-view.js";
import { findPages, toStream } from "./stream-view.js";

const find = (id) => document.getElementById(id);

const client = new ApiClient(new URL(location.href), (...request) => fetch(...request));

/** Where the built-in pages are. */
let pages;

const sessions = new ListSection(find("sessions"), sessionColumns(disconnect), {
  sortKey: "age",
  isDescending: false,
});
const streams = new ListSection(
  find("streams"),
  streamColumns(
    () => pages,
    (name) => sessions.find(name),
  ),
  { sortKey: "name", isDescending: false },
);

function showPages(summary) {
  pages = findPages(summary.sluice?.pages, location);
  for (const link of document.querySelectorAll("[data-page]")) {
    link.hidden = pages === undefined;
    if (pages !== undefined) link.href = `${pages}${link.dataset.page}`;
  }
}

function show(read) {
  showPages(read.summary);
  for (const [name, text] of Object.entries(toOverview(read))) {
    showText(document.querySelector(`[data-figure="${name}"]`), text);
  }
  const sessionItems = read.clients.map(toSession);
  const total = countSessions(read.vhosts);
  const context = {
    isComplete: sessionItems.length >= total,
    sessions: new Map(sessionItems.map((session) => [session.id, session])),
    vhosts: new Map(read.vhosts.map(({ id, name }) => [id, name])),
  };
  streams.update(read.streams.map((stream) => toStream(stream, context)));
  sessions.update(sessionItems, total);
}

/** @param {import("./api-problem.js").Explanation} explanation @param {string} message */
function showProblem({ title, text, steps }, message) {
  const place = find("problem");
  if (!place.hidden && place.dataset.title === title) return; // It is being read.
  place.dataset.title = title;
  place.querySelector("h2").textContent = title;
  place.querySelector("p").textContent = text;
  const list = place.querySelector("ul");
  list.replaceChildren(...steps.map(toStep));
  list.hidden = steps.length === 0;
  const words = place.querySelector("small");
  words.textContent = message === "" ? "" : `The server says: ${message}`;
  place.hidden = false;
}

function toStep({ text, code }) {
  const item = document.createElement("li");
  item.append(text);
  if (code !== undefined) {
    const block = document.createElement("pre");
    block.append(Object.assign(document.createElement("code"), { textContent: code }));
    item.append(block);
  }
  return item;
}

/** @returns {Promise<boolean>} Whether to go on unasked. */
async function round() {
  try {
    show(await client.readAll());
  } catch (error) {
    const { status = UNEXPECTED, message } = error;
    const explanation = explainProblem({ status, message }, location);
    document.body.dataset.state = "problem";
    showProblem(explanation, message);
    showStatus();
    return explanation.isRetried;
  }
  find("problem").hidden = true;
  document.body.dataset.state = "live";
  document.body.dataset.read = "true";
  showStatus();
  return true;
}

const poller = new Poller(round, document);

function showStatus() {
  const { state } = document.body.dataset;
  const texts = { starting: "Reading …", live: "Live", problem: "Out of date" };
  showText(find("status"), poller.isPaused ? "Paused" : texts[state]);
  find("pause").setAttribute("aria-pressed", String(poller.isPaused));
}

async function disconnect({ id, role, protocol, stream, address, isPublishing }) {
  const more = isPublishing ? " The stream ends with it." : "";
  const question = `${address} ${role.toLowerCase()} ${stream} by ${protocol}.${more} It may come back.`;
  if (!(await ask(find("question"), question))) return;
  const outcome = find("outcome");
  outcome.textContent = "Disconnecting …";
  try {
    const isDone = await client.disconnect(id);
    outcome.textContent = isDone ? `Disconnected ${address}.` : `${address} had left already.`;
  } catch ({ status, message }) {
    const { title } = explainProblem({ status, message }, location);
    outcome.textContent = `Cannot disconnect ${address}: ${message || title}.`;
  }
  await poller.ask();
}

find("pause").addEventListener("click", () => {
  poller.isPaused = !poller.isPaused;
  showStatus();
});
find("again").addEventListener("click", () => poller.ask());
await poller.ask();
