// A ticket on a phone: red with a buzz when called; others' moves are looked at now and then, not each at once.

import { newKey, post, toast } from "./api.js";
import "./forms.js";
import { listen, look, on } from "./live.js";

const BUZZ = [400, 200, 400, 200, 800];
const EASY_SECONDS = 4;
const part = document.getElementById("ticket");
const opened = new Set();
const rating = {};
let state = document.body.dataset.state;
let version = part.querySelector("[data-cursor]")?.dataset.cursor;
let later;
let rateKey = newKey();

function notice({ state: now, cursor, title }) {
  document.body.dataset.state = now;
  document.title = title;
  if (now === "called" && cursor !== version) navigator.vibrate?.(BUZZ); // called, and again at each recall
  version = cursor;
  state = now;
}

// What a visitor opened or chose survives a fresh fragment.
function keep() {
  const root = part.querySelector("[data-state]");
  if (root) notice(root.dataset);
  for (const papers of part.querySelectorAll("details")) if (opened.has(papers.id)) papers.open = true;
  const form = document.getElementById("rate");
  if (!form) return;
  for (const field of form.elements) {
    if (field.name === "level") field.checked = rating.level === field.value;
    if (field.name === "tag") field.checked = rating.tags?.includes(field.value) || false;
    if (field.name === "text") field.value = rating.text || "";
  }
  showTags(form);
}

function showTags(form) {
  const level = Number(form.elements.level.value || 0);
  for (const tags of form.querySelectorAll(".tags")) tags.hidden = !level || (tags.dataset.for === "good") !== level >= 3;
}

function read(form) {
  rating.level = form.elements.level.value;
  rating.tags = [...form.querySelectorAll(".tags:not([hidden]) [name=tag]:checked")].map((box) => box.value);
  rating.text = form.elements.text.value;
}

document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details")) opened[event.target.open ? "add" : "delete"](event.target.id);
}, true);

document.addEventListener("input", (event) => {
  const form = event.target.closest("#rate");
  if (!form) return;
  showTags(form);
  read(form);
});

document.addEventListener("submit", async (event) => {
  if (event.target.id !== "rate") return;
  event.preventDefault();
  event.stopImmediatePropagation();
  read(event.target);
  const { level, tags, text } = rating;
  try {
    await post(event.target.dataset.post, { stars: Number(level), tags, text }, rateKey);
    rateKey = newKey();
    toast("谢谢您的评价，我们会认真看。");
  } catch (refusal) {
    toast(refusal.message, true);
  }
  look(part);
}, true);

// What can't be taken back is asked first.
const ask = document.getElementById("ask");
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-ask]");
  if (!button) return;
  for (const name of ["title", "text", "yes"]) document.getElementById(`ask-${name}`).textContent = button.dataset[name];
  ask.dataset.address = button.dataset.ask;
  ask.showModal();
});
ask.addEventListener("close", async () => {
  if (ask.returnValue !== "yes") return;
  ask.returnValue = "";
  try {
    await post(ask.dataset.address);
  } catch (refusal) {
    toast(refusal.message, true);
  }
  look(part);
});

document.addEventListener("done", () => look(part));
on("swapped", keep);
on("look", (topic) => {
  if (!topic.startsWith("board:") || later || !["waiting", "missed", "parked"].includes(state)) return;
  later = setTimeout(() => {
    later = null;
    look(part);
  }, (0.5 + Math.random()) * EASY_SECONDS * 500);
});
on("offline", () => (document.querySelector(".phone-offline").hidden = false));
on("online", () => (document.querySelector(".phone-offline").hidden = true));
setInterval(() => !document.hidden && look(part), 60_000);
keep();
listen([`board:${document.body.dataset.hall}`]);
