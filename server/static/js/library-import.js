// Import: the file travels as it is, twice: for the preview, and when its drafts are wanted. Nothing is kept between.
import { newKey, Refusal, toast } from "./api.js";

const form = document.querySelector("form[data-import]");
const plan = document.getElementById("plan");
const button = form.querySelector("[type=submit]");

function address(path, more = {}) {
  const file = form.elements.namedItem("file").files[0];
  const given = { name: file.name, ...more };
  for (const name of ["domain", "office", "who", "source"]) given[name] = form.elements.namedItem(name).value.trim();
  return `${path}?${new URLSearchParams(Object.entries(given).filter(([, value]) => value))}`;
}

async function send(path, accept, more) {
  const file = form.elements.namedItem("file").files[0];
  const most = Number(form.dataset.most);
  if (file.size > most) throw new Refusal(400, { message: `文件不能超过 ${most / 1048576} MB，请拆成几份再导入。` });
  let response;
  try {
    response = await fetch(address(path, more), { method: "POST", body: file, headers: { Accept: accept, "Idempotency-Key": newKey() } });
  } catch {
    throw new Refusal(0, { message: "没有送到服务器：文件可能刚被改动，或网络断了。请重新选择文件再试。" });
  }
  if (!response.ok) throw new Refusal(response.status, (await response.json()).error);
  return response;
}

async function busy(pressed, act) {
  pressed.disabled = true;
  plan.setAttribute("aria-busy", "true");
  try {
    await act();
  } catch (refusal) {
    toast(refusal.message, true);
    pressed.disabled = false;
  } finally {
    plan.removeAttribute("aria-busy");
    if (pressed === button) button.disabled = false;
  }
}

const show = () => busy(button, async () => {
  plan.innerHTML = await (await send("/library/import/preview", "application/json")).text();
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  show();
});
form.addEventListener("change", () => form.elements.namedItem("file").files.length && show());

plan.addEventListener("change", () => {
  const wanted = plan.querySelectorAll("[data-place]:checked").length;
  plan.querySelector("[data-count]").textContent = wanted;
  plan.querySelector("[data-bring]").disabled = !wanted;
});
plan.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-bring]");
  if (!pressed) return;
  busy(pressed, async () => {
    const skip = [...plan.querySelectorAll("[data-place]:not(:checked)")].map((box) => box.dataset.place).join(",");
    const brought = await (await send("/api/v1/library/import", "application/json", { skip })).json();
    sessionStorage.setItem("said", `已存为草稿：新条目 ${brought.added} 条，改动 ${brought.changed} 条，请另一位同事审核发布。`);
    location.assign(brought.next);
  });
});
