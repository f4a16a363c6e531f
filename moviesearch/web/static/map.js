// The page of the map: fetches it, colours it, lights answers up, and lists what is chosen beside it.

import { Field } from "./field.js";

const page = document.getElementById("film-map");
const canvas = page.querySelector("canvas");
const status = document.getElementById("status");
const [card, beside, legend, form] = ["map-card", "map-beside", "map-legend", "map-ask"].map((id) => document.getElementById(id));
const dark = matchMedia("(prefers-color-scheme: dark)");
const PATIENCE = 1500;

let data;
let field;
let rows = new Map(); // id -> film
let colouring = new URLSearchParams(location.search).get("colour") === "decade" ? "decade" : "genre";
let hidden = new Set();
let asked = 0;

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function say(text, wrong = false) {
  status.textContent = text;
  const note = page.querySelector(".map-note");
  note.textContent = text;
  note.hidden = !text;
  note.classList.toggle("wrong", wrong);
}

const named = (film) => (data.years[film] ? `${data.titles[film]} (${data.years[film]})` : data.titles[film]);
const pageOf = (film) => `/films/${encodeURIComponent(data.ids[film])}`;
const genresOf = (film) => data.genres_of[film].map((genre) => data.genres[genre]).join(", ");

// the map itself

async function fetched(address) {
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail || `the server says ${response.status}`);
  return [response.status, answer];
}

async function load() {
  try {
    for (;;) {
      const [code, answer] = await fetched("/api/map");
      if (code === 200) {
        data = answer;
        break;
      }
      say(`The map of ${answer.films.toLocaleString()} films is being laid out. This page shows it when it is done.`);
      await new Promise((done) => setTimeout(done, PATIENCE));
    }
  } catch (error) {
    say(`There is no map to show: ${error.message}`, true);
    return;
  }
  if (!data.ids.length) {
    say("There are no films in this collection.");
    return;
  }
  say("");
  rows = new Map(data.ids.map((id, film) => [id, film]));
  const unit = 1 / 65535;
  const films = { x: data.x.map((x) => x * unit), y: data.y.map((y) => y * unit), titles: data.titles };
  field = new Field(canvas, films, { hover: showCard, pick });
  field.serif = getComputedStyle(document.documentElement).getPropertyValue("--serif") || "serif";
  page.dataset.ready = "";
  colour();
  page.field = field; // for the console, and for tests
  page.rows = rows;
  await follow(false);
}

function colour() {
  const style = getComputedStyle(document.documentElement);
  const groups = data.colourings[colouring];
  const [ground, ink, soft, accent] = ["--paper", "--ink", "--soft", "--accent"].map((name) => style.getPropertyValue(name).trim());
  field.hidden = hidden;
  field.paint({ colours: groups[dark.matches ? "dark" : "light"], of: groups.of, ground, ink, soft, accent });
  const counts = groups.names.map(() => 0);
  for (const group of groups.of) counts[group]++;
  legend.replaceChildren(
    ...groups.names.flatMap((name, group) => {
      if (!counts[group]) return [];
      const dot = element("span", { className: "dot", ariaHidden: "true" });
      dot.style.background = field.colours[group];
      const toggle = element("button", { type: "button" }, dot, name, element("small", {}, counts[group].toLocaleString()));
      toggle.setAttribute("aria-pressed", String(!hidden.has(group)));
      toggle.addEventListener("click", () => {
        if (!hidden.delete(group)) hidden.add(group);
        toggle.setAttribute("aria-pressed", String(!hidden.has(group)));
        field.hide(new Set(hidden));
      });
      return [element("li", {}, toggle)];
    }),
  );
}

function showCard(film) {
  card.hidden = film < 0;
  if (film < 0) return;
  card.replaceChildren(element("b", {}, named(film)), element("span", {}, genresOf(film)));
  const [x, y] = field.screen(film);
  const right = x > field.width - card.offsetWidth - 24;
  const below = y < card.offsetHeight + 24;
  card.style.left = `${right ? x - card.offsetWidth - 12 : x + 12}px`;
  card.style.top = `${below ? y + 14 : y - card.offsetHeight - 14}px`;
  if (field.steered) status.textContent = named(film);
}

// what is beside it

