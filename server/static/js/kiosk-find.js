// “您想办什么事？”: what is typed is looked up at once; a question goes to the assistant as well.

import { newKey, post } from "./api.js";

const WAIT_MS = 150;
let timer;
let asked = 0;
let conversation = null;
let first = null;

const found = () => document.getElementById("found");

async function show(query) {
  const mine = (asked += 1);
  const response = await fetch(`/kiosk/found?${new URLSearchParams(query)}`, { headers: { Accept: "text/html" } });
  const html = await response.text();
  if (mine === asked && response.ok && found()) found().innerHTML = html;
}

export function look(said) {
  clearTimeout(timer);
  first ??= found().innerHTML;
  timer = setTimeout(() => (said.trim() ? show({ q: said }).catch(() => {}) : again()), WAIT_MS);
}

// The field is empty again: what people often ask.
function again() {
  asked += 1;
  if (found()) found().innerHTML = first;
}

// Letters are looked up; words are also asked, and the guides that the assistant thinks of come first.
export async function ask(said) {
  clearTimeout(timer);
  if (!said.trim()) return;
  first ??= found().innerHTML;
  await show({ q: said });
  if (/^[\x00-\x7f]*$/.test(said)) return;
  const mine = asked;
  const answer = await post("/api/v1/chat", { key: newKey(), text: said, ...(conversation && { conversation }) });
  conversation = answer.conversation;
  const topics = answer.turns.flatMap((turn) => [...turn.topics, ...turn.candidates.map((one) => one.topic)]);
  if (mine === asked && topics.length) await show({ q: said, topics: [...new Set(topics)].slice(0, 3).join(",") });
}

export function forget() {
  clearTimeout(timer);
  asked += 1;
  conversation = null;
  first = null;
}
