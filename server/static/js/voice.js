// Announcements, one after another: a chime, then “请 A 零一二 号到 3 号窗口” from the hall's recordings, else the
// browser's own voice, else the house's clips, joined with exact gaps. Where the sound goes is the sink's business:
// the loudspeaker, unless the page was given another (window.hallSink).

import { get } from "./api.js";
import { browserVoice, utter } from "./voice_browser.js";
import { Loudspeaker } from "./voice_sink.js";

export { say, silence } from "./voice_browser.js";

const CHIME = "chime";
const GAPS = { [CHIME]: 0.25, qing: 0.08, haodao: 0.08, haochuangkou: 0.4 }; // seconds after a clip
const GAP = 0.03;
const SPOKEN_WHOLE = [10, 30];
const WAKE_SECONDS = 1;
const sink = window.hallSink || new Loudspeaker();
const line = [];
let isRunning = false;
let clips = null;

export const isOn = () => sink.isOpen;

// Call this from a press. Everything is fetched now, so that the voice outlives a broken connection.
export async function turnOn() {
  await sink.open();
  if (sink.isOpen) sources().then(({ recorded, own }) => [...Object.values(recorded), ...Object.values(own)].forEach(fetched), () => {});
  return sink.isOpen;
}

const fetched = (address) => sink.load(address).catch(() => {}); // tried again when it is needed

async function sources() {
  clips ||= await get("/screen/voice");
  return clips;
}

export function clipsOf(ticket, counter) {
  const [, letters, digits] = ticket.match(/^(.*?)(\d*)$/);
  const number = [...letters].map((letter) => `letter-${letter.toLowerCase()}`);
  return ["qing", ...number, ...[...digits].map(digit), "haodao", ...counterClips(counter), "haochuangkou"];
}

const digit = (figure) => `digit-${figure}`;

function counterClips(counter) {
  const [first, last] = SPOKEN_WHOLE;
  if (counter < first || counter > 99) return [...String(counter)].map(digit);
  if (counter <= last) return [`counter-${counter}`];
  const [tens, ones] = [Math.floor(counter / 10), counter % 10];
  return [digit(tens), "counter-10", ...(ones ? [digit(ones)] : [])];
}

// `call`: {number, ticket, counter, text}. At its turn `may(call)` says "now", "later" (asked again) or "never".
// `began` and `ended` tell the page.
export function announce(call, { may, began, ended }) {
  line.push(async () => {
    let answer = await may(call);
    while (answer === "later") {
      await new Promise((resolve) => setTimeout(resolve, WAKE_SECONDS * 1000));
      answer = await may(call);
    }
    began(call, answer === "now");
    try {
      if (answer === "now") await speak(call);
    } finally {
      ended(call);
    }
  });
  run();
}

async function run() {
  if (isRunning) return;
  isRunning = true;
  while (line.length) await line.shift()().catch(console.error);
  isRunning = false;
}

async function speak(call) {
  const { recorded, own } = await sources();
  const wanted = clipsOf(call.ticket, call.counter);
  const chime = recorded[CHIME] || own[CHIME];
  if (wanted.every((name) => recorded[name])) return play(wanted, { ...recorded, [CHIME]: chime });
  if (browserVoice()) {
    await play([], { [CHIME]: chime });
    if (await utter(call.text)) return null;
  }
  return play(wanted.filter((name) => own[name]), { ...own, [CHIME]: chime });
}

// Clip after clip at exact moments: each begins when the one before it has ended and its gap is over.
async function play(names, addresses) {
  const all = [CHIME, ...names];
  const loaded = await Promise.all(all.map((name) => sink.load(addresses[name])));
  let at = sink.now();
  all.forEach((name, place) => {
    sink.start(loaded[place], at);
    at += loaded[place].seconds + (GAPS[name] ?? GAP);
  });
  await sink.until(at);
}
