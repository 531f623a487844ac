// Booking by phone: what this phone has booked is listed on it; a booking's page stays fresh; the staff's list too.

import "./forms.js";
import { toast } from "./api.js";
import { listen, look, on } from "./live.js";

const STORE = "hall-bookings";
const MOST = 8;
const { today } = document.body.dataset; // the hall's, which need not be this phone's
const opened = new Set();

function kept() {
  try {
    return JSON.parse(localStorage.getItem(STORE) || "[]").filter((one) => one.day >= today);
  } catch {
    return [];
  }
}

function keep(list) {
  try {
    localStorage.setItem(STORE, JSON.stringify(list.slice(-MOST)));
  } catch {
    // a browser that keeps nothing: the link and the code are enough
  }
}

function remember() {
  const { token, when, service, day } = document.body.dataset;
  if (!token) return;
  const isOpen = ["confirmed", "unconfirmed", "checked_in"].includes(document.querySelector("[data-state]")?.dataset.state);
  const others = kept().filter((one) => one.token !== token);
  keep(isOpen ? [...others, { token, when, service, day }] : others);
}

function list() {
  const box = document.getElementById("mine");
  const own = kept();
  if (!box || !own.length) return;
  box.querySelector("ul").replaceChildren(...own.map((one) => {
    const link = document.createElement("a");
    link.href = `/a/${encodeURIComponent(one.token)}`;
    link.textContent = `${one.when} · ${one.service}`;
    const item = document.createElement("li");
    item.append(link);
    return item;
  }));
  box.hidden = false;
}

document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details[id]")) opened[event.target.open ? "add" : "delete"](event.target.id);
}, true);

on("swapped", (part) => {
  for (const box of part.querySelectorAll("details[id]")) if (opened.has(box.id)) box.open = true;
  remember();
});

document.addEventListener("done", (event) => {
  const part = event.target.closest("[data-src]");
  if (event.target.id === "cancel") toast("已取消，名额会让给别人。");
  if (part) look(part);
});

remember();
list();
listen();
