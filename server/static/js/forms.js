// <form data-post="/api/…" data-then="reload | /address/{id} | answer | none | toast:文字"> is sent as JSON; nothing typed is ever lost.
// <button data-post="/api/…" data-body='{"reason":"…"}' data-confirm="确定…？"> does the same without fields.

import { newKey, post, toast } from "./api.js";

const NUMBERS = new Set(["number", "range"]);

function valueOf(form) {
  const body = {};
  for (const field of form.elements) {
    if (!field.name || field.disabled) continue;
    if (field.type === "checkbox") {
      if (field.dataset.list === undefined) body[field.name] = field.checked;
      else (body[field.name] ||= []).push(...(field.checked ? [field.value] : []));
    } else if (field.type === "radio") {
      if (field.checked) body[field.name] = field.value;
    } else if (field.value !== "" || field.dataset.empty !== undefined) {
      const isNumber = NUMBERS.has(field.type) || field.dataset.number !== undefined;
      body[field.name] = isNumber ? Number(field.value) : field.value;
    }
  }
  return body;
}

function blame(form, refusal) {
  for (const old of form.querySelectorAll(".error")) old.remove();
  for (const field of form.elements) field.removeAttribute?.("aria-invalid");
  const field = refusal.field && form.elements.namedItem(refusal.field);
  if (!(field instanceof HTMLElement)) return toast(refusal.message, true);
  const line = document.createElement("p");
  line.className = "error";
  line.id = `${refusal.field}-error`;
  line.textContent = refusal.message;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", line.id);
  (field.closest(".field") || field.parentElement).append(line);
  field.focus();
}

function then(element, answer) {
  const next = element.dataset.then || "reload";
  element.dispatchEvent(new CustomEvent("done", { bubbles: true, detail: answer }));
  if (next === "reload") location.reload();
  else if (next === "none") return;
  else if (next.startsWith("toast:")) toast(next.slice(6));
  else if (next === "answer") location.assign(new URL(answer.next, location.origin).pathname);
  else location.assign(next.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(answer?.[name] ?? "")));
}

async function send(element, body, form) {
  const button = form ? form.querySelector("[type=submit], button:not([type])") : element;
  if (button?.disabled) return;
  element.dataset.key ||= newKey();
  if (button) button.disabled = true;
  try {
    const answer = await post(element.dataset.post, body, element.dataset.key);
    delete element.dataset.key;
    then(element, answer);
  } catch (refusal) {
    if (refusal.status) delete element.dataset.key;
    if (form) blame(form, refusal);
    else toast(refusal.message, true);
  } finally {
    if (button) button.disabled = false;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.post) return;
  event.preventDefault();
  send(form, valueOf(form), form);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-post]");
  if (!button || (button.dataset.confirm && !window.confirm(button.dataset.confirm))) return;
  send(button, JSON.parse(button.dataset.body || "{}"), null);
});