function list(heading, films, chosen = -1) {
  const items = films.map((film) => {
    const show = element("button", { type: "button", className: "pick" }, data.titles[film]);
    if (data.years[film]) show.append(" ", element("small", {}, data.years[film]));
    show.addEventListener("click", () => pick(film));
    for (const kind of ["pointerenter", "focus"]) show.addEventListener(kind, () => field.hover(film));
    for (const kind of ["pointerleave", "blur"]) show.addEventListener(kind, () => field.hover(-1));
    const more = element("a", { href: `/?like=${encodeURIComponent(data.ids[film])}` }, "more like this");
    more.setAttribute("aria-label", `more like ${data.titles[film]}`);
    return element("li", {}, show, more);
  });
  const title = element("h2", { tabIndex: -1 }, heading);
  const shown = [title];
  if (chosen >= 0) {
    title.replaceChildren(element("a", { href: pageOf(chosen) }, named(chosen)));
    shown.push(element("p", { className: "kind" }, genresOf(chosen)), element("p", { className: "soft" }, "Nearest in story:"));
  }
  shown.push(items.length ? element("ol", {}, ...items) : element("p", { className: "soft" }, "No film matches."));
  if (location.search) {
    const whole = element("button", { type: "button", className: "whole" }, "Show the whole map");
    whole.addEventListener("click", () => pick(-1));
    shown.push(whole);
  }
  beside.replaceChildren(...shown);
  beside.hidden = false;
}

async function pick(film) {
  const params = new URLSearchParams();
  if (film >= 0) params.set("film", data.ids[film]);
  go(params);
}

function go(params) {
  if (colouring === "decade") params.set("colour", "decade");
  const query = params.toString();
  const address = query ? `/map?${query}` : "/map";
  if (address !== location.pathname + location.search) history.pushState(null, "", address);
  follow(true);
}

const NAMES = { plot: "plot", like: "id", unlike: "unlike" };
const FILTERS = [
  "year_from", "year_to", "genre", "not_genre", "director", "cast", "country", "language", "runtime_from", "runtime_to",
];
for (const name of FILTERS) NAMES[name] = name;

// Show what the address asks for: a film and its neighbours, the answers of a search, or the whole.
async function follow(moved) {
  const mine = ++asked;
  const params = new URLSearchParams(location.search);
  const film = rows.get(params.get("film")) ?? -1;
  form.elements.plot.value = params.get("plot") ?? "";
  field.choose(film);
  if (film < 0 && !params.get("plot") && !params.get("like")) {
    field.light([]);
    beside.hidden = true;
    beside.replaceChildren();
    field.size();
    say("");
    field.fit(null, moved);
    return;
  }
  const query = new URLSearchParams({ limit: film < 0 ? 30 : 12 });
  for (const [name, value] of params) if (name in NAMES && value.trim() && film < 0) query.append(NAMES[name], value.trim());
  page.setAttribute("aria-busy", "true");
  try {
    const from = film < 0 ? `/api/search?${query}` : `/api/films/${encodeURIComponent(data.ids[film])}/similar?${query}`;
    const [, answer] = await fetched(from);
    if (mine !== asked) return;
    const found = answer.results.map((result) => rows.get(result.id)).filter((row) => row !== undefined);
    field.light(found);
    list(found.length === 1 ? "One film" : `${found.length} films`, found, film);
    field.size(); // the list has taken of its width
    say("");
    status.textContent = film < 0 ? `${found.length} films are lit up on the map` : `${named(film)} and ${found.length} films like it`;
    if (film < 0) field.fit(found.slice(0, 10), moved);
    else if (moved) field.see(film);
    else field.fit([film, ...found], false);
  } catch (error) {
    if (mine === asked) say(`That could not be searched: ${error.message}`, true);
  } finally {
    if (mine === asked) page.removeAttribute("aria-busy");
  }
}

form.addEventListener("submit", (event) => {
  if (!field) return;
  event.preventDefault();
  const plot = form.elements.plot.value.trim();
  go(new URLSearchParams(plot ? { plot } : {}));
});
for (const choice of document.querySelectorAll("#map-colour input")) {
  choice.checked = choice.value === colouring;
  choice.addEventListener("change", () => {
    colouring = choice.value;
    hidden = new Set();
    const params = new URLSearchParams(location.search);
    params.delete("colour");
    if (colouring === "decade") params.set("colour", "decade");
    history.replaceState(null, "", params.size ? `/map?${params}` : "/map");
    if (field) colour();
  });
}
for (const [id, act] of [["map-in", () => field.zoom(1.6, undefined, undefined, true)], ["map-out", () => field.zoom(1 / 1.6, undefined, undefined, true)], ["map-fit", () => field.fit(null)]]) {
  document.getElementById(id).addEventListener("click", () => field && act());
}
addEventListener("popstate", () => field && follow(true));
dark.addEventListener("change", () => field && colour());
load();
