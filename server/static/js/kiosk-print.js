// A slip: on the receipt printer of the house where there is one, else by this browser onto 80 mm paper.
// A kiosk whose browser prints without asking (--kiosk-printing) is opened once as /kiosk?print=auto.

import { post } from "./api.js";

const options = new URLSearchParams(location.search);
if (options.has("print")) localStorage.setItem("kiosk-print", options.get("print"));
const mode = localStorage.getItem("kiosk-print") || "button";
const hasPrinter = document.body.dataset.printer !== undefined;

const byId = (id) => document.getElementById(id);

export async function print(token, again) {
  const line = byId("printing");
  if (!hasPrinter) return byBrowser();
  line.textContent = "正在打印…";
  let answer;
  try {
    answer = await post("/api/v1/kiosk/slips", { token, again });
  } catch (refusal) {
    answer = { is_printed: false, message: `${refusal.message}请记下号码或扫码。` };
  }
  if (!line.isConnected) return;
  line.textContent = answer.message;
  line.classList.toggle("bad", !answer.is_printed);
}

export function byBrowser() {
  byId("print").hidden = mode === "off";
  if (mode === "auto") window.print();
}
