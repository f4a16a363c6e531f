// The field of points: draws it on a canvas, moves it, and knows which film is where. It knows nothing of the page.

const MARGIN = 36;
const CLOSEST = 120; // how far one can go in, against the whole
const REACH = 16; // pixels from the pointer to a film that counts as under it
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Field {
  constructor(canvas, films, listen) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.films = films; // {x, y, titles}: x and y of 0 to 1, in one scale
    this.count = films.x.length;
    this.listen = listen; // {hover(film), pick(film)}; film is -1 for none
    this.colours = [];
    this.of = [];
    this.hidden = new Set();
    this.lit = new Map(); // film -> its rank among the answers, or 0
    this.hovered = -1;
    this.chosen = -1;
    this.steered = false; // by keys: the film nearest to the middle is the one spoken of
    this.view = { x: 0.5, y: 0.5, scale: 1 }; // the middle, and pixels to the unit
    this.stretch = 1; // of x, so that the map fills a wide window or a narrow one
    this.whole = bounds(films, films.x.keys());
    this.pointers = new Map();
    this.cells = makeCells(films.x, films.y);
    this.byLevel = new Map();
    this.size();
    this.fit(null, false);
    new ResizeObserver(() => this.size()).observe(canvas);
    this.attend();
  }

  // what is shown

  paint({ colours, of, ground, ink, soft, accent }) {
    Object.assign(this, { colours, of, ground, ink, soft, accent });
    this.draw();
  }

  light(films) {
    this.lit = new Map(films.map((film, at) => [film, at + 1]));
    this.draw();
  }

  choose(film) {
    this.chosen = film;
    this.draw();
  }

  hide(groups) {
    this.hidden = groups;
    this.draw();
  }

  visible(film) {
    return !this.hidden.has(this.of[film]) || this.lit.has(film) || film === this.chosen;
  }

  // where it is looked at from

  size() {
    const box = this.canvas.getBoundingClientRect();
    const ratio = Math.min(devicePixelRatio || 1, 3);
    const whole = this.width && this.atHome();
    this.width = Math.max(box.width, 1);
    this.height = Math.max(box.height, 1);
    this.ratio = ratio;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    const room = this.room();
    const { left, right, top, bottom } = this.whole;
    this.stretch = clamp((room[0] / room[1]) * ((bottom - top) / Math.max(right - left, 0.04)), 0.6, 1.9);
    this.base = this.around(this.whole).scale;
    if (!this.steered) this.hover(-1);
    if (whole) this.fit(null, false);
    else this.draw();
  }

  room() {
    return [Math.max(this.width - 2 * MARGIN, 40), Math.max(this.height - 2 * MARGIN, 40)];
  }

  atHome() {
    return Math.abs(this.view.scale / this.base - 1) < 0.01;
  }

  around({ left, right, top, bottom }) {
    const [wide, high] = this.room();
    const scale = Math.min(wide / this.stretch / Math.max(right - left, 0.04), high / Math.max(bottom - top, 0.04));
    return { x: (left + right) / 2, y: (top + bottom) / 2, scale };
  }

  fit(films, moved = true) {
    this.go(this.around(films?.length ? bounds(this.films, films) : this.whole), moved);
  }

  go(view, moved = true) {
    cancelAnimationFrame(this.moving);
    const from = { ...this.view };
    if (!moved || still.matches) {
      this.view = view;
      this.draw();
      return;
    }
    const began = performance.now();
    const step = (now) => {
      const t = Math.min((now - began) / 420, 1);
      const eased = 1 - (1 - t) ** 3;
      const scale = from.scale * (view.scale / from.scale) ** eased;
      // keep the straight line straight while the scale changes
      const done = Math.abs(view.scale - from.scale) < 1e-9 ? eased : (1 / from.scale - 1 / scale) / (1 / from.scale - 1 / view.scale);
      this.view = { x: from.x + (view.x - from.x) * done, y: from.y + (view.y - from.y) * done, scale };
      this.render();
      if (t < 1) this.moving = requestAnimationFrame(step);
      else this.tell();
    };
    this.moving = requestAnimationFrame(step);
  }

  zoom(factor, x = this.width / 2, y = this.height / 2, moved = false) {
    const scale = Math.min(Math.max(this.view.scale * factor, this.base * 0.6), this.base * CLOSEST);
    const [worldX, worldY] = this.world(x, y);
    const view = { scale, x: worldX - (x - this.width / 2) / scale / this.stretch, y: worldY - (y - this.height / 2) / scale };
    this.go({ scale, x: clamp(view.x, 0, 1), y: clamp(view.y, 0, 1) }, moved);
    if (!moved) this.tell();
  }

  pan(x, y) {
    cancelAnimationFrame(this.moving);
    const { scale } = this.view;
    this.view = { scale, x: clamp(this.view.x - x / scale / this.stretch, 0, 1), y: clamp(this.view.y - y / scale, 0, 1) };
    this.draw();
    this.tell();
  }

  see(film) {
    const [x, y] = this.screen(film);
    const within = x > MARGIN && y > MARGIN && x < this.width - MARGIN && y < this.height - MARGIN;
    if (!within) this.go({ ...this.view, x: this.films.x[film], y: this.films.y[film] });
  }

  screen(film) {
    const { x, y, scale } = this.view;
    return [(this.films.x[film] - x) * scale * this.stretch + this.width / 2, (this.films.y[film] - y) * scale + this.height / 2];
  }

  world(x, y) {
    const { scale } = this.view;
    return [this.view.x + (x - this.width / 2) / scale / this.stretch, this.view.y + (y - this.height / 2) / scale];
  }

  at(x, y, reach = REACH) {
    const [worldX, worldY] = this.world(x, y);
    const far = reach / this.view.scale / Math.min(this.stretch, 1);
    let [best, least] = [-1, reach * reach];
    for (const film of this.cells.near(worldX, worldY, far)) {
      if (!this.visible(film)) continue;
      const [filmX, filmY] = this.screen(film);
      const apart = (filmX - x) ** 2 + (filmY - y) ** 2;
      if (apart < least) [best, least] = [film, apart];
    }
    return best;
  }

  tell() {
    if (this.steered) this.hover(this.at(this.width / 2, this.height / 2, Math.max(this.width, this.height)));
  }

  hover(film) {
    if (film === this.hovered) return;
    this.hovered = film;
    this.canvas.style.cursor = film < 0 ? "grab" : "pointer";
    this.listen.hover(film);
    this.draw();
  }

  // hands

  attend() {
    const { canvas } = this;
    const here = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 18 : 1;
      this.zoom(Math.exp(clamp(-event.deltaY * lines, -240, 240) * (event.ctrlKey ? 0.01 : 0.0022)), ...here(event));
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, here(event));
      if (this.pointers.size === 1) this.travelled = 0;
      this.steered = false;
    });
    canvas.addEventListener("pointermove", (event) => {
      const [x, y] = here(event);
      const before = this.pointers.get(event.pointerId);
      if (!before) {
        this.steered = false;
        this.hover(this.at(x, y));
        return;
      }
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
      this.pointers.set(event.pointerId, [x, y]);
      this.travelled += Math.hypot(x - before[0], y - before[1]);
      if (other) {
        const spread = Math.hypot(x - other[0], y - other[1]) / Math.max(Math.hypot(before[0] - other[0], before[1] - other[1]), 1);
        this.pan((x - before[0]) / 2, (y - before[1]) / 2);
        this.zoom(spread, (x + other[0]) / 2, (y + other[1]) / 2);
      } else if (this.travelled > 4) {
        this.pan(x - before[0], y - before[1]);
      }
    });
    const up = (event) => {
      const was = this.pointers.delete(event.pointerId);
      if (was && event.type === "pointerup" && this.travelled <= 4 && !this.pointers.size) {
        const film = this.at(...here(event), event.pointerType === "mouse" ? REACH : 1.6 * REACH);
        this.hover(film);
        this.listen.pick(film);
      }
    };
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("pointerleave", () => this.pointers.size || this.hover(-1));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => {
      this.steered = false;
      this.hover(-1);
    });
  }

  key(event) {
    const step = event.shiftKey ? 200 : 60;
    const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    const acts = {
      "+": () => this.zoom(1.5),
      "=": () => this.zoom(1.5),
      "-": () => this.zoom(1 / 1.5),
      "0": () => this.fit(null),
      Enter: () => this.listen.pick(this.hovered),
      Escape: () => this.listen.pick(-1),
    };
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in moves || event.key in acts)) return;
    event.preventDefault();
    this.steered = true;
    if (event.key in moves) this.pan(...moves[event.key]);
    else {
      this.tell();
      acts[event.key]();
    }
  }

  // ink

  draw() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.render();
    });
  }

  radius() {
    const first = clamp(90 / Math.sqrt(this.count), 1.6, 5) * Math.min(1, 0.55 + this.width / 2400);
    return Math.min(first * (this.view.scale / this.base) ** 0.3, 9);
  }

  render() {
    const { context: pen, ratio } = this;
    if (!this.colours.length) return;
    const radius = this.radius();
    this.stamp(Math.max(radius * ratio, 0.9), this.lit.size > 0);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.lines();
    for (const film of [...this.lit.keys()].reverse()) this.ring(film, Math.max(radius * 1.35, 4.5), this.ink, 1.25);
    if (this.chosen >= 0) this.ring(this.chosen, Math.max(radius * 1.6, 7), this.accent, 3);
    if (this.hovered >= 0) this.ring(this.hovered, Math.max(radius * 1.3, 5.5), this.ink, 2);
    this.names(radius);
    if (this.steered) this.cross();
  }

  // Ten thousand dots, put into the picture's own pixels: several times as fast as drawing each, with or without a GPU.
  stamp(radius, quiet) {
    const [wide, high] = [this.canvas.width, this.canvas.height];
    const edge = Math.ceil(radius) + 2; // room around, so that no dot need be cut
    const across = wide + 2 * edge;
    if (this.picture?.width !== across || this.picture.height !== high + 2 * edge) {
      this.picture = new ImageData(across, high + 2 * edge);
      this.pixels = new Uint32Array(this.picture.data.buffer);
    }
    const { pixels } = this;
    const ground = channels(this.ground);
    const paints = this.colours.map((colour) => mixed(channels(colour), ground, quiet ? 0.25 : 0.92));
    pixels.fill(packed(ground));
    const { offsets, shares } = dot(radius, across);
    const [scaleX, scaleY] = [this.view.scale * this.stretch * this.ratio, this.view.scale * this.ratio];
    const [shiftX, shiftY] = [wide / 2 - this.view.x * scaleX + edge, high / 2 - this.view.y * scaleY + edge];
    const rest = this.colours.length - 1;
    for (const pass of [true, false]) { // those of no group lie under the others
      for (let film = 0; film < this.count; film++) {
        const group = this.of[film];
        if ((group === rest) !== pass || this.hidden.has(group)) continue;
        const x = Math.round(this.films.x[film] * scaleX + shiftX);
        const y = Math.round(this.films.y[film] * scaleY + shiftY);
        if (x < edge - 1 || y < edge - 1 || x > wide + edge || y > high + edge) continue;
        const [red, green, blue] = paints[group];
        const full = packed(paints[group]);
        const middle = y * across + x;
        for (let at = 0; at < offsets.length; at++) {
          const pixel = middle + offsets[at];
          const share = shares[at];
          if (share === 256) {
            pixels[pixel] = full;
          } else {
            const under = pixels[pixel];
            const left = 256 - share;
            pixels[pixel] = (255 << 24)
              | (((blue * share + ((under >> 16) & 255) * left) >> 8) << 16)
              | (((green * share + ((under >> 8) & 255) * left) >> 8) << 8)
              | ((red * share + (under & 255) * left) >> 8);
          }
        }
      }
    }
    this.context.putImageData(this.picture, -edge, -edge);
  }

  lines() {
    if (this.chosen < 0) return;
    const { context: pen } = this;
    const [x, y] = this.screen(this.chosen);
    pen.strokeStyle = this.soft;
    pen.globalAlpha = 0.5;
    pen.lineWidth = 1;
    pen.beginPath();
    for (const film of this.lit.keys()) {
      pen.moveTo(x, y);
      pen.lineTo(...this.screen(film));
    }
    pen.stroke();
    pen.globalAlpha = 1;
  }

  ring(film, radius, colour, wide) {
    const { context: pen } = this;
    const [x, y] = this.screen(film);
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fillStyle = this.colours[this.of[film]];
    pen.fill();
    pen.lineWidth = wide;
    pen.strokeStyle = colour;
    pen.stroke();
  }

  cross() {
    const { context: pen } = this;
    const [x, y] = [this.width / 2, this.height / 2];
    pen.strokeStyle = this.ink;
    pen.lineWidth = 1.5;
    pen.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      pen.moveTo(x + dx * 6, y + dy * 6);
      pen.lineTo(x + dx * 14, y + dy * 14);
    }
    pen.stroke();
  }

  names(radius) {
    const { context: pen } = this;
    const taken = [];
    pen.font = `italic 14px ${this.serif}`;
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    pen.lineWidth = 4;
    pen.strokeStyle = this.ground;
    pen.fillStyle = this.ink;
    const write = (film, text, must) => {
      const [x, y] = this.screen(film);
      if (x < 0 || y < 8 || x > this.width || y > this.height - 8) return;
      const wide = pen.measureText(text).width;
      const gap = Math.max(radius, 5) + 4;
      const left = x + gap + wide > this.width - 4 ? x - gap - wide : x + gap;
      const box = [left - 3, y - 9, left + wide + 3, y + 9];
      if (left < 2 || taken.some((one) => box[0] < one[2] && one[0] < box[2] && box[1] < one[3] && one[1] < box[3])) {
        if (!must) return;
      }
      taken.push(box);
      pen.strokeText(text, left, y);
      pen.fillText(text, left, y);
    };
    if (this.chosen >= 0) write(this.chosen, short(this.films.titles[this.chosen]), true);
    if (this.hovered >= 0) {
      const [x, y] = this.screen(this.hovered);
      taken.push([x - 10, y - 10, x + 10, y + 10]);
    }
    for (const film of this.lit.keys()) write(film, short(this.films.titles[film]), false);
    if (this.lit.size) return;
    for (const film of this.prominent()) {
      if (!this.hidden.has(this.of[film]) && film !== this.hovered) write(film, short(this.films.titles[film]), false);
    }
  }

  // At each doubling of the scale the plane is cut into cells of a name's size, and the first film in each is named:
  // so names stay where they are while one moves.
  prominent() {
    const level = Math.round(Math.log2(this.view.scale / 160));
    const name = `${level} ${this.stretch} ${[...this.hidden].join()}`;
    if (!this.byLevel.has(name)) {
      if (this.byLevel.size > 40) this.byLevel.clear();
      const scale = 160 * 2 ** level;
      const first = new Map();
      for (let film = 0; film < this.count; film++) {
        if (this.hidden.has(this.of[film])) continue;
        const cell = `${Math.floor((this.films.x[film] * scale * this.stretch) / 190)} ${Math.floor((this.films.y[film] * scale) / 64)}`;
        if (!first.has(cell)) first.set(cell, film);
      }
      this.byLevel.set(name, [...first.values()].sort((a, b) => a - b));
    }
    const { scale, x, y } = this.view;
    const [wide, high] = [this.width / 2 / scale / this.stretch, this.height / 2 / scale];
    return this.byLevel.get(name).filter((film) => Math.abs(this.films.x[film] - x) < wide && Math.abs(this.films.y[film] - y) < high);
  }
}

