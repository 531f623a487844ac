// The kiosk: start page → short form → number. One page that never reloads; a network failure never takes twice.

import { newKey, post, Refusal, toast } from "./api.js";
import { paint, told } from "./clock.js";
import * as blocks from "./kiosk-blocks.js";
import * as finding from "./kiosk-find.js";
import { press } from "./kiosk-keys.js";
import { byBrowser, print } from "./kiosk-print.js";
import { onScan } from "./kiosk-scan.js";
import { listen, lookAll, on } from "./live.js";
import { say, silence } from "./voice.js";

const byId = (id) => document.getElementById(id);
const IDLE = { start: 60, form: 60, find: 90, done: 20 };
const TOLD_SECONDS = 30;
const ELDER_CHOICES = 5;
const BEAT_SECONDS = 30;
const RETRY_SECONDS = 4;
const elder = { on: false, page: 0 };
let group = null;
let stage = "start";
let idleSince = performance.now();
let take = null;
let isOffline = false;
let beaten = 0;

function show(name, content = "") {
  finding.forget();
  stage = name;
  idleSince = performance.now();
  const step = byId("step");
  if (byId("matter").open) byId("matter").close();
  byId("start").hidden = name !== "start";
  step.hidden = name === "start";
  if (typeof content === "string") step.innerHTML = content;
  else step.replaceChildren(content.content.cloneNode(true));
  document.body.dataset.stage = name;
  if (name !== "start") step.focus();
  speak(step.querySelector("[data-say]")?.dataset.say);
  window.scrollTo(0, 0);
}

function speak(words) {
  if (elder.on && words) say(words);
}

function home() {
  take = null;
  group = null;
  silence();
  setElder(false);
  show("start");
  arrange();
}

// Which tiles are seen: all, or domains first and then those of one; five at a time for elders.
function arrange() {
  const tiles = [...document.querySelectorAll("#tiles .tile")];
  const grouped = tiles.some((tile) => tile.dataset.group);
  const seen = tiles.filter((tile) => {
    if (!grouped) return true;
    return group === null ? tile.dataset.group : (tile.dataset.groups || "").split(" ").includes(group);
  });
  const size = elder.on ? ELDER_CHOICES : 12;
  const pages = Math.max(1, Math.ceil(seen.length / size));
  elder.page = Math.min(elder.page, pages - 1);
  const shown = new Set(seen.slice(elder.page * size, (elder.page + 1) * size));
  for (const tile of tiles) tile.hidden = !shown.has(tile);
  byId("more").hidden = pages < 2 && group === null;
  byId("page").textContent = pages > 1 ? `第 ${elder.page + 1} 页，共 ${pages} 页` : "";
  byId("previous").textContent = elder.page === 0 && group !== null ? "返回" : "上一页";
  byId("previous").disabled = elder.page === 0 && group === null;
  byId("following").disabled = elder.page === pages - 1;
}

function setElder(wanted) {
  elder.on = wanted;
  elder.page = 0;
  document.documentElement.classList.toggle("elder", wanted);
  byId("elder").setAttribute("aria-pressed", String(wanted));
  byId("elder").querySelector("span").textContent = wanted ? "退出长辈模式" : "长辈模式";
  arrange();
}

async function page(path) {
  const response = await fetch(path, { headers: { Accept: "application/json" } }); // so that a refusal comes as data
  if (response.status === 401) location.reload();
  if (!response.ok) throw new Refusal(response.status, (await response.json()).error);
  return response.text();
}

async function choose(button) {
  const { service, reason } = button.dataset;
  if (reason) return speak(reason);
  if (isOffline) return offlineForm(service);
  try {
    show("form", await page(`/kiosk/service/${encodeURIComponent(service)}`));
    take = { key: newKey(), service };
    turnMatters(0);
  } catch (refusal) {
    lost(refusal);
  }
}

// A fragment did not come: the server is gone, or says why.
function lost(refusal) {
  if (refusal.status) return toast(refusal.message, true);
  return offline();
}

async function send(form) {
  const button = form.querySelector(".take");
  if (button.disabled || !take) return;
  button.disabled = true;
  const body = { service: take.service };
  if (form.elements.priority?.value) body.priority = form.elements.priority.value;
  if (form.elements.phone.value) body.phone = form.elements.phone.value;
  try {
    const ticket = await post("/api/v1/tickets", body, take.key);
    take = null;
    await done(ticket.token);
  } catch (refusal) {
    if (refusal.status && refusal.status !== 503 && take) take.key = newKey();
    complain(byId("take-error"), refusal.message);
    button.disabled = false;
  }
}

