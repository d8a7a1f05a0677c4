import { render } from "preact";
import { Shell } from "./parts/shell.tsx";
import { startAnnouncer } from "./state/announcer.ts";
import { keepFocus } from "./state/focusKeeper.ts";
import { startLive } from "./state/live.ts";

const root = document.getElementById("app");
if (root === null) throw new Error("index.html has no #app");
startLive();
startAnnouncer();
render(<Shell />, root);
keepFocus(root);
