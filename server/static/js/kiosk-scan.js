// A scanner types what it reads like a keyboard, only faster than any person, and ends with Enter.

const QUICK_MS = 60;
const SHORTEST = 6;
let typed = "";
let last = 0;

export function onScan(listener) {
  document.addEventListener(
    "keydown",
    (event) => {
      const now = performance.now();
      if (now - last > QUICK_MS) typed = "";
      last = now;
      if (event.key === "Enter") {
        if (typed.length >= SHORTEST) {
          event.preventDefault();
          event.stopPropagation();
          listener(meaning(typed));
        }
        typed = "";
      } else if (event.key.length === 1) typed += event.key;
    },
    true,
  );
}

// What a code stands for: a ticket (the address in its QR), or an appointment (its address, or the bare code).
export function meaning(text) {
  const ticket = text.match(/\/t\/([\w-]+)/);
  if (ticket) return { kind: "ticket", code: ticket[1] };
  const booked = text.match(/^https?:\/\/\S+\/([\w-]{4,40})\/?$/) || text.match(/^([\w-]{4,40})$/);
  return booked ? { kind: "appointment", code: booked[1] } : { kind: "unknown", code: "" };
}
