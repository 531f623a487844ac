// The editor's form: its fields travel inside {fields: {…}}; a new entry's id names the address.
import { newKey, post, toast } from "./api.js";

const form = document.querySelector("form.editor");
const HEAD = new Set(["code", "domain"]);

function body() {
  const fields = {};
  for (const field of form.elements) if (field.name && !HEAD.has(field.name)) fields[field.name] = field.value;
  const domain = form.elements.namedItem("domain");
  const head = domain ? { domain: domain.value, domain_name: domain.selectedOptions[0]?.textContent || "" } : {};
  return { fields, kind: form.dataset.kind, ...head };
}

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

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  event.stopPropagation();
  const button = form.querySelector("[type=submit]");
  const code = form.dataset.entry || form.elements.namedItem("code").value.trim();
  button.disabled = true;
  try {
    const answer = await post(`/api/v1/library/${encodeURIComponent(code)}/draft`, body(), newKey());
    form.dispatchEvent(new CustomEvent("done", { bubbles: true, detail: answer }));
    location.assign(answer.next);
  } catch (refusal) {
    blame(refusal);
  } finally {
    button.disabled = false;
  }
});
