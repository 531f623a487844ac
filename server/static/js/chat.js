// The chat page: says, shows each turn once by its number, and catches up after every gap.

import { get, newKey, post, toast } from "./api.js";
import { listen, on } from "./live.js";

const list = document.getElementById("chat");
const form = document.getElementById("chat-form");
const text = document.getElementById("chat-text");
const offline = document.querySelector(".chat-offline");
const STORE = "hall-chat";
const shown = new Set();
const mine = new Map();
let conversation = null;
let last = 0;
let waiting = Promise.resolve();

try {
  conversation = localStorage.getItem(STORE);
} catch {
  conversation = null;
}

function remember(answer) {
  if (answer.conversation !== conversation) {
    conversation = answer.conversation;
    try {
      localStorage.setItem(STORE, conversation);
    } catch {
      // a browser that keeps nothing still talks until it is closed
    }
  }
  follow(answer.topic);
}

let followed = "";
function follow(topic) {
  if (topic === followed) return;
  followed = topic;
  listen([topic]);
}

const make = (name, className = "", words = "") => {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (words) element.textContent = words;
  return element;
};

function place(element, seq) {
  element.dataset.seq = seq;
  const later = [...list.children].find((other) => other.dataset.seq && Number(other.dataset.seq) > seq);
  list.insertBefore(element, later || list.querySelector(".sending, .typing"));
  element.scrollIntoView({ block: element.offsetHeight > list.clientHeight ? "start" : "nearest" });
}

// Drawn, because not every machine has a font with these two.
const THUMBS = {
  "fb:up": "M9 14v13H4V14zM9 25l4 2h9l4-9v-4h-8l1-7c0-3-4-3-4 0l-6 8",
  "fb:down": "M9 18V5H4v13zM9 7l4-2h9l4 9v4h-8l1 7c0 3-4 3-4 0l-6-8",
};

