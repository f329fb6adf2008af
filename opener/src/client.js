// The page's side of the desk: asks, hears of progress, and can give up.

import { makeDesk } from "./desk.js";

/** A client: ask(request, onProgress) -> { done } or { word }, and cancel(). `source`: the script that a worker runs. */
export function makeClient(source) {
  let worker = null;
  let desk = null; // in the page, for a browser that starts no worker under file://; nothing can be cancelled there
  let progress = () => {};
  let settle = () => {};

  function ask(request, onProgress = () => {}) {
    progress = onProgress;
    if (desk) return desk(request);
    worker ??= startWorker();
    return new Promise((resolve) => {
      settle = resolve;
      worker.onerror = (event) => {
        event.preventDefault();
        resolve(withoutWorker(request));
      };
      worker.postMessage(request);
    });
  }

  function startWorker() {
    const made = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })), { name: "azukari" });
    made.onmessage = ({ data }) => ("step" in data ? progress(data.step, data.share) : settle(data));
    return made;
  }

  function withoutWorker(request) {
    worker = null;
    desk = makeDesk((step, share) => progress(step, share));
    return desk(request);
  }

  function cancel() {
    worker?.terminate();
    worker = null;
    settle({ word: "cancelled" });
  }

  return { ask, cancel };
}
