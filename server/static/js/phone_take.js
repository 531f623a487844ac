// Taking a number by phone: the form goes through forms.js; the browser remembers the number that it took today.

import { get } from "./api.js";
import "./forms.js";
import { listen, on } from "./live.js";

const STORE = "hall-ticket";
const LIVE = ["waiting", "called", "serving", "parked", "missed"];

const kept = {
  get token() {
    try {
      return localStorage.getItem(STORE);
    } catch {
      return null; // a browser that keeps nothing takes numbers all the same
    }
  },
  set token(value) {
    try {
      localStorage.setItem(STORE, value);
    } catch {
      // nothing is remembered
    }
  },
};

document.addEventListener("done", ({ detail }) => (kept.token = detail.token));

async function showOwn() {
  const box = document.getElementById("own");
  if (!box || !kept.token) return;
  try {
    const ticket = await get(`/api/v1/tickets/${encodeURIComponent(kept.token)}`);
    if (!LIVE.includes(ticket.state)) return;
    const link = box.querySelector("a");
    link.href = `/t/${encodeURIComponent(ticket.token)}`;
    link.textContent = `您已有 ${ticket.number} 号（${ticket.service_name}，${ticket.state_name}），点这里查看`;
    box.hidden = false;
  } catch {
    // gone or not reached: take a new one
  }
}

const showOffline = (isOffline) => document.querySelector(".phone-offline")?.toggleAttribute("hidden", !isOffline);
on("offline", () => showOffline(true));
on("online", () => showOffline(false));

showOwn();
listen();
