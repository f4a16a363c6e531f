// Titles as they are typed: a combobox with a list, as WAI-ARIA has it.

const PAUSE = 90; // milliseconds without a key before the server is asked

export function completeTitles(input, say, chosen) {
  if (!input) return;
  const list = document.createElement("ul");
  list.id = "titles";
  list.className = "titles";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Films");
  input.after(list);
  for (const [name, value] of [
    ["role", "combobox"],
    ["aria-autocomplete", "list"],
    ["aria-expanded", "false"],
    ["aria-controls", list.id],
  ])
    input.setAttribute(name, value);

  let titles = [];
  let at = -1;
  let timer = 0;
  let asking = null;

  function close() {
    clearTimeout(timer);
    asking?.abort();
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function show(marked) {
    list.replaceChildren(
      ...titles.map((title, number) => {
        const item = document.createElement("li");
        item.id = `title-${number}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.textContent = title.title;
        if (title.year) {
          const year = document.createElement("small");
          year.textContent = title.year;
          item.append(" ", year);
        }
        item.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the field
        item.addEventListener("click", () => choose(number));
        return item;
      }),
    );
    at = -1;
    list.hidden = titles.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.removeAttribute("aria-activedescendant");
    say(titles.length ? `${titles.length} titles` : "No title begins so");
    const again = titles.findIndex((title) => title.id === marked?.id);
    if (again >= 0) mark(again); // the list came anew after a title had been moved to
  }

  function mark(number) {
    list.children[at]?.setAttribute("aria-selected", "false");
    at = (number + titles.length) % titles.length;
    const item = list.children[at];
    item.setAttribute("aria-selected", "true");
    item.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", item.id);
  }

  function choose(number) {
    const title = titles[number];
    input.value = "";
    close();
    chosen(title);
  }

  async function ask() {
    asking?.abort();
    asking = new AbortController();
    try {
      const params = new URLSearchParams({ q: input.value });
      const response = await fetch(`/api/suggest?${params}`, { signal: asking.signal });
      if (!response.ok) return close();
      const answer = await response.json();
      const marked = titles[at];
      titles = answer.titles;
      show(marked);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    if (input.value.trim()) timer = setTimeout(ask, PAUSE);
    else close();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden && titles.length && input.value.trim()) {
        list.hidden = false;
        input.setAttribute("aria-expanded", "true");
      }
      if (list.hidden) return;
      event.preventDefault();
      mark(event.key === "ArrowDown" ? at + 1 : at < 0 ? -1 : at - 1);
    } else if (event.key === "Enter" && !list.hidden && at >= 0) {
      event.preventDefault();
      choose(at);
    }
  });
  input.addEventListener("blur", close);
}
