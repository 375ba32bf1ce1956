/**
 * The columns of the console's tables.
 *
 * @module
 */

import { childOf, showText } from "./list-table.js";
import { playAddress } from "./stream-view.js";
import { UNKNOWN } from "./units.js";

/** A column of texts. */
function text(key, title, more = {}) {
  const show = (cell, { texts }) => {
    showText(cell, texts[key]);
    cell.classList.toggle("unknown", texts[key] === UNKNOWN);
  };
  return { key, title, ...more, show };
}

const number = (key, title, explanation) => text(key, title, { isNumber: true, explanation });

const OVER_30_S = "Over the last 30 seconds";

/** The state of a stream beside its name, which is a link where there is a page that plays it. */
function showStream(cell, { name, isActive, address }, pages) {
  const isLink = isActive && pages !== undefined;
  const element = childOf(cell, isLink ? "a" : "span");
  showText(element, name);
  if (!isLink) return;
  element.target = "_blank";
  element.rel = "noopener";
  element.title = `Watch ${name}`;
  const href = playAddress(pages, address);
  if (element.href !== href) element.href = href;
}

/**
 * @param {() => string | undefined} pages Where the built-in pages are.
 * @param {(name: string) => void} findSessions Shows those of a stream.
 */
export function streamColumns(pages, findSessions) {
  return [
    {
      key: "name",
      title: "Stream",
      show: (cell, item) => showStream(cell, item, pages()),
    },
    {
      ...text("publisher", "Publisher", { explanation: "By which protocol it comes" }),
      show: (cell, { texts, isActive }) => {
        showText(childOf(cell, "span"), texts.publisher);
        cell.firstElementChild.className = isActive ? "live" : "quiet";
      },
    },
    {
      ...text("codecs", "Codecs"),
      show: (cell, { texts, codecDetails }) => {
        showText(cell, texts.codecs);
        cell.title = codecDetails;
      },
    },
    number("size", "Size"),
    {
      ...number("clients", "Sessions", "Its publisher and those who wait included"),
      show: (cell, { texts, name }) => {
        const button = childOf(cell, "button");
        button.type = "button";
        button.className = "plain";
        button.ariaLabel = `${texts.clients} sessions of ${name}: show them`;
        button.onclick = () => findSessions(name);
        showText(button, texts.clients);
      },
    },
    number("received", "In", OVER_30_S),
    number("sent", "Out", OVER_30_S),
    number("age", "On air"),
  ];
}

/** @param {(session: any) => void} disconnect */
export function sessionColumns(disconnect) {
  return [
    { key: "stream", title: "Stream", show: (cell, { stream }) => showText(cell, stream) },
    {
      key: "session",
      title: "Session",
      show: (cell, { role, protocol, type, isPublishing }) => {
        const label = childOf(cell, "span");
        showText(label, `${role} · ${protocol}`);
        label.className = isPublishing ? "live" : "";
        cell.title = type;
      },
    },
    { key: "address", title: "Address", show: (cell, { address }) => showText(cell, address) },
    number("age", "Age"),
    number("received", "In", `From the client, ${OVER_30_S.toLowerCase()}`),
    number("sent", "Out", `To the client, ${OVER_30_S.toLowerCase()}`),
    number("lag", "Behind", "How much waits to be sent to a player"),
    number("roundTrip", "Round trip", "Of WebRTC"),
    number("loss", "Loss", "Packets of WebRTC, of the latest report"),
    {
      key: "",
      title: "",
      show: (cell, session) => {
        const button = childOf(cell, "button");
        button.type = "button";
        button.className = "small";
        button.ariaLabel = `Disconnect ${session.address}, ${session.stream}`;
        button.onclick = () => disconnect(session);
        showText(button, "Disconnect");
      },
    },
  ];
}
