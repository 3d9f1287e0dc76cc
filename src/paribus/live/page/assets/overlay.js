// Every run's curve in one picture for each data set: a colour a variant, along the dose for those of a sweep, seed 0
// thick, the other seeds thin, the base grey, names at the ends of the lines. The numbers come from the page's stream; see live.js.
(function () {
  "use strict";
  const { data, element, live } = window.paribus;
  const FONT = "12px system-ui, sans-serif";
  const ROW = 15; // pixels from one name to the next
  const NEAR = 40; // pixels from the pointer to the line that it means
  const MIN_POINTS = 5; // percentage points that an accuracy axis spans at least
  const PART = 0.2; // part of a curve, from its start on, that may lie below the axis
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const words = (name, values) => data.words[name].replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
  const curves = new Map(); // a run's key to its curves
  const hidden = new Set(); // keys of variants
  const overlays = [];
  let metric = "score";
  const isShare = () => metric === "score" && data.score === "percent";

  // As many hues as variants, evenly spread; the order goes round in steps near the golden angle, so that neighbours
  // in the study differ most, and neighbouring hues have two shades.
  const count = Math.max(1, ...data.lines.map((line) => line.place));
  const divides = (a, b) => (b ? divides(b, a % b) : a === 1);
  const step = Array.from({ length: count }, (_, at) => at + 1).sort((a, b) => Math.abs(a - 0.382 * count) - Math.abs(b - 0.382 * count)).find((each) => divides(count, each));
  function colour({ place, base, dose }) {
    if (dose) return style(dose);
    if (base) return style("soft");
    const hue = (place * step) % count;
    const shade = hue % 2 ? (dark.matches ? 0.84 : 0.42) : dark.matches ? 0.7 : 0.58;
    return `oklch(${shade} 0.15 ${(30 + (hue * 360) / count) % 360})`;
  }

  const last = (values) => values.findLastIndex((value) => value !== null);
  const shown = (value) => {
    const places = isShare() ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : { maximumSignificantDigits: 4 };
    return value.toLocaleString(data.language, places) + (isShare() ? "%" : "");
  };

  class Overlay {
    constructor(figure) {
      this.figure = figure;
      this.plot = figure.querySelector(".plot");
      this.caption = figure.querySelector(".chart-title");
      this.all = data.lines.filter((line) => line.data === figure.dataset.overlay);
      this.lines = [];
      this.whole = false;
      this.focus = null; // {variant, line?, at?}
      this.tip = element("div", { class: "tip", hidden: "" });
      this.button = element("button", { type: "button", hidden: "", "aria-pressed": "false" }, data.words.whole);
      this.button.addEventListener("click", () => {
        this.whole = !this.whole;
        this.button.setAttribute("aria-pressed", String(this.whole));
        this.draw();
      });
      figure.querySelector(".tools").append(this.button);
      this.plot.tabIndex = 0;
      this.plot.setAttribute("role", "group");
      this.plot.addEventListener("keydown", (event) => this.key(event));
      this.plot.addEventListener("blur", () => this.point(null));
      new ResizeObserver(() => this.draw()).observe(this.plot);
    }

    // The lines that have numbers, thin ones first so that seed 0 lies on them.
    collect() {
      this.lines = this.all
        .filter((line) => curves.has(line.run) && !hidden.has(line.variant))
        .map((line) => ({ ...line, values: curves.get(line.run)[metric], running: curves.get(line.run).running }))
        .map((line) => ({ ...line, end: last(line.values) }))
        .filter((line) => line.end >= 0);
      const first = new Map();
      for (const line of this.lines) {
        const other = first.get(line.variant);
        if (!other || line.seed < other.seed) first.set(line.variant, line);
      }
      for (const line of this.lines) line.main = first.get(line.variant) === line;
      this.lines.sort((a, b) => a.main - b.main || b.base - a.base || a.place - b.place);
      this.epochs = Math.max(1, ...this.lines.map((line) => line.end + 1));
    }

    // Where variants fail, their values would press all others together: what ends far below the better half lies
    // outside, named at the edge.
    bounds() {
      const up = metric === "score"; // higher is better
      const share = isShare();
      const values = this.lines.flatMap((line) => line.values.filter((value) => value !== null));
      const isLog = !up && values.length > 0 && Math.min(...values) > 0 && Math.max(...values) > 30 * Math.min(...values);
      const scale = isLog ? Math.log : (value) => value;
      const mains = this.lines.filter((line) => line.main);
      const ends = mains.map((line) => scale(line.values[line.end]) * (up ? 1 : -1)).sort((a, b) => a - b);
      const at = (share) => ends[Math.round(share * (ends.length - 1))];
      const slack = Math.max(3 * (at(1) - at(0.5)), share ? 3 * MIN_POINTS : 0.5 * Math.abs(at(0.5)) || 0.1);
      const isOut = (line) => scale(line.values[line.end]) * (up ? 1 : -1) < at(0.5) - slack;
      const out = new Set(mains.filter(isOut).map((line) => line.variant));
      const inside = this.lines.filter((line) => !out.has(line.variant));
      const late = inside.flatMap((line) =>
        line.values.slice(Math.min(line.end, Math.floor(PART * (line.end + 1)))).filter((value) => value !== null),
      );
      const kept = this.whole || !late.length ? values : late;
      let [low, high] = kept.length ? [Math.min(...kept), Math.max(...kept)] : [0, 1];
      this.button.hidden = !this.whole && low <= Math.min(...values) && high >= Math.max(...values);
      this.isLog = isLog;
      if (isLog) return [low / 1.2, high * 1.2];
      const room = Math.max(0.05 * (high - low), share ? (MIN_POINTS - (high - low)) / 2 : 0);
      if (!up) return [Math.min(0, low), high + room || 1];
      if (!share) return [Math.max(low, -1) - room, Math.min(1.005, high + room)];
      high = Math.min(100.5, high + room);
      return [Math.max(-0.5, Math.min(low - room, high - MIN_POINTS)), high];
    }

    draw() {
      const width = this.plot.clientWidth;
      if (!width) return;
      this.collect();
      this.caption.textContent = this.figure.dataset[metric];
      this.plot.setAttribute("aria-label", `${this.caption.textContent}. ${data.words.help}`);
      const mains = this.lines.filter((line) => line.main).length;
      const height = Math.round(Math.min(640, Math.max(width < 600 ? 320 : 400, ROW * mains + 60)));
      const x = Array.from({ length: this.epochs }, (_, place) => place + 1);
      const rows = this.lines.map((line) => x.map((_, place) => line.values[place] ?? null));
      if (this.lines.length) this.range = this.bounds();
      // Where the same lines have merely grown, they are drawn on the picture that is there.
      const shape = [width, height, this.isLog, metric, ...this.lines.map((line) => `${line.run} ${line.main}`)].join();
      if (this.u && shape === this.shape) {
        this.u.setData([x, ...rows]);
        this.place();
        return;
      }
      this.shape = shape;
      this.u?.destroy();
      this.u = null;
      this.tip.remove();
      if (!this.lines.length) {
        this.button.hidden = true;
        this.plot.replaceChildren(element("p", { class: "empty" }, data.words.nothing));
        return;
      }
      this.plot.replaceChildren();
      this.gutter = Math.round(Math.min(230, 0.36 * width));
      const axis = { stroke: style("soft"), ticks: { show: false }, font: FONT, grid: { stroke: style("rule"), width: 1 } };
      const whole = [1, 2, 5].flatMap((step) => [0, 1, 2, 3, 4].map((power) => step * 10 ** power)).sort((a, b) => a - b);
      // The first epoch, and the multiples of a round number.
      const epochs = (u, place, low, high, step) =>
        [low, ...Array.from({ length: Math.floor(high / step) }, (_, k) => (k + 1) * step).filter((tick) => tick > low)];
      const options = {
        width,
        height,
        legend: { show: false },
        cursor: { show: false },
        padding: [10, this.gutter, 0, 0],
        scales: {
          x: { time: false, range: () => (this.epochs > 1 ? [1, this.epochs] : [0.5, 1.5]) },
          y: { distr: this.isLog ? 3 : 1, range: () => this.range },
        },
        axes: [
          { ...axis, size: 28, gap: 4, label: data.words.epoch, labelSize: 16, labelFont: FONT, grid: { show: false }, incrs: whole, space: 44, splits: epochs, values: (u, ticks) => ticks.map((tick) => tick?.toLocaleString(data.language)) },
          { ...axis, size: 48, gap: 4, values: (u, ticks) => ticks.map((tick) => tick?.toLocaleString(data.language, { maximumSignificantDigits: 3 })) },
        ],
        series: [
          {},
          ...this.lines.map((line) => ({
            stroke: () => this.ink(line),
            width: line.main ? 2 : 1,
            points: { show: false },
          })),
        ],
        hooks: { draw: [(u) => this.names(u)] },
      };
      this.u = new uPlot(options, [x, ...rows], this.plot);
      // The names beside the lines' ends belong to what can be pointed at.
      this.u.root.addEventListener("pointermove", (event) => this.hover(event));
      this.u.root.addEventListener("pointerdown", (event) => this.hover(event));
      this.u.root.addEventListener("pointerleave", () => this.point(null));
      this.u.over.append(this.tip);
      this.place();
    }

    ink(line) {
      const faint = this.focus && (this.focus.variant !== line.variant || (this.focus.line && this.focus.line !== line.run && !line.main));
      const strength = faint ? 0.16 : line.main || this.focus?.line === line.run ? 1 : 0.4;
      return strength === 1 ? colour(line) : `color-mix(in srgb, ${colour(line)} ${100 * strength}%, transparent)`;
    }

    // Names beside the ends of the lines, pushed apart, as many as there is room for.
    names(u) {
      const ratio = devicePixelRatio;
      const { ctx, bbox } = u;
      const [top, bottom, right] = [bbox.top / ratio, (bbox.top + bbox.height) / ratio, (bbox.left + bbox.width) / ratio];
      const ends = this.lines
        .filter((line) => line.main)
        .map((line) => {
          const y = bbox.top / ratio + u.valToPos(line.values[line.end], "y");
          return { line, x: bbox.left / ratio + u.valToPos(line.end + 1, "x"), y, at: Math.min(bottom - 4, Math.max(top + 4, Number.isFinite(y) ? y : bottom)) };
        });
      const room = Math.max(1, Math.floor((bottom - top) / ROW));
      const wanted = (each) => (each.line.variant === this.focus?.variant ? 0 : each.line.running ? 1 : 2);
      const named = ends.sort((a, b) => wanted(a) - wanted(b) || a.at - b.at).slice(0, room).sort((a, b) => a.at - b.at);
      named.forEach((each, place) => (each.to = place ? Math.max(each.at, named[place - 1].to + ROW) : Math.max(top + 6, each.at)));
      let limit = bottom - 4;
      for (const each of [...named].reverse()) {
        each.to = Math.min(each.to, limit);
        limit = each.to - ROW;
      }
      this.named = named.map(({ line, to }) => ({ line, y: to - top }));
      ctx.save();
      ctx.scale(ratio, ratio);
      ctx.font = FONT;
      ctx.textBaseline = "middle";
      ctx.textAlign = "left";
      for (const { line, x, y, at, to } of named) {
        const ink = colour(line);
        ctx.globalAlpha = this.focus && this.focus.variant !== line.variant ? 0.25 : 1;
        ctx.strokeStyle = ctx.fillStyle = ink;
        const isOut = y > bottom || y < top || !Number.isFinite(y);
        if (!isOut && (line.running || line.end === 0)) {
          ctx.beginPath();
          ctx.arc(x, y, 3.5, 0, 7);
          ctx.fill();
        }
        ctx.lineWidth = 0.75;
        ctx.setLineDash([1, 3]);
        ctx.beginPath();
        ctx.moveTo(x + 4, at);
        ctx.lineTo(right + 2, at);
        ctx.lineTo(right + 10, to);
        ctx.stroke();
        ctx.setLineDash([]);
        const value = isOut ? ` ${y < top ? "↑" : "↓"} ${shown(line.values[line.end])}` : "";
        ctx.fillText(fitted(ctx, line.name, value, this.gutter - 16), right + 13, to);
      }
      ctx.restore();
    }

    hover(event) {
      const box = this.u.over.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      if (x > box.width + 8) {
        const name = this.named.find((each) => Math.abs(each.y - y) <= ROW / 2);
        this.point(name?.line ?? null, name?.line.end);
        return;
      }
      const place = Math.min(this.epochs, Math.max(1, Math.round(this.u.posToVal(x, "x")))) - 1;
      let best = null;
      let least = NEAR;
      for (const line of this.lines) {
        const value = line.values[place];
        if (value === null || value === undefined) continue;
        const away = Math.abs(this.u.valToPos(value, "y") - y) + (line.main ? 0 : 0.5);
        if (away < least) [best, least] = [line, away];
      }
      this.point(best, place);
    }

    point(line, place = 0) {
      const focus = line ? { variant: line.variant, line: line.run, at: place } : null;
      const same = focus?.line === this.focus?.line && focus?.at === this.focus?.at;
      if (same) return;
      this.focus = focus;
      this.u?.redraw(false);
      this.place();
    }

    look(variant) {
      if (!this.all.some((line) => line.variant === variant) && variant) return;
      this.focus = variant ? { variant } : null;
      this.u?.redraw(false);
      this.place();
    }

    place() {
      const line = this.focus?.line && this.lines.find((each) => each.run === this.focus.line);
      const value = line?.values[this.focus.at];
      this.tip.hidden = value === null || value === undefined || !this.u;
      if (this.tip.hidden) return;
      const [x, y] = [this.u.valToPos(this.focus.at + 1, "x"), this.u.valToPos(value, "y")];
      this.tip.textContent = words("point", { variant: line.name, seed: line.seed, epoch: (this.focus.at + 1).toLocaleString(data.language), value: shown(value) });
      const { width, height } = this.u.over.getBoundingClientRect();
      const room = this.tip.offsetWidth;
      const left = x + 12 + room > width + this.gutter ? x - 12 - room : x + 12;
      this.tip.style.left = `${Math.max(-40, left)}px`;
      this.tip.style.top = `${Math.min(height - 30, Math.max(0, y - 34))}px`;
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.lines.length) return;
      const at = this.focus?.at ?? this.epochs - 1;
      const there = this.lines.filter((line) => typeof line.values[at] === "number").sort((a, b) => b.values[at] - a.values[at]);
      const place = there.findIndex((line) => line.run === this.focus?.line);
      const line = there[place] ?? there[0] ?? this.lines[this.lines.length - 1];
      const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
      if (event.key === "Escape") this.point(null);
      else if (event.key in steps) {
        const [over, along] = steps[event.key];
        const chosen = over && place >= 0 ? there[Math.min(there.length - 1, Math.max(0, place + over))] : line;
        this.point(chosen, Math.min(chosen.end, Math.max(0, Math.min(at, chosen.end) + along)));
        live.textContent = this.tip.textContent;
      } else return;
      event.preventDefault();
    }
  }

  // The name with its label where there is room for both; the table below has all of them in full.
  function fitted(ctx, name, value, room) {
    return (ctx.measureText(name + value).width <= room ? name : name.split(" · ")[0]) + value;
  }

  const redraw = () => overlays.forEach((each) => each.draw());
  let waits = false;
  function take(run, values) {
    curves.set(run, values);
    if (waits) return;
    waits = true; // many runs come at once: one drawing for all
    requestAnimationFrame(() => {
      waits = false;
      redraw();
    });
  }

  function hide(variant) {
    hidden.has(variant) ? hidden.delete(variant) : hidden.add(variant);
    redraw();
    return hidden.has(variant);
  }

  document.querySelectorAll("[data-overlay]").forEach((figure) => overlays.push(new Overlay(figure)));
  const buttons = document.querySelectorAll("[data-metric]");
  buttons.forEach((button) => {
    button.parentElement.hidden = false;
    button.addEventListener("click", () => {
      metric = button.dataset.metric;
      buttons.forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
      redraw();
    });
  });
  dark.addEventListener("change", () => {
    overlays.forEach((each) => (each.shape = "")); // with other colours
    redraw();
  });
  const inks = new Map(data.lines.map((line) => [line.variant, line]));
  window.paribus.overlay = {
    take,
    hide,
    isHidden: (variant) => hidden.has(variant),
    ink: (variant) => (inks.has(variant) ? colour(inks.get(variant)) : ""),
    look: (variant) => overlays.forEach((each) => each.look(variant)),
    overlays,
  };
})();
