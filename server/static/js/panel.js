// The panel above a counter: the number now; each call and recall flashes it.

import { paint, sync } from "./clock.js";
import "./heartbeat.js";
import { listen, look, on } from "./live.js";

const RENEW_SECONDS = 20;
const part = document.getElementById("panel");
const link = document.getElementById("link");
const root = () => part.querySelector("[data-call]");
let call = root().dataset.call;

// The flash is the frame's own, so that a fresh fragment does not cut it short.
function flash() {
  part.classList.remove("flash");
  void part.offsetWidth;
  part.classList.toggle("flash", call !== "");
}

on("swapped", () => {
  sync(root().dataset.at);
  paint();
  const before = call;
  call = root().dataset.call;
  if (call !== before) flash();
  link.hidden = true;
});
on("time", sync);
on("offline", () => (link.hidden = false));
on("online", () => (link.hidden = true));
setInterval(() => look(part), RENEW_SECONDS * 1000);
listen();
