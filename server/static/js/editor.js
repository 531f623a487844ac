// The editor's form: its fields travel inside {fields: {…}}; the card beside it follows; what is typed stays on this machine.
import { newKey, post, toast } from "./api.js";
import { attempt, written } from "./library-trial.js";

const form = document.querySelector("form.editor");
const box = document.getElementById("preview");
const note = form.querySelector("[data-kept]");
const KEPT = `editor:${location.pathname}${location.search}`;

function blame(refusal) {
  form.querySelectorAll(".error").forEach((line) => line.remove());
  form.querySelectorAll("[aria-invalid]").forEach((field) => field.removeAttribute("aria-invalid"));
  const name = (refusal.field || "").split(".")[0];
  const field = form.elements.namedItem(name === "id" ? "code" : name);
  if (!field) return toast(refusal.message, true);
  const line = document.createElement("p");
  line.className = "error";
  line.id = `${name}-error`;
  line.textContent = refusal.message;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", line.id);
  field.closest(".field").append(line);
  field.focus();
}

// Only the last answer counts: a slow one must not overwrite a newer.
let asked = 0;
async function preview() {
  const mine = ++asked;
  const open = [...box.querySelectorAll("details")].map((part) => part.open);
  let html;
  try {
    html = await (await attempt("preview")).text();
  } catch (refusal) {
    const line = document.createElement("p");
    line.className = "note warn small";
    line.textContent = `预览停在上一次：${refusal.message}`;
    html = null;
    if (mine === asked) {
      box.querySelector("[data-stopped]")?.remove();
      line.dataset.stopped = "";
      box.prepend(line);
    }
  }
  if (html === null || mine !== asked) return;
  box.innerHTML = html;
  box.querySelectorAll("details").forEach((part, place) => (part.open = open[place] ?? part.open));
}

function keep() {
  const typed = {};
  for (const field of form.elements) if (field.name) typed[field.name] = field.value;
  localStorage.setItem(KEPT, JSON.stringify(typed));
}

function bringBack() {
  const typed = JSON.parse(localStorage.getItem(KEPT) || "{}");
  let count = 0;
  for (const [name, value] of Object.entries(typed)) {
    const field = form.elements.namedItem(name);
    if (!field || field.value === value) continue;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    count += 1;
  }
  if (!count) return;
  const drop = document.createElement("button");
  drop.type = "button";
  drop.className = "bare";
  drop.textContent = "不要了，恢复原文";
  drop.addEventListener("click", () => {
    localStorage.removeItem(KEPT);
    form.reset();
    note.textContent = "已恢复原文。";
    preview();
  });
  note.replaceChildren(`已找回您上次没保存的 ${count} 处。`, drop);
}

let timer;
form.addEventListener("input", () => {
  keep();
  clearTimeout(timer);
  timer = setTimeout(preview, 500);
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  event.stopPropagation();
  const button = form.querySelector("[type=submit]");
  const code = form.dataset.entry || form.elements.namedItem("code").value.trim();
  button.disabled = true;
  try {
    const answer = await post(`/api/v1/library/${encodeURIComponent(code)}/draft`, written(), newKey());
    localStorage.removeItem(KEPT);
    form.dispatchEvent(new CustomEvent("done", { bubbles: true, detail: answer }));
    location.assign(answer.next);
  } catch (refusal) {
    blame(refusal);
  } finally {
    button.disabled = false;
  }
});

bringBack();
preview();
