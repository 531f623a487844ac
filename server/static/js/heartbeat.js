// Tells supervisors that this device's page is there.

import { post } from "./api.js";

const SECONDS = 30;
const beat = () => post("/api/v1/devices/seen").catch(() => {}); // told again in half a minute

beat();
setInterval(beat, SECONDS * 1000);