function complain(line, words) {
  if (!line) return;
  line.textContent = words;
  line.hidden = false;
  line.scrollIntoView({ block: "nearest" });
  speak(words);
}

async function done(token, again = false) {
  show("done", await page(`/kiosk/ticket/${encodeURIComponent(token)}${again ? "?again=1" : ""}`));
  print(token, again);
}

// A form with a code: ask the house, and show the ticket that it means.
async function exchange(form, path, body, again) {
  const line = form.querySelector(".error");
  line.hidden = true;
  try {
    const ticket = await post(path, body);
    await done(ticket.token, again);
    byId("done-note").hidden = !ticket.message;
    byId("done-note").textContent = ticket.message || "";
    speak(ticket.message);
  } catch (refusal) {
    complain(line, refusal.message);
  }
}

const checkIn = (form, code) => exchange(form, `/api/v1/appointments/${encodeURIComponent(code.trim())}/check-in`, {}, false);

async function scanned({ kind, code }) {
  if (isOffline) return;
  try {
    if (kind === "ticket") return await done(code, true);
  } catch (refusal) {
    return lost(refusal);
  }
  if (kind !== "appointment" || document.body.dataset.checkIn === undefined) return;
  show("find", byId("check-in-page"));
  byId("code").value = code;
  await checkIn(byId("check-in-form"), code);
}

function offlineForm(service) {
  const name = byId(`tile-${service}`)?.querySelector(".tile-name").textContent || "";
  if (!blocks.has(service)) return;
  show("form", byId("offline-page"));
  byId("step").querySelector("h1").textContent = name;
  take = { service, name };
}

function issueOffline() {
  const ticket = take && blocks.issue(take.service, take.name);
  take = null;
  if (!ticket) return home();
  show("done", byId("offline-done"));
  const at = Date.parse(ticket.at);
  const shown = { ...ticket, at: `${told("day", at)} ${told("time", at)} 取号` };
  for (const place of document.querySelectorAll("[data-shows]")) place.textContent = shown[place.dataset.shows];
  byBrowser();
}

// Elders and long lists: a few matters at a time.
function turnMatters(by) {
  const list = document.querySelector(".matters");
  if (!list) return;
  const rows = [...list.querySelectorAll("li")];
  const size = elder.on ? ELDER_CHOICES - 1 : Number(list.dataset.pages);
  const pages = Math.ceil(rows.length / size);
  const at = (Number(list.dataset.at || 0) + by + pages) % pages;
  list.dataset.at = at;
  rows.forEach((row, place) => (row.hidden = Math.floor(place / size) !== at));
  const line = list.querySelector(".matters-more");
  if (line) line.querySelector("span").textContent = `第 ${at + 1} 页，共 ${pages} 页`;
}

async function openMatter(code) {
  try {
    byId("matter").innerHTML = await page(`/kiosk/matter/${encodeURIComponent(code)}`);
    byId("matter").showModal();
  } catch (refusal) {
    lost(refusal);
  }
}

function turn(by) {
  if (by < 0 && elder.page === 0) group = null;
  else elder.page += by;
  arrange();
}

const acts = {
  elder: () => {
    setElder(!elder.on);
    speak("已打开长辈模式，请选择您要办的业务");
  },
  find: () => openTyping("find-page"),
  ask: () => openTyping("find-page"),
  "check-in": () => openTyping("check-in-page"),
  again: () => openTyping("again-page"),
  print: () => window.print(),
  previous: () => turn(-1),
  following: () => turn(1),
  stay: () => {},
  "phone-open": () => byId("keys").showModal(),
  "priority-open": () => byId("priorities").showModal(),
  "matters-open": () => {
    const list = document.querySelector(".matters");
    const isOpen = list.classList.toggle("opened");
    byId("matters-open").setAttribute("aria-expanded", String(isOpen));
    byId("matters-open").querySelector("b").textContent = isOpen ? "收起" : "看看";
    byId("take").classList.toggle("reading", isOpen);
  },
};

// A domain with one service is that service.
function openDomain(code) {
  const inside = [...document.querySelectorAll("#tiles .service")].filter((tile) => tile.dataset.groups.split(" ").includes(code));
  if (inside.length === 1 && !inside[0].dataset.reason) return choose(inside[0]);
  group = code;
  elder.page = 0;
  return arrange();
}

