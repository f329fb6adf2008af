// One script for the page and for its worker: the worker runs exactly the text whose hash the page's policy names.

import { makeDesk } from "./desk.js";
import { startPage } from "./page.js";

if (typeof document === "undefined") {
  const desk = makeDesk((step, share) => postMessage({ step, share }));
  addEventListener("message", async ({ data }) => postMessage(await desk(data)));
} else {
  startPage(document.currentScript.textContent);
}