function makeCells(xs, ys) {
  const side = Math.max(1, Math.ceil(Math.sqrt(xs.length / 2)));
  const cells = new Map();
  const cell = (value) => clamp(Math.floor(value * side), 0, side - 1);
  xs.forEach((x, film) => {
    const name = cell(x) * side + cell(ys[film]);
    if (!cells.has(name)) cells.set(name, []);
    cells.get(name).push(film);
  });
  return {
    *near(x, y, far) {
      for (let column = cell(x - far); column <= cell(x + far); column++) {
        for (let row = cell(y - far); row <= cell(y + far); row++) yield* cells.get(column * side + row) ?? [];
      }
    },
  };
}

// The pixels of a dot about its middle, as steps in the picture, and how much of each it covers, in 256ths.
function dot(radius, across) {
  const [offsets, shares] = [[], []];
  const far = Math.ceil(radius);
  for (let y = -far; y <= far; y++) {
    for (let x = -far; x <= far; x++) {
      const share = Math.round(256 * clamp(radius + 0.5 - Math.hypot(x, y), 0, 1));
      if (share > 0) {
        offsets.push(y * across + x);
        shares.push(share);
      }
    }
  }
  return { offsets, shares };
}

function channels(colour) {
  const rgb = Number.parseInt(colour.slice(1), 16);
  return [rgb >> 16, (rgb >> 8) & 255, rgb & 255];
}

function mixed(over, under, share) {
  return over.map((value, at) => Math.round(value * share + under[at] * (1 - share)));
}

function packed([red, green, blue]) {
  return (255 << 24) | (blue << 16) | (green << 8) | red;
}

function bounds(films, rows) {
  const found = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (const film of rows) {
    found.left = Math.min(found.left, films.x[film]);
    found.right = Math.max(found.right, films.x[film]);
    found.top = Math.min(found.top, films.y[film]);
    found.bottom = Math.max(found.bottom, films.y[film]);
  }
  return found;
}

function short(title) {
  return title.length > 34 ? `${title.slice(0, 33).trimEnd()}…` : title;
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
