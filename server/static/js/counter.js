// The clerk's console. Buttons are what the server says may be done now; each says its key in data-key.

import { newKey, post, toast } from "./api.js";
import { now, paint, sync } from "./clock.js";
import { look, lookAll, on } from "./live.js";

const byId = (id) => document.getElementById(id);
const BEAT_SECONDS = 30;
const CHOICE_KEYS = "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ASKS = new Set(["park", "call", "cancel", "reclass", "restore", "pause"]);
const WORDS = {
  call_next: "已叫 {number}", recall: "已重呼 {number}", start: "{number} 开始办理", miss: "{number} 已记过号，30 分钟内可恢复",
  finish: "{number} 已办结", park: "{number} 已暂离", unpark: "{number} 已返回排队", restore: "{number} 已恢复排队", verify: "{number} 优先已核验",
  transfer: "{number} 已转到新业务", cancel: "{number} 已取消", reclass: "{number} 已改为普通号", undo: "{number} 已撤回", call: "已叫 {number}",
};
const counter = document.body.dataset.counter;
const part = byId("console");
const keys = new Map();
const ticks = new Map();
let isBusy = false;
let lookTimer;

const root = () => part.querySelector("[data-cursor]");
const isOpen = () => Boolean(document.querySelector("dialog[open]"));

// Nothing may be pressed while an act is on its way; what comes back has fresh buttons.
function freeze(isFrozen) {
  isBusy = isFrozen;
  part.setAttribute("aria-busy", String(isFrozen));
}

// One key for one press: after a lost connection the same press is sent again with the same key.
async function send(path, body, command) {
  if (isBusy) return null;
  freeze(true);
  const press = `${path} ${JSON.stringify(body)}`;
  if (!keys.has(press)) keys.set(press, newKey());
  try {
    const answer = await post(path, body, keys.get(press));
    keys.delete(press);
    told(command, answer);
    return answer;
  } catch (refusal) {
    if (refusal.status && refusal.status !== 503) keys.delete(press);
    toast(refusal.message + stands(refusal.detail?.leg), true);
    return null;
  } finally {
    await look(part);
    freeze(false);
  }
}

// A refusal brings the leg as it stands: another hand was quicker.
const stands = (leg) => (leg ? `（${leg.number} 现在：${leg.state_name}${leg.counter ? `，${leg.counter} 号窗口` : ""}）` : "");

function told(command, answer) {
  if (command === "call_next" && answer.leg === null) toast("现在没有人在等。来人取号后，“我的业务”里会显示人数。");
  else if (WORDS[command]) toast(WORDS[command].replace("{number}", answer.number));
}

const at = (command) => `/api/v1/counters/${counter}/${command}`;

function order(command, source, more = {}) {
  const body = { leg: Number(source.leg), version: Number(source.version), ...more };
  return send(at(command), body, command);
}

// What a command must be asked first: reasons from a template, targets from the server. 1–9 and then letters choose, Enter sends.
async function ask(title, note, fill) {
  const dialog = byId("ask");
  byId("ask-title").textContent = title;
  byId("ask-note").textContent = note;
  byId("ask-note").hidden = !note;
  await fill(byId("ask-options"));
  choices().slice(0, CHOICE_KEYS.length).forEach((field, index) => {
    const key = document.createElement("kbd");
    key.textContent = CHOICE_KEYS[index];
    field.after(key);
  });
  dialog.returnValue = "";
  dialog.showModal();
  byId("ask-options").querySelector("input:checked:not(:disabled), input:not(:disabled)")?.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "send" ? answers() : null), { once: true });
  });
}

const choices = () => [...byId("ask-options").querySelectorAll("input[type=radio]:not(:disabled)")];

function answers() {
  const said = {};
  for (const field of byId("ask-form").elements) {
    if (field.type === "radio" && field.checked) said[field.name] = field.value;
    if (field.type === "checkbox" && field.checked) said[field.name] = true;
  }
  return said;
}

function reasons(command) {
  const template = document.querySelector(`template[data-ask="${command}"]`);
  const line = root().dataset.line;
  const note = command === "park" && line ? `原来的位置会保留。这项业务现在${line}。` : "";
  return ask(template.dataset.title, note, async (box) => box.replaceChildren(template.content.cloneNode(true)));
}

function target() {
  return ask("转到哪个业务？", "号码不变，等候时间接着算。", async (box) => {
    try {
      const response = await fetch(`/counter/targets?from=${encodeURIComponent(root().dataset.service)}`);
      if (response.ok) box.innerHTML = await response.text();
      else throw new Error(response.statusText);
    } catch {
      box.innerHTML = "<p class='empty'>业务列表取不到，请返回后再按一次转窗。</p>";
    }
  });
}

