// The house's time, which need not be this machine's: painted into [data-clock], [data-since] and [data-until].

const body = document.body.dataset;
const speed = Number(body.speed || 1);
const zone = body.zone || "Asia/Shanghai";
let base = Date.parse(body.now) || Date.now();
let read = performance.getEntriesByType("navigation")[0]?.responseStart ?? 0; // the page was written then

const forms = {
  time: new Intl.DateTimeFormat("zh-CN", { timeZone: zone, hour: "2-digit", minute: "2-digit", hour12: false }),
  seconds: new Intl.DateTimeFormat("zh-CN", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }),
  day: new Intl.DateTimeFormat("zh-CN", { timeZone: zone, month: "long", day: "numeric", weekday: "short" }),
};

export const now = () => base + (performance.now() - read) * speed;
export const told = (form, moment = now()) => forms[form].format(moment).replace(/^(\d+)月(\d+)日(.+)$/, "$1 月 $2 日 · $3");

export function sync(moment) {
  if (!moment) return;
  base = Date.parse(moment);
  read = performance.now();
}

export function span(milliseconds) {
  const all = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(all / 3600);
  const rest = [Math.floor(all / 60) % 60, all % 60].map((part) => String(part).padStart(2, "0")).join(":");
  return hours ? `${hours}:${rest}` : rest;
}

const write = (element, text) => element.textContent === text || (element.textContent = text);

export function paint() {
  for (const element of document.querySelectorAll("[data-clock]")) write(element, told(element.dataset.clock));
  for (const element of document.querySelectorAll("[data-since]")) write(element, span(now() - Date.parse(element.dataset.since)));
  for (const element of document.querySelectorAll("[data-until]")) {
    const left = Math.ceil((Date.parse(element.dataset.until) - now()) / 1000);
    write(element, String(Math.max(0, left)));
    if (left <= 0) element.closest("[data-ends]")?.setAttribute("hidden", "");
  }
}

paint();
setInterval(paint, 500);
