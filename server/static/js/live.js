// Keeps parts of a page fresh. <section data-topic="board:1" data-src="/kiosk/tiles"> is fetched again when its topic
// is hinted, when the page is shown again, and when the ping's cursor differs from data-cursor.
// A stream on which no ping comes any more is dead, whatever the network says, and is opened anew.
// A page that must keep its stream while hidden (screen, kiosk, panel, console) has <body data-keep>.

const parts = () => [...document.querySelectorAll("[data-topic][data-src]")];
const listeners = new Map();
const underway = new WeakMap();
const following = new WeakMap();
const PATIENCE_SECONDS = 15;
const LONGEST_PRESS_MS = 1000;
const PINGS_MISSED = 2.5;
let source;
let silentAfter = 90_000; // until the first ping has said how often they come
let heardAt = 0;
let lastCall = null;
let extraTopics = [];

export function on(event, listener) {
  listeners.set(event, [...(listeners.get(event) || []), listener]);
}

function tell(event, data) {
  for (const listener of listeners.get(event) || []) listener(data);
}

// Resolves when the part shows what the server had after this call: a look already under way may be older than that.
export function look(part) {
  if (!underway.has(part)) {
    underway.set(part, renew(part).finally(() => underway.delete(part)));
    return underway.get(part);
  }
  if (!following.has(part)) following.set(part, underway.get(part).then(() => following.delete(part) && look(part)));
  return following.get(part);
}

async function renew(part) {
  try {
    const response = await fetch(part.dataset.src, {
      headers: { Accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE_SECONDS * 1000),
    });
    if (response.redirected || response.status === 401) location.reload(); // no longer signed in
    else if (response.ok) {
      const html = await response.text();
      await released(part);
      swap(part, html);
    }
  } catch {
    tell("offline");
  }
}

// A press that began on a button must end on it: the part is not replaced under a finger.
const released = (part) => new Promise((resolve) => {
  if (!part.matches(":active")) return resolve();
  for (const kind of ["pointerup", "pointercancel", "keyup"]) addEventListener(kind, () => setTimeout(resolve), { once: true });
  return setTimeout(resolve, LONGEST_PRESS_MS);
});

function swap(part, html) {
  if (part.dataset.html === html) return;
  const focused = part.contains(document.activeElement) ? document.activeElement.id : null;
  part.innerHTML = html;
  part.dataset.html = html;
  const cursor = part.querySelector("[data-cursor]");
  if (cursor) part.dataset.cursor = cursor.dataset.cursor;
  if (focused) document.getElementById(focused)?.focus();
  tell("swapped", part);
}

export function lookAll() {
  parts().forEach(look);
}

function looked(event) {
  const { topic } = JSON.parse(event.data);
  for (const part of parts()) if (topic === "all" || part.dataset.topic.split(",").includes(topic)) look(part);
  tell("look", topic);
}

function pinged(event) {
  const { cursor, at, seconds } = JSON.parse(event.data);
  heardAt = performance.now();
  silentAfter = seconds * PINGS_MISSED * 1000 + PATIENCE_SECONDS * 1000;
  tell("time", at);
  for (const part of parts()) {
    const now = cursor[part.dataset.topic];
    const renewed = part.querySelector("[data-renew]")?.dataset.renew; // what is shown runs out by the clock alone
    if (renewed && Date.parse(at) >= Date.parse(renewed)) look(part);
    else if (now !== undefined && part.dataset.cursor && String(now) !== part.dataset.cursor) look(part);
  }
  tell("ping", cursor);
}

export function listen(topics = extraTopics) {
  extraTopics = topics;
  source?.close();
  const wanted = [...new Set([...topics, ...parts().flatMap((part) => part.dataset.topic.split(","))])];
  if (!wanted.length) return;
  const after = lastCall === null ? "" : `&after=${lastCall}`;
  source = new EventSource(`/api/v1/live?topics=${encodeURIComponent(wanted.join(","))}${after}`);
  source.addEventListener("look", looked);
  source.addEventListener("ping", pinged);
  source.addEventListener("call", (event) => {
    const number = Number(event.lastEventId);
    if (lastCall !== null && number <= lastCall) return;
    lastCall = number;
    tell("call", { number, ...JSON.parse(event.data) });
  });
  heardAt = performance.now();
  source.onopen = () => {
    heardAt = performance.now();
    document.body.dataset.live = "";
    tell("online");
  };
  source.onerror = () => {
    delete document.body.dataset.live;
    tell("offline");
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(), 2000 + Math.random() * 2000);
  };
}

setInterval(() => {
  const isMeantOpen = source && (!document.hidden || document.body.dataset.keep !== undefined);
  if (!isMeantOpen || performance.now() - heardAt < silentAfter) return;
  tell("offline");
  listen();
}, 5000);

export function startAfterCall(number) {
  lastCall = number;
}

document.addEventListener("visibilitychange", () => {
  if (document.body.dataset.keep !== undefined) return;
  if (document.hidden) {
    source?.close();
  } else {
    lookAll();
    listen();
  }
});