async function more(command, source) {
  if (command === "transfer") return target();
  if (command === "undo") return source.state === "called" ? reasons("undo") : {};
  if (command === "finish") return { items: ticked("item") };
  return ASKS.has(command) ? reasons(command) : {};
}

async function press(command, source) {
  const seen = { ...source };
  const extra = await more(command, seen);
  if (!extra) return;
  const answer = await order(command, seen, extra);
  if (answer && command === "park") toast(`${answer.number} 已暂离；右侧“暂离”里可打印凭条。`);
}

async function own(command) {
  if (command === "call_next") return send(at("call-next"), {}, command);
  if (command === "close" && !window.confirm("确定签退吗？窗口会显示未开放。")) return null;
  const body = command === "pause" ? await reasons("pause") : {};
  if (!body) return null;
  const answer = await send(at(command), body, command);
  if (answer && command === "close") location.assign("/counter");
  return answer;
}

// Ticks and half-filled fields outlive the fragment that they stand in.
const ticked = (name) => [...part.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value);

function keepTicks() {
  const kept = ticks.get(root().dataset.leg) || {};
  for (const box of part.querySelectorAll("[name=item], [name=paper]")) box.checked = Boolean(kept[box.name]?.includes(box.value));
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[name=item], [name=paper]")) ticks.set(root().dataset.leg, { item: ticked("item"), paper: ticked("paper") });
});

let typed = null;
document.addEventListener("input", (event) => {
  const form = event.target.closest("#take");
  if (form) typed = Object.fromEntries(new FormData(form));
});

function keepTyped() {
  const form = byId("take");
  if (!form || !typed) return;
  for (const [name, value] of Object.entries(typed)) {
    const field = form.elements.namedItem(name);
    if (field) field.value = value;
  }
}

async function showSlip(token) {
  try {
    const response = await fetch(`/counter/slip/${encodeURIComponent(token)}`);
    if (!response.ok) throw new Error(response.statusText);
    byId("slip-body").innerHTML = await response.text();
    byId("slip").showModal();
  } catch {
    toast("凭条取不到，请再按一次。", true);
  }
}

document.addEventListener("done", (event) => {
  if (event.target.id !== "take") return;
  event.target.reset();
  typed = null;
  showSlip(event.detail.token);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (event.detail) button.blur(); // the next Enter or space is a shortcut again, not this button once more
  if (button.id === "ask-cancel") byId("ask").close("");
  else if (button.id === "slip-close") byId("slip").close();
  else if (button.id === "slip-print") window.print();
  else if (isBusy || isOpen()) return;
  else if (button.dataset.slip) showSlip(button.dataset.slip);
  else if (button.dataset.self) own(button.dataset.self);
  else if (button.dataset.command) press(button.dataset.command, button.dataset.leg ? button.dataset : root().dataset);
});

byId("ask-form").addEventListener("submit", (event) => {
  event.preventDefault();
  byId("ask").close("send");
});

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (byId("ask").open) chooseBy(event);
  else if (!isOpen()) pressBy(event);
});

function chooseBy(event) {
  const field = choices()[CHOICE_KEYS.indexOf(event.key.toUpperCase())];
  if (!field) return;
  event.preventDefault();
  field.checked = true;
  field.focus();
}

function pressBy(event) {
  const focused = document.activeElement;
  const isPressing = event.key === " " || event.key === "Enter";
  const isTick = focused.matches("input[type=checkbox]");
  if (isTick ? event.key === " " : focused.closest("input, select, textarea, [contenteditable]")) return;
  if (isPressing && focused.closest("button, a, summary")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const button = part.querySelector(`button[data-key="${CSS.escape(key)}"]:not(:disabled)`);
  if (!button || button.closest("[hidden]")) return;
  event.preventDefault();
  button.click();
}

// A recall or a miss becomes possible by time alone: look again then.
function waitForTime() {
  clearTimeout(lookTimer);
  const moments = root().dataset.wakes.split(",").map(Date.parse).filter((moment) => moment > now());
  const speed = Number(document.body.dataset.speed || 1);
  if (moments.length) lookTimer = setTimeout(() => look(part), (Math.min(...moments) - now()) / speed + 300);
}

const showOffline = (isOffline) => part.querySelector(".console-offline")?.toggleAttribute("hidden", !isOffline);
on("offline", () => showOffline(true));
on("online", () => {
  showOffline(false);
  lookAll();
});

on("swapped", () => {
  sync(root()?.dataset.at);
  keepTicks();
  keepTyped();
  paint();
  waitForTime();
});

const beat = () => root()?.dataset.signed && post(at("seen")).catch(() => {});
beat();
setInterval(beat, BEAT_SECONDS * 1000);
waitForTime();
freeze(false);
