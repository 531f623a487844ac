// The supervisor's live hall: services of a counter by drag or by buttons, a service's pause and quota, the closing list.

import { post, toast } from "./api.js";
import { paint, sync } from "./clock.js";
import { on } from "./live.js";

const byId = (id) => document.getElementById(id);
const dialog = byId("tiers");
const closingBox = byId("closing").querySelector(".loaded");
const services = JSON.parse(dialog.dataset.services);
const nameOf = (code) => services.find((one) => one.code === code)?.name ?? code;

// The model: tiers of codes; the last list is what the counter does not serve.
let counter = "";
let tiers = [];
let dragged = null;

const left = () => services.map((one) => one.code).filter((code) => !tiers.flat().includes(code));
const title = (index) => `第 ${index + 1} 级${index === 0 ? "（先叫）" : ""}`;

function openTiers(button) {
  counter = button.dataset.tiersOf;
  tiers = JSON.parse(button.dataset.tiers);
  byId("tiers-title").textContent = `${counter} 号窗口办哪些业务`;
  byId("tiers-said").textContent = "";
  draw();
  dialog.showModal();
}

function draw() {
  const lists = tiers.map((codes, index) => drawn(title(index), codes, index));
  lists.push(drawn("新的一级", [], tiers.length), drawn("不办", left(), -1));
  byId("tiers-list").replaceChildren(...lists);
}

function drawn(words, codes, index) {
  const box = document.createElement("div");
  box.className = index < 0 ? "tier off" : codes.length ? "tier" : "tier new";
  box.dataset.tier = index;
  const head = document.createElement("h3");
  head.textContent = words;
  box.append(head);
  if (codes.length) {
    const list = document.createElement("ul");
    list.setAttribute("aria-label", words);
    list.append(...codes.map((code) => item(code, index)));
    box.append(list);
  } else {
    box.append(index < 0 ? "全部业务都办" : "拖到这里");
  }
  return box;
}

function item(code, index) {
  const line = document.createElement("li");
  line.draggable = true;
  line.dataset.code = code;
  const name = document.createElement("span");
  name.className = "grow";
  name.textContent = `${code} ${nameOf(code)}`;
  line.append(name);
  const acts = index < 0 ? [["add", "加上"]] : [["up", "上移"], ["down", "下移"], ["off", "不办"]];
  for (const [act, words] of acts) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "small";
    button.id = `${act}-${code}`;
    button.dataset.move = act;
    button.textContent = words;
    button.setAttribute("aria-label", `${nameOf(code)} ${words}`);
    button.disabled = act === "up" && index === 0 && tiers[0].length === 1;
    line.append(button);
  }
  return line;
}

// Where a service goes: into the tier before or after; out of a shared first or last tier into one of its own.
function moved(code, act) {
  const index = tiers.findIndex((codes) => codes.includes(code));
  const shares = index >= 0 && tiers[index].length > 1;
  if (act === "off") return put(code, -1);
  if (act === "add") return put(code, Math.max(tiers.length - 1, 0));
  if (act === "up") return index === 0 && shares ? put(code, 0, true) : put(code, index - 1);
  if (index === tiers.length - 1) return shares ? put(code, tiers.length) : put(code, -1);
  return put(code, index + 1);
}

function put(code, index, isOwn = false) {
  const rest = tiers.map((codes) => codes.filter((one) => one !== code));
  if (isOwn) rest.splice(index, 0, [code]);
  else if (index >= 0) (rest[index] ||= []).push(code);
  tiers = rest.filter((codes) => codes.length);
  draw();
  const now = tiers.findIndex((codes) => codes.includes(code));
  byId("tiers-said").textContent = now < 0 ? `${nameOf(code)}：不办` : `${nameOf(code)}：${title(now)}，共 ${tiers.length} 级`;
}

byId("tiers-list").addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  if (!button) return;
  const { code } = button.closest("li").dataset;
  moved(code, button.dataset.move);
  const again = byId(button.id) || byId(`add-${code}`) || byId(`up-${code}`);
  (again?.disabled ? byId(`down-${code}`) : again)?.focus();
});

byId("tiers-list").addEventListener("dragstart", (event) => {
  dragged = event.target.closest("li")?.dataset.code ?? null;
  event.dataTransfer?.setData("text/plain", dragged);
});
byId("tiers-list").addEventListener("dragover", (event) => {
  if (dragged && event.target.closest("[data-tier]")) event.preventDefault();
});
byId("tiers-list").addEventListener("drop", (event) => {
  const box = event.target.closest("[data-tier]");
  if (!box || !dragged) return;
  event.preventDefault();
  put(dragged, Number(box.dataset.tier));
  dragged = null;
});

dialog.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const save = dialog.querySelector("[type=submit]");
  save.disabled = true;
  try {
    await post(`/api/v1/counters/${counter}/services`, { tiers });
    dialog.close();
    toast(`${counter} 号窗口的业务已更改，立即生效。`);
  } catch (refusal) {
    toast(refusal.message, true);
  } finally {
    save.disabled = false;
  }
});

function openService({ service, name, quota, issued, paused }) {
  const at = (act) => `/api/v1/services/${encodeURIComponent(service)}/${act}`;
  byId("service-title").textContent = name;
  byId("service-pause").dataset.post = at("pause");
  byId("service-resume").dataset.post = at("resume");
  byId("service-quota").dataset.post = at("quota");
  byId("service-pause").hidden = Boolean(paused);
  byId("service-resume").hidden = !paused;
  byId("service-why").textContent = paused ? `暂停取号：${paused}` : "";
  byId("pause-reason").value = "";
  byId("quota").value = quota;
  byId("quota-help").textContent = `今天已发 ${issued} 个；留空为不限。`;
  byId("service").showModal();
}

async function load(box) {
  try {
    const response = await fetch(byId("closing").dataset.loads);
    if (!response.ok) throw new Error(response.statusText);
    box.innerHTML = await response.text();
  } catch {
    box.textContent = "取不到，请关闭后再打开。";
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.tiersOf) openTiers(button);
  else if (button?.dataset.service) openService(button.dataset);
  else if (button?.dataset.opens === "closing") load(closingBox);
});

document.addEventListener("done", (event) => {
  if (event.target.dataset.shutAfter !== undefined) event.target.closest("dialog").close();
  if (closingBox.contains(event.target)) load(closingBox);
});

// The same question again is a new one: the hall has moved on.
document.addEventListener("submit", (event) => event.target.matches("[data-find]") && delete event.target.dataset.asked, true);

on("swapped", (part) => {
  sync(part.querySelector("[data-at]")?.dataset.at);
  paint();
});
