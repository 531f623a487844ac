// The opening hours: rows of the form become one plain object.
import { newKey, post, toast } from "./api.js";

const form = document.getElementById("hours");
const days = (box) => [...box.querySelectorAll("[data-day]")].filter((one) => one.checked).map((one) => one.dataset.day);
const span = (box) => ({ open: box.querySelector("[data-open]").value, close: box.querySelector("[data-close]").value });
const lines = (name) => form.elements.namedItem(name).value.split("\n").map((line) => line.trim()).filter(Boolean);

function season(row) {
  return {
    from: row.querySelector("[data-first]").value,
    to: row.querySelector("[data-last]").value,
    sessions: [...row.querySelectorAll("[data-span]")].map(span),
  };
}

function cover(row) {
  return {
    name: row.querySelector("[data-name]").value,
    days: days(row),
    counters: row.querySelector("[data-counters]").value.split(/[^0-9]+/).filter(Boolean).map(Number),
    sessions: [span(row)],
    appointment_only: row.querySelector("[data-booked]").checked,
  };
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = {
    workdays: days(form.querySelector("[data-workdays]")),
    seasons: [...form.querySelectorAll("[data-season]")].map(season),
    extended_service: [...form.querySelectorAll("[data-covers] [data-cover]")].map(cover),
    holidays: lines("holidays"),
    makeup_days: lines("makeup_days"),
  };
  try {
    await post("/api/v1/hall/hours", body, newKey());
    sessionStorage.setItem("said", "开放时间已生效，取号机和大屏随之更新。");
    location.reload();
  } catch (refusal) {
    toast(refusal.message, true);
  }
});

form.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.drop !== undefined) button.closest("[data-season], [data-cover]").remove();
  if (button?.dataset.add !== undefined) {
    const made = form.querySelector("template").content.cloneNode(true);
    form.querySelector("[data-covers]").append(made);
  }
  if (button?.dataset.official) {
    const official = JSON.parse(button.dataset.official);
    for (const name of ["holidays", "makeup_days"]) {
      const all = new Set([...lines(name), ...official[name]]);
      form.elements.namedItem(name).value = [...all].sort().join("\n");
    }
    toast("已填入，请核对后保存。");
  }
});
