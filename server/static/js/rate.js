// The rating pad: idle, asking once after a service, the reason if the visitor likes, thanks; then idle again.
// What was chosen and left alone is sent after a while, as the page says; what was not chosen is never sent.

import { newKey, post } from "./api.js";
import "./heartbeat.js";
import { listen, look, on } from "./live.js";

const byId = (id) => document.getElementById(id);
const RENEW_SECONDS = 20;
const SEND_AFTER_SECONDS = 20;
const THANKS_SECONDS = 5;
const MOST_TRIES = 3;
const counter = document.body.dataset.counter;
const form = byId("chosen");
const source = byId("invited");
let asked = null; // the invitation on the screen
let done = ""; // the leg that was rated or declined
let stars = 0;
let left = 0;
let tries = 0;
let key;

function go(name) {
  for (const part of document.querySelectorAll(".rate-part")) part.hidden = part.id !== name;
  byId(name).querySelector("[tabindex]")?.focus();
}

const shown = () => document.querySelector(".rate-part:not([hidden])").id;

// A visitor who has chosen is not disturbed by what happens at the counter meanwhile.
function invited() {
  const { leg, version, number, service } = source.firstElementChild.dataset;
  if (!["idle", "asking"].includes(shown())) return;
  if (!leg || leg === done) return go("idle");
  if (asked?.leg === leg && asked.version === version && shown() === "asking") return;
  asked = { leg, version };
  [byId("number").textContent, byId("service").textContent] = [number, service];
  go("asking");
}

function finish() {
  done = asked.leg;
  asked = null;
  form.reset();
  go("idle");
  look(source);
}

function choose(button) {
  stars = Number(button.dataset.level);
  byId("level").textContent = `您选了“${button.dataset.words}”`;
  for (const tags of form.querySelectorAll(".rate-tags")) tags.hidden = tags.dataset.kind === "good" ? stars < 3 : stars > 3;
  byId("error").hidden = true;
  [key, tries] = [newKey(), 0];
  wait();
  go("chosen");
}

function wait() {
  left = SEND_AFTER_SECONDS;
  byId("left").textContent = left;
}

async function send() {
  left = 0;
  const tags = [...form.querySelectorAll(".rate-tags:not([hidden]) input:checked")].map((box) => box.value);
  const body = { leg: Number(asked.leg), version: Number(asked.version), stars, tags, text: byId("text").value.trim() };
  try {
    await post(`/api/v1/counters/${counter}/rate`, body, key);
    thank("谢谢您的评价");
  } catch (refusal) {
    tries += 1;
    const isLost = refusal.status === 0 || refusal.status === 503;
    if (!isLost || tries >= MOST_TRIES) return thank(refusal.message);
    byId("error").textContent = "连不上服务器，过一会儿自动再试；也可以扫号票上的二维码评价。";
    byId("error").hidden = false;
    wait();
  }
}

function thank(words) {
  byId("said").textContent = words;
  go("thanks");
  setTimeout(finish, THANKS_SECONDS * 1000);
}

setInterval(() => {
  if (shown() !== "chosen" || left === 0) return;
  left -= 1;
  byId("left").textContent = left;
  if (left === 0) send();
}, 1000);

for (const button of document.querySelectorAll("[data-level]")) button.addEventListener("click", () => choose(button));
for (const kind of ["pointerdown", "keydown", "input"]) form.addEventListener(kind, () => left && wait());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (left) send();
});
byId("back").addEventListener("click", () => {
  form.reset();
  go("asking");
});
byId("decline").addEventListener("click", finish);
on("swapped", invited);
on("offline", () => (byId("link").hidden = false));
on("online", () => (byId("link").hidden = true));
setInterval(() => look(source), RENEW_SECONDS * 1000);
invited();
listen();
