// Follows a job without loading the page anew, so that neither focus nor a screen reader is thrown back to its start.
"use strict";
const state = document.getElementById("state");
const pause = 1000 * Number(state.dataset.refresh || 2);

function show(fresh) {
  const said = state.querySelector("[role=status]");
  const news = fresh.querySelector("[role=status]");
  if (said.textContent.trim() !== news.textContent.trim()) said.replaceChildren(...news.childNodes);
  const far = state.querySelector("progress");
  const now = fresh.querySelector("progress");
  if (now.hasAttribute("value")) far.value = now.value; else far.removeAttribute("value");
  state.querySelector("label").textContent = fresh.querySelector("label").textContent;
}

async function look() {
  try {
    const answer = await fetch(location.href, { credentials: "same-origin", redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("state");
    if (!fresh || !fresh.dataset.refresh) { location.reload(); return; }
    show(fresh);
  } catch { /* the server rests, or the session is over: the next look, or the officer, will see */ }
  setTimeout(look, pause);
}

setTimeout(look, pause);