function openTyping(id) {
  if (isOffline) return;
  show("find", byId(id));
  byId("step").querySelector("input").focus();
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("button");
  if (!target) return;
  const { group: domain, back, key, question, matter, turn: by, service } = target.dataset;
  if (domain) openDomain(domain);
  else if (service) choose(target);
  else if (back !== undefined) home();
  else if (key) press(target);
  else if (question) {
    byId("said").value = question;
    askNow(question);
  } else if (matter) openMatter(matter);
  else if (by) turnMatters(Number(by));
  else acts[target.id]?.();
});

function askNow(said) {
  finding.ask(said).catch(() => {});
}

// A mobile number has eleven digits; an empty one is left out.
function checkPhone(event) {
  const missing = 11 - byId("phone").value.length;
  if (missing === 0 || missing === 11) return;
  event.preventDefault();
  complain(byId("keys-error"), `手机号是 11 位，还差 ${missing} 位；不想留请按“清空”。`);
}

const submits = {
  take: send,
  "find-form": () => askNow(byId("said").value),
  "check-in-form": (form) => checkIn(form, byId("code").value),
  "again-form": (form) => exchange(form, "/api/v1/kiosk/find", { number: byId("number").value, phone_end: byId("phone-end").value }, true),
  "offline-form": issueOffline,
};

document.addEventListener("submit", (event) => {
  if (event.target.id === "keys-form") checkPhone(event);
  if (event.target.method === "dialog") return;
  event.preventDefault();
  submits[event.target.id]?.(event.target);
});
document.addEventListener("input", (event) => {
  if (event.target.id === "said") finding.look(event.target.value);
  if (event.target.id !== "phone") return;
  byId("keys-error").hidden = true;
  const digits = event.target.value.replace(/\D/g, "").slice(0, 11);
  event.target.value = digits;
  document.querySelector(".phone-shown").textContent = digits.replace(/^(\d{3})(\d{0,4})(\d{0,4})$/, "$1 $2 $3").trim() || "不留";
});
document.addEventListener("change", (event) => {
  if (event.target.name !== "priority") return;
  byId("priority-shown").textContent = event.target.closest(".choice").querySelector("b").textContent;
});
for (const kind of ["pointerdown", "keydown", "input"]) {
  document.addEventListener(kind, () => (idleSince = performance.now()), { passive: true });
}

const openServices = () => [...document.querySelectorAll("#tiles .service:not(.closed)")].map((tile) => tile.dataset.service);

function offline() {
  isOffline = true;
  const hasBlock = openServices().some(blocks.has);
  for (const tile of document.querySelectorAll("#tiles .service")) tile.classList.toggle("unreachable", !blocks.has(tile.dataset.service));
  byId("offline-words").textContent = hasBlock
    ? "网络中断，仍可取号；已取的号都有效。"
    : "网络中断，暂时无法取号，请到导办台。已取的号都有效。";
  document.querySelector(".kiosk-offline").hidden = false;
  document.body.dataset.offline = hasBlock ? "blocks" : "none";
}

function online() {
  isOffline = false;
  document.querySelector(".kiosk-offline").hidden = true;
  delete document.body.dataset.offline;
  for (const tile of document.querySelectorAll("#tiles .unreachable")) tile.classList.remove("unreachable");
  listen();
  lookAll();
}

// The heartbeat tells supervisors that this kiosk is there, and this kiosk that the server is.
async function beat() {
  beaten = performance.now();
  try {
    await post("/api/v1/devices/seen");
    if (isOffline) online();
    await blocks.tend(openServices());
  } catch (refusal) {
    if (refusal.status === 401) location.reload();
    else offline();
  }
}

function idle() {
  const left = Math.max(0, Math.ceil(IDLE[stage] * (elder.on ? 1.5 : 1) - (performance.now() - idleSince) / 1000));
  for (const place of document.querySelectorAll("[data-left]")) place.textContent = String(left);
  const isTouched = stage !== "start" || elder.on || group !== null;
  byId("idle").hidden = !isTouched || stage === "done" || left > TOLD_SECONDS;
  if (left <= 0 && isTouched) home();
}

const back = () => isOffline && beat();

on("offline", beat);
on("online", back);
on("look", back);
on("ping", back);
on("swapped", arrange);
onScan(scanned);
setInterval(idle, 500);
setInterval(() => performance.now() - beaten > (isOffline ? RETRY_SECONDS : BEAT_SECONDS) * 1000 && beat(), 1000);
window.addEventListener("contextmenu", (event) => event.preventDefault());
show("start");
arrange();
paint();
listen();
beat();