function drawn(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ width: 20, height: 20, viewBox: "0 0 32 32", fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linejoin": "round", "aria-hidden": "true" })) svg.setAttribute(name, value);
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

function chip(button) {
  if (button.href) {
    const link = make("a", "chip", button.label);
    link.href = button.href;
    return link;
  }
  const isFeedback = button.choice.startsWith("fb:");
  const element = make("button", isFeedback ? "chip feedback" : "chip");
  const thumb = THUMBS[button.choice];
  if (thumb) element.append(drawn(thumb));
  element.append(button.label.replace(/^[👍👎]\s*/u, ""));
  element.type = "button";
  element.dataset.choice = button.choice;
  return element;
}

const LABEL = /^([^：]{2,14}(?:（[^）]*）)?)：/;

function line(words) {
  const item = make("li");
  const found = LABEL.exec(words);
  if (found) {
    item.append(make("b", "", `${found[1]}：`), words.slice(found[0].length));
  } else {
    item.textContent = words;
  }
  return item;
}

function section(part) {
  const box = make("section");
  box.append(make("h3", "", part.heading));
  if (part.lines.length === 1) {
    box.append(make("p", part.held ? "" : "missing", part.lines[0]));
    return box;
  }
  const items = make("ol", part.list ? "" : "plain");
  items.append(...part.lines.map(line));
  box.append(items);
  return box;
}

function card(part) {
  const box = make("section", "answer-card");
  box.append(make("span", "kind", part.kind), make("h2", "", part.title), ...part.sections.map(section));
  for (const words of part.caveats) box.append(make("p", "caveat", words));
  const basis = make("div", "basis");
  basis.append(...part.basis.map((words) => make("p", "", words)));
  box.append(basis);
  return box;
}

function bubble(turn) {
  const kind = turn.from === "bot" ? "bot" : turn.from === "system" ? "system" : "staff";
  const box = make("article", `bubble ${kind}`);
  const { parts } = turn;
  if (turn.name) box.append(make("p", "who", `工作人员 ${turn.name}`));
  if (parts.alarm) box.append(make("p", "alarm", parts.alarm));
  box.append(...parts.paragraphs.map((words) => make("p", "", words)), ...parts.cards.map(card));
  box.append(...parts.closing.map((words) => make("p", "", words)));
  if (parts.menu.length) {
    const menu = make("ol", "menu");
    for (const option of parts.menu) {
      const item = make("li");
      const button = make("button", "", option.label);
      button.type = "button";
      button.dataset.choice = option.choice;
      item.append(button);
      menu.append(item);
    }
    box.append(menu);
  }
  if (parts.buttons.length) {
    const chips = make("div", "chips");
    chips.append(...parts.buttons.map(chip));
    box.append(chips);
  }
  return box;
}

function show(answer) {
  remember(answer);
  for (const own of answer.said || []) showOwn(own);
  for (const turn of answer.turns) {
    if (shown.has(turn.seq)) continue;
    shown.add(turn.seq);
    place(bubble(turn), turn.seq);
  }
}

const labels = new Map();
function showOwn(own) {
  if (shown.has(own.seq)) return;
  shown.add(own.seq);
  const waitingBubble = mine.get(own.key);
  if (waitingBubble) {
    mine.delete(own.key);
    waitingBubble.remove();
    waitingBubble.classList.remove("sending");
    place(waitingBubble, own.seq);
  } else {
    place(make("article", "bubble you", own.text || labels.get(own.choice) || "（点选）"), own.seq);
  }
}

async function catchUp() {
  if (!conversation) return;
  try {
    const answer = await get(`/api/v1/chat/${encodeURIComponent(conversation)}?after=${last}`);
    for (const turn of answer.turns) for (const button of turn.buttons) labels.set(button.choice, button.label);
    show(answer);
    last = Math.max(last, answer.seq);
    offline.hidden = true;
  } catch (refusal) {
    if (refusal.status === 404) forget();
    else if (!refusal.status) offline.hidden = false;
  }
}

function forget() {
  conversation = null;
  last = 0;
  try {
    localStorage.removeItem(STORE);
  } catch {
    // nothing was kept
  }
}

async function deliver(body, element) {
  const typing = make("p", "typing", "正在查…");
  const soon = setTimeout(() => list.append(typing), 250);
  try {
    const answer = await persist({ ...body, ...(conversation ? { conversation } : {}) });
    remember(answer);
    offline.hidden = true;
  } catch (refusal) {
    mine.delete(body.key);
    element.classList.remove("sending");
    element.classList.add("failed");
    toast(refusal.message, true);
    if (body.text && !text.value) text.value = body.text;
  } finally {
    clearTimeout(soon);
    typing.remove();
  }
  await catchUp();
}

async function persist(body, tries = 4) {
  for (let wait = 1000; ; wait *= 2) {
    try {
      return await post("/api/v1/chat", body, body.key);
    } catch (refusal) {
      if (refusal.status || --tries === 0) throw refusal;
      offline.hidden = false;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

function say(body, words) {
  const element = make("article", "bubble you sending", words);
  body.key = newKey();
  mine.set(body.key, element);
  list.append(element);
  element.scrollIntoView({ block: "end" });
  waiting = waiting.then(() => deliver(body, element));
}

function send() {
  const words = text.value.trim();
  if (!words) return text.focus();
  text.value = "";
  grow();
  say({ text: words }, words);
}

function grow() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + 2}px`;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
text.addEventListener("input", grow);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  }
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-choice], [data-text]");
  if (!button) return;
  if (button.closest(".chips") && button.dataset.choice?.startsWith("fb:")) {
    for (const other of button.parentElement.querySelectorAll("[data-choice^='fb:']")) other.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", "true");
  }
  const label = button.textContent.trim();
  if (button.dataset.text) say({ text: button.dataset.text }, label);
  else {
    labels.set(button.dataset.choice, label);
    say({ choice: button.dataset.choice }, label);
  }
});
for (const button of document.querySelectorAll("[data-choice]")) labels.set(button.dataset.choice, button.textContent.trim());

on("look", () => (waiting = waiting.then(catchUp)));
on("online", () => (offline.hidden = true));
on("offline", () => (offline.hidden = false));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) waiting = waiting.then(catchUp);
});
window.addEventListener("online", () => (waiting = waiting.then(catchUp)));
waiting = catchUp();

// A slip's link, opened here: from now on this chat is told what happens to that number.
const linked = new URLSearchParams(location.search).get("ticket");
if (linked) {
  history.replaceState(null, "", "/");
  waiting = waiting.then(() => say({ choice: `link:${linked}` }, "快到时提醒我"));
}
