// The main screen. Each call is shown once and spoken once, in order, through restarts and reloads: what was shown and
// spoken last is kept in this tab, and after a gap the missed ones are fetched.

import { get } from "./api.js";
import { now, sync, told } from "./clock.js";
import "./heartbeat.js";
import { listen, look, on, startAfterCall } from "./live.js";
import { announce, isOn, turnOn } from "./voice.js";

const byId = (id) => document.getElementById(id);
const SHOWN_SECONDS = 2;
const LAG_SECONDS = 4; // with many waiting to be shown, each is shown shorter
const LEAST_SECONDS = 0.1;
const FEW = 3;
const SPOKEN_WITHIN = 120_000;
const RENEW_SECONDS = 20;
const hall = document.body.dataset.hall;
const kept = `screen:${hall}`;
const line = [];
let { shown, spoken } = start();
let last = Math.min(shown, spoken);
let current = null;
let speaking = null;
let shownUntil = 0;
let timer;

function start() {
  const newest = Number(document.body.dataset.lastCall || 0);
  const old = JSON.parse(sessionStorage.getItem(kept) || "null");
  return { shown: Math.min(old?.shown ?? newest, newest), spoken: Math.min(old?.spoken ?? newest, newest) };
}

const keep = () => sessionStorage.setItem(kept, JSON.stringify({ shown, spoken }));

function arrived(calls) {
  for (const call of calls) {
    if (call.number <= last) continue;
    last = call.number;
    startAfterCall(last);
    if (call.number > shown) line.push(call);
    if (call.number > spoken) announce(call, { may, began, ended });
  }
  advance();
}

const isYoung = (call) => now() - Date.parse(call.at) <= SPOKEN_WITHIN;

// Spoken at its turn unless the leg is no longer called, or the call is over two minutes old.
async function may(call) {
  if (call.kind === "undo" || !isYoung(call)) return "never";
  if (!isOn()) return "later";
  try {
    const { calls } = await get(`/api/v1/calls?after=${call.number - 1}&limit=1`);
    return calls[0]?.number === call.number && calls[0].is_live ? "now" : "never";
  } catch {
    return call.is_live ? "now" : "never"; // the server is away: what was last known holds
  }
}

function began(call, isSaid) {
  spoken = call.number;
  keep();
  speaking = isSaid ? call : null;
  mark();
}

function ended() {
  speaking = null;
  mark();
  advance();
}

function mark() {
  for (const desk of document.querySelectorAll(".screen-desk[data-counter]")) {
    desk.classList.toggle("speaking", Number(desk.dataset.counter) === speaking?.counter);
  }
}

// The next call is shown when this one has had its time and, unless many wait, has been said to the end.
function advance() {
  clearTimeout(timer);
  const left = shownUntil - performance.now();
  if (left > 0) timer = setTimeout(advance, left);
  else if (line.length && !(current && speaking?.number === current.number && line.length <= FEW)) show(line.shift());
}

function show(call) {
  const waiting = Math.max(1, line.length);
  const isOver = !call.is_live && !isYoung(call);
  const seconds = isOver ? LEAST_SECONDS : Math.min(SHOWN_SECONDS, Math.max(LEAST_SECONDS, LAG_SECONDS / waiting));
  shownUntil = performance.now() + seconds * 1000;
  timer = setTimeout(advance, seconds * 1000);
  current = call;
  shown = call.number;
  keep();
  paint(call);
}

function paint(call) {
  const box = byId("now");
  const isWithdrawn = call.kind === "undo" || call.is_withdrawn;
  box.replaceChildren(...(isWithdrawn ? withdrawn(call) : called(call)));
  box.dataset.call = call.number;
  box.classList.remove("flash");
  void box.offsetWidth;
  box.classList.toggle("flash", !isWithdrawn);
}

function piece(kind, text) {
  const part = document.createElement("span");
  part.className = kind;
  part.textContent = text;
  return part;
}

const called = (call) => [
  piece("screen-now-please", "请"), piece("screen-now-number", call.ticket), piece("screen-now-please", "到"),
  piece("screen-now-counter", String(call.counter)), piece("screen-now-please", "号窗口"),
];
const withdrawn = (call) => [piece("screen-now-number withdrawn", call.ticket), piece("screen-now-please", "已撤回，请继续等候")];

async function catchUp() {
  try {
    let more = true;
    while (more) {
      const { calls } = await get(`/api/v1/calls?after=${last}`);
      more = calls.some((call) => call.number > last);
      arrived(calls);
    }
  } catch {
    lost();
  }
}

// After a gap. A hall whose numbers are behind ours came back from a backup: go on from where it stands.
async function resync() {
  const before = last;
  try {
    const { last_call: newest } = await get("/api/v1/board");
    if (newest < before) {
      [last, shown, spoken] = [newest, newest, newest];
      startAfterCall(last);
      keep();
    }
  } catch {
    return lost();
  }
  return catchUp();
}

function fresh() {
  byId("fresh").textContent = told("seconds");
  byId("link").hidden = true;
  document.body.classList.remove("cut-off");
}

function lost() {
  byId("link").hidden = false;
  document.body.classList.add("cut-off");
}

// That this screen is to speak outlives a reload: any press then gives it back its voice, if the browser took it.
const wanted = () => localStorage.getItem("sound") === "on";

function tellSound() {
  byId("mute").hidden = isOn();
  byId("loud").hidden = !isOn();
}

async function press() {
  localStorage.setItem("sound", "on");
  await turnOn();
  tellSound();
}

byId("sound").addEventListener("click", press);
for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, () => wanted() && !isOn() && press());

on("call", (call) => {
  if (call.number > last + 1) catchUp();
  else arrived([call]);
});
on("time", sync);
on("swapped", (part) => {
  const root = part.querySelector("[data-cursor]");
  if (root && root.dataset.edition !== document.body.dataset.edition) location.reload();
  fresh();
  mark();
  if (Number(root?.dataset.lastCall || 0) > last) catchUp();
});
on("ping", (cursor) => {
  if (String(cursor[`board:${hall}`]) === byId("board").dataset.cursor) fresh();
});
on("offline", lost);
on("online", resync);
setInterval(() => look(byId("board")), RENEW_SECONDS * 1000);
setInterval(tellSound, 2000);
startAfterCall(last);
listen([`calls:${hall}`]);
turnOn().then(tellSound);
keep();
