// What every desk page does: live parts and forms.
import "./forms.js";
import { listen } from "./live.js";

listen();
