// A text tried before it is published: a question against it, and what it would shift among past questions.
import { Refusal, toast } from "./api.js";

const HEAD = new Set(["code", "domain"]);
const form = document.querySelector("form.editor");
const place = form || document.querySelector("[data-attempt]");

// What the form says now; on an entry's page, the revision that is shown.
export function written() {
  if (!form) return { fields: {}, revision: Number(place.dataset.revision), kind: place.dataset.kind };
  const fields = {};
  for (const field of form.elements) if (field.name && !HEAD.has(field.name)) fields[field.name] = field.value;
  const domain = form.elements.namedItem("domain");
  const head = domain ? { domain: domain.value, domain_name: domain.selectedOptions[0]?.textContent || "" } : {};
  return { fields, kind: form.dataset.kind, ...head };
}

export async function attempt(what, more = {}) {
  const revision = Number(place.dataset.revision) || 0;
  let response;
  try {
    response = await fetch(`/library/entry/${place.dataset.entry || "new-entry"}/${what}`, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: JSON.stringify({ revision, ...written(), ...more }),
    });
  } catch {
    throw new Refusal(0, { message: "连不上服务器，请检查网络后再试。" });
  }
  if (!response.ok) throw new Refusal(response.status, (await response.json()).error);
  return response;
}

async function busy(button, act) {
  button.disabled = true;
  try {
    await act();
  } catch (refusal) {
    toast(refusal.message || "中途断了，请再试一次。", true);
  } finally {
    button.disabled = false;
  }
}

const tries = document.querySelector("form[data-try]");
tries?.addEventListener("submit", (event) => {
  event.preventDefault();
  const q = tries.elements.namedItem("q").value.trim();
  if (!q) return;
  busy(tries.querySelector("button"), async () => {
    document.getElementById("trial-found").innerHTML = await (await attempt("tried", { q })).text();
  });
});

// Lines of JSON as they come: {done, of}, the last one with the table.
async function* linesOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

const asks = document.querySelector("[data-shifts]");
asks?.addEventListener("click", () =>
  busy(asks, async () => {
    const progress = document.getElementById("shifts-progress");
    const box = document.getElementById("shifts");
    box.textContent = "";
    progress.value = 0;
    progress.hidden = false;
    try {
      for await (const told of linesOf(await attempt("shifts"))) {
        progress.value = told.of ? told.done / told.of : 1;
        if (told.html) box.innerHTML = told.html;
      }
    } finally {
      progress.hidden = true;
    }
  }),
);
