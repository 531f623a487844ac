// What the staff's pages share: a word about each act after a reload, filters that submit themselves, fragments that
// are fetched while one types, texts put into a reply, dialogs, a warning before typed words are lost.
import { toast } from "./api.js";
import { on } from "./live.js";

const SAID = "said";

function tellAgain() {
  const words = sessionStorage.getItem(SAID);
  sessionStorage.removeItem(SAID);
  if (words) toast(words);
}

document.addEventListener("done", (event) => {
  const words = event.target.dataset.said;
  if (words) sessionStorage.setItem(SAID, words.replace(/\{(\w+)\}/g, (_, name) => event.detail?.[name] ?? ""));
  if (words && event.target.dataset.then === "none") tellAgain();
  event.target.removeAttribute("data-typed");
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-filter]");
  if (form && event.target.matches("select, input[type=checkbox]")) form.requestSubmit();
});

// An address without empty filters.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-filter]")) return;
  for (const field of event.target.elements) field.disabled ||= Boolean(field.name) && field.value === "";
});
window.addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form[data-filter] :disabled")) field.disabled = false;
});

// <form data-find="/library/found" data-into="found">: the answer of …?q=<words> is put into #found while one types.
const waits = new Map();
async function find(form) {
  const box = document.getElementById(form.dataset.into);
  const asked = `${form.dataset.find}?${new URLSearchParams(new FormData(form))}`;
  if (form.dataset.asked === asked) return;
  form.dataset.asked = asked;
  box.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(asked, { headers: { Accept: "text/html" } });
    if (form.dataset.asked === asked && response.ok) box.innerHTML = await response.text();
  } catch {
    toast("连不上服务器，请检查网络后再试。", true);
  } finally {
    box.removeAttribute("aria-busy");
  }
}
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-find]");
  if (form) {
    clearTimeout(waits.get(form));
    waits.set(form, setTimeout(() => find(form), 250));
  }
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-find]")) return;
  event.preventDefault();
  find(event.target);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.insert !== undefined) insert(button);
  if (button.dataset.opens) document.getElementById(button.dataset.opens)?.showModal();
  if (button.dataset.shuts !== undefined) button.closest("dialog")?.close();
  if (button.dataset.copy !== undefined) copy(button);
});

function insert(button) {
  const field = document.querySelector("details[open] [data-takes-text], [data-takes-text]");
  const text = button.parentElement.querySelector("[data-text]")?.textContent.trim() || "";
  if (!field || !text) return;
  field.value = field.value.trim() ? `${field.value.trimEnd()}\n\n${text}` : text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
  toast("已放进回复，请改成合适的话再发出。");
}

// navigator.clipboard is missing over plain HTTP in the hall's own network.
function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  field.select();
  const isCopied = navigator.clipboard ? (navigator.clipboard.writeText(field.value), true) : document.execCommand("copy");
  toast(isCopied ? "已复制。" : "请按 Ctrl+C 复制。");
}

document.addEventListener("input", (event) => {
  event.target.closest("form[data-post]")?.setAttribute("data-typed", "");
});
window.addEventListener("beforeunload", (event) => {
  const typed = [...document.querySelectorAll("form[data-typed] textarea")].some((field) => field.value !== field.defaultValue);
  if (typed) event.preventDefault();
});

// A reply is sent with Ctrl + Enter and its field emptied; a conversation shows its newest words.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.ctrlKey && event.target.matches("[data-takes-text]")) event.target.form.requestSubmit();
});
document.addEventListener("done", (event) => event.target.dataset.clears !== undefined && event.target.reset());
const toBottom = (part) => part.matches("[data-bottom]") && part.scrollTo({ top: part.scrollHeight });
on("swapped", toBottom);
document.querySelectorAll("[data-bottom]").forEach(toBottom);

// A textarea grows with its text.
function fit(field) {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight + 2, 480)}px`;
}
document.addEventListener("input", (event) => event.target.matches("textarea") && fit(event.target));
document.querySelectorAll("textarea[data-fit]").forEach(fit);

// Answers of administration that are shown once: <div id="told" data-fill> is filled by name and opened as a dialog.
document.addEventListener("done", (event) => {
  const box = document.getElementById(event.target.dataset.shows || "");
  if (!box) return;
  for (const place of box.querySelectorAll("[data-fill]")) {
    const value = event.detail?.[place.dataset.fill] ?? "";
    if (place.dataset.fill === "qr") place.innerHTML = value;
    else if ("value" in place) place.value = value;
    else place.textContent = value;
  }
  box.showModal();
  box.addEventListener("close", () => location.reload(), { once: true });
});

// A dangerous form asks first.
document.addEventListener(
  "submit",
  (event) => {
    if (!event.target.dataset.asks || window.confirm(event.target.dataset.asks)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

// An address such as …#do-answer opens that form.
function openNamed() {
  const act = location.hash.startsWith("#do-") && document.getElementById(location.hash.replace("#do-", "act-"));
  if (!act) return;
  for (const other of document.querySelectorAll("details.act[open]")) other.open = other === act;
  act.open = true;
  act.querySelector("textarea, input:not([hidden]), select")?.focus({ preventScroll: true });
}
window.addEventListener("hashchange", openNamed);
openNamed();

tellAgain();
