// Numbers for when the server cannot be reached: blocks leased beforehand, kept on this machine, merged on return.

import { post } from "./api.js";
import { now } from "./clock.js";

const KEPT = "kiosk-blocks";
const isOffered = document.body.dataset.blocks !== undefined;
let isBusy = false;

const read = () => JSON.parse(localStorage.getItem(KEPT) || '{"blocks": {}, "issued": []}');
const keep = (state) => localStorage.setItem(KEPT, JSON.stringify(state));
const isGood = (block) => block && block.next <= block.last && Date.parse(block.until) > now();

// Whether a number can be given out for this service without the server.
export const has = (service) => isOffered && isGood(read().blocks[service]);

// The next number of the block, written down before it is shown.
export function issue(service, name) {
  const state = read();
  const block = state.blocks[service];
  if (!isGood(block)) return null;
  const ticket = { block: block.id, serial: block.next, service, issued_at: new Date(now()).toISOString() };
  block.next += 1;
  state.issued.push(ticket);
  keep(state);
  return { number: block.prefix + String(ticket.serial).padStart(3, "0"), name, at: ticket.issued_at };
}

// Merge what was given out while cut off, make sure of a block for each open service, and say that all is home.
export async function tend(services) {
  if (!isOffered || isBusy) return;
  isBusy = true;
  try {
    for (const id of new Set(read().issued.map((ticket) => ticket.block))) await merge(id);
    for (const service of services) if (!isGood(read().blocks[service])) await lease(service);
    if (!read().issued.length) await post("/api/v1/blocks/renew");
  } catch (refusal) {
    if (refusal.status === undefined) throw refusal; // else the next heartbeat tries again
  } finally {
    isBusy = false;
  }
}

async function merge(id) {
  const issued = read().issued.filter((ticket) => ticket.block === id);
  const numbers = issued.map(({ serial, issued_at }) => ({ serial, issued_at }));
  await post(`/api/v1/blocks/${id}/merge`, { issued: numbers }, `merge-${id}-${issued.at(-1).serial}`);
  const state = read();
  const sent = new Set(numbers.map((one) => one.serial));
  state.issued = state.issued.filter((ticket) => ticket.block !== id || !sent.has(ticket.serial));
  keep(state);
  await lease(issued[0].service);
}

// A machine that has no note of its block must not give the same numbers out again.
async function lease(service) {
  const known = read().blocks[service];
  try {
    const block = await post("/api/v1/blocks", { service, has_forgotten: !known });
    const state = read();
    const next = known && known.id === block.id ? Math.max(known.next, block.first) : block.first;
    state.blocks[service] = { ...block, next };
    keep(state);
  } catch (refusal) {
    if (refusal.status !== 409) throw refusal; // a service that is paused now has no block
  }
}
