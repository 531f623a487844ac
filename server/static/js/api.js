// Asking the server: JSON in, JSON out, with an idempotency key for every act.

export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Refusal extends Error {
  constructor(status, error) {
    super(error.message);
    this.status = status;
    this.code = error.code;
    this.field = error.field;
    this.allowed = error.allowed;
    this.detail = error.detail;
  }
}

async function answered(response) {
  const type = response.headers.get("Content-Type") || "";
  const body = type.includes("json") ? await response.json() : null;
  if (response.ok) return body;
  throw new Refusal(response.status, body?.error || { code: "failed", message: "服务器没有答复，请稍等片刻再试；刚才的内容没有丢。" });
}

export async function post(path, body = {}, key = newKey()) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": key },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Refusal(0, { code: "offline", message: "连不上服务器，请检查网络后再试。" });
  }
  return answered(response);
}

export async function get(path) {
  return answered(await fetch(path, { headers: { Accept: "application/json" } }));
}

let toastTimer;
export function toast(text, bad = false) {
  let box = document.querySelector(".toast");
  if (!box) {
    box = document.createElement("div");
    document.body.append(box);
  }
  box.className = bad ? "toast bad" : "toast";
  box.setAttribute("role", bad ? "alert" : "status");
  box.textContent = text;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => box.remove(), 6000);
}
