// The page works without this. With it, answers come without leaving the page, and titles complete as they are typed.

import { completeTitles } from "./titles.js";

const status = document.getElementById("status");
let asking = null;

// Each state of the page is an address: fetch it, take its <main>, and put that in the place of ours.
async function go(address, { push = true, focus = null, stay = false, top = null, form = null } = {}) {
  asking?.abort();
  const mine = (asking = new AbortController());
  const main = document.getElementById("main");
  main.setAttribute("aria-busy", "true");
  say("Searching…");
  try {
    const sent = form ? { method: "POST", body: new URLSearchParams(new FormData(form)) } : {};
    const response = await fetch(address, { signal: mine.signal, headers: { Accept: "text/html" }, ...sent });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const next = page.getElementById("main");
    if (!next) throw new Error("no page");
    if (push) {
      keepPlace();
      history.pushState({ top: 0 }, "", response.redirected ? response.url : address);
    }
    const fields = push ? fieldsInWork(main, focus) : null;
    if (focus) keepOpen(main, next);
    main.replaceWith(document.importNode(next, true));
    document.title = page.title;
    wire();
    arrive(focus, stay, fields, top);
  } catch (error) {
    if (error.name === "AbortError") return;
    main.removeAttribute("aria-busy");
    say("The server can't be reached.");
    complain(main);
  } finally {
    if (asking === mine) asking = null;
  }
}

// Where the focus goes: back to the field that one was in, else to the heading of the answers.
function arrive(focus, stay, fields, top) {
  const heading = document.getElementById("found");
  const again = focus && document.getElementById(focus);
  if (again) {
    again.focus({ preventScroll: true });
    if (fields && typeof again.setSelectionRange === "function") again.setSelectionRange(...fields);
  } else if (stay !== false) {
    const card = document.querySelectorAll(".cards > li")[stay];
    (card?.querySelector("h3 a") ?? heading)?.focus({ preventScroll: true });
  } else {
    (heading ?? document.getElementById("main")).focus({ preventScroll: true });
  }
  if (top !== null) scrollTo(0, top);
  else if (stay === false && !again) {
    scrollTo(0, 0);
    if (heading?.getBoundingClientRect().top > innerHeight * 0.6) heading.scrollIntoView(); // on a phone
  }
  say(heading?.textContent ?? document.title);
}

// Filters stay open while one of them is being set.
function keepOpen(main, next) {
  for (const name of [".filters", ".filters .without"])
    if (main.querySelector(name)?.open) next.querySelector(name)?.setAttribute("open", "");
}

function fieldsInWork(main, focus) {
  const field = focus && main.querySelector(`#${CSS.escape(focus)}`);
  return field && "selectionStart" in field && field.selectionStart !== null
    ? [field.selectionStart, field.selectionEnd]
    : null;
}

function say(text) {
  status.textContent = text;
}

function complain(main) {
  if (main.querySelector("#unreached")) return;
  const said = document.createElement("p");
  said.id = "unreached";
  said.className = "note";
  said.textContent = "The server can't be reached. What you see is the answer from before.";
  main.prepend(said);
}

function keepPlace() {
  history.replaceState({ ...history.state, top: scrollY }, "");
}

// The address that a form's fields make; empty ones are left out, so that it stays short.
function addressOf(form) {
  const params = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value.trim()) params.append(name, value.trim());
  const query = params.toString();
  return form.getAttribute("action") + (query ? `?${query}` : "");
}

const plain = (event) => !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button);

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-live]");
  if (!link || !plain(event)) return;
  event.preventDefault();
  const stay = "stay" in link.dataset ? document.querySelectorAll(".cards > li").length : false;
  go(link.getAttribute("href"), { stay });
});

// A mark changes the page where one is: the focus goes to the same card, or to the one that comes in its place.
document.addEventListener("submit", (event) => {
  const form = event.target.closest?.("form[data-mark]");
  if (!form) return;
  event.preventDefault();
  const card = [...document.querySelectorAll(".cards > li")].indexOf(form.closest(".cards > li"));
  go(form.getAttribute("action"), { push: false, stay: card < 0 ? false : card, top: scrollY, form });
});

addEventListener("popstate", (event) => {
  if (event.state === null && location.hash) return; // the skip link: another place on the same page
  go(location.href, { push: false, top: event.state?.top ?? 0 });
});
addEventListener("pagehide", keepPlace);

function wire() {
  const form = document.querySelector("form[data-live]");
  if (!form) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(addressOf(form));
  });
  form.querySelector("textarea")?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.querySelector(".filters")?.addEventListener("change", (event) => {
    if (form.elements.plot.value.trim() || form.querySelector('[type="hidden"]'))
      go(addressOf(form), { focus: event.target.id });
  });
  completeTitles(form.querySelector("#title"), say, (title) => {
    const params = new URLSearchParams(addressOf(form).split("?")[1] ?? "");
    params.delete("title");
    params.append("like", title.id);
    go(`/?${params}`);
  });
}

history.scrollRestoration = "manual";
wire();
