// Interactive charts: values under the pointer or the arrow keys, zoom, a logarithmic scale, every seed.
// Curves, bands, bounds and ticks come from the page's own JSON; nothing is computed here.
(function () {
  "use strict";
  const data = JSON.parse(document.getElementById("embedded").textContent);
  // What several charts or lines have alike stands once.
  for (const chart of data.shared ? Object.values(data.charts) : [])
    for (const each of [chart, ...chart.lines]) Object.assign(each, data.shared[each.shared]);
  const live = document.getElementById("live");
  const spoken = () => document.documentElement.lang;
  const say = (name, values = {}) =>
    (data.tongues?.[spoken()].texts ?? data.texts)[name].replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key] : whole));
  const DASHES = { train: [], validation: [8, 3], penalty: [2, 3], reference: [], treatment: [8, 3], fifth: [12, 3], sixth: [6, 2, 1, 2] };
  for (let dose = 1; dose <= 9; dose += 1) DASHES[`dose-${dose}`] = []; // a ramp, which needs no dashes
  const PALE = 0.45;
  const drawn = new Map();

  function colour(ink, strength = 1) {
    const found = getComputedStyle(document.documentElement).getPropertyValue(`--${ink}`).trim();
    if (strength === 1) return found;
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(found.slice(at, at + 2), 16));
    return `rgba(${r},${g},${b},${strength})`;
  }

  const plain = (value, places) => value.toLocaleString(spoken(), places);

  // A name in lines that fit beside a chart, broken between words.
  function nameLines(name) {
    const lines = [""];
    for (const word of name.split(" ").flatMap((word) => word.match(/.{1,18}/gsu) ?? [])) {
      const longer = `${lines.at(-1)} ${word}`.trim();
      if (longer.length <= 18 || !lines.at(-1)) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines;
  }

  function shown(value, unit) {
    if (value === null || value === undefined) return "–";
    const places = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
    return plain(value, unit === "percent" ? places : { maximumSignificantDigits: 4 });
  }

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function swatch(ink) {
    const svg = (name, attributes) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      return made;
    };
    const drawing = svg("svg", { viewBox: "0 0 26 10", class: "swatch", "aria-hidden": "true" });
    const dashes = DASHES[ink].length ? { "stroke-dasharray": DASHES[ink].join(" ") } : {};
    drawing.append(svg("path", { class: `line ${ink}`, d: "M1,5H25", fill: "none", "stroke-width": 2, ...dashes }));
    return drawing;
  }

  // One line of a chart is several of uPlot's: where as many runs have a value as at first, where fewer have, the
  // edges of the band, the runs that diverged, and each seed where these are asked for.
  function parts(chart, state) {
    const x = chart.x;
    const table = [x];
    const series = [{}];
    const bands = [];
    const owners = [null];
    const padded = (values) => x.map((_, place) => values[place] ?? null);
    const add = (line, values, look) => {
      const positive = (value) => (value !== null && state.log && value <= 0 ? null : value);
      table.push(padded(values).map(positive));
      owners.push(look.main ? line : null);
      series.push({
        show: !state.off.has(line),
        points: { show: look.main && chart.x.length === 1, size: 8 },
        spanGaps: false,
        ...look.of,
      });
      return series.length - 1;
    };
    chart.lines.forEach((line) => {
      const dash = DASHES[line.ink];
      if (line.low.length && !state.seeds) {
        const edge = { of: { stroke: "transparent", width: 0 } };
        const high = add(line, line.high, edge);
        const low = add(line, line.low, edge);
        bands.push({ series: [high, low], fill: colour(line.ink, 0.18) });
      }
      const thin = { of: { stroke: colour(line.ink, 0.6), width: 1, dash } };
      if (state.seeds) seedsOf(line, chart).forEach((values) => add(line, values, thin));
      else line.diverged.forEach((values) => add(line, values, thin));
      const head = line.mean.map((value, place) => (place < line.complete_epochs ? value : null));
      const tail = line.mean.map((value, place) => (place >= line.complete_epochs - 1 ? value : null));
      if (line.complete_epochs < line.mean.length) add(line, tail, { of: { stroke: colour(line.ink, PALE), width: 2, dash } });
      add(line, head, { main: true, of: { stroke: colour(line.ink), width: 2, dash } });
    });
    return { table, series, bands, owners };
  }

  function seedsOf(line, chart) {
    const unit = chart.unit === "percent" ? 100 : 1;
    return data.runs
      .filter((run) => run.variant === line.of && run.history[line.metric])
      .map((run) => run.history[line.metric].map((value) => (value === null ? null : unit * value)));
  }

  class Live {
    constructor(figure, chart) {
      this.figure = figure;
      this.chart = chart;
      this.plot = figure.querySelector(".plot");
      this.state = { log: chart.log, seeds: false, off: new Set() };
      this.x = chart.x;
      this.last = chart.x.length - 1;
      this.place = this.last;
      this.tools();
      this.legend();
      this.plot.classList.add("live");
      this.plot.tabIndex = 0;
      this.plot.setAttribute("role", "group");
      this.plot.setAttribute("aria-label", `${chart.description} ${say("chart-help")}`);
      this.plot.addEventListener("keydown", (event) => this.key(event));
      this.draw();
      new ResizeObserver(() => this.resize()).observe(this.plot);
    }

    tools() {
      const bar = element("span", { class: "tools" });
      const toggle = (name, key) => {
        const button = element("button", { type: "button", "aria-pressed": String(this.state[key]) }, say(name));
        button.addEventListener("click", () => {
          this.state[key] = !this.state[key];
          button.setAttribute("aria-pressed", String(this.state[key]));
          this.draw();
        });
        bar.append(button);
        return button;
      };
      if (this.chart.scales.log && this.chart.lines.length) this.log = toggle("log", "log");
      if (this.chart.lines.some((line) => line.low.length && line.metric)) this.seeds = toggle("seeds", "seeds");
      this.reset = element("button", { type: "button", hidden: "" }, say("reset"));
      this.reset.addEventListener("click", () => this.whole());
      bar.prepend(this.reset);
      this.figure.querySelector("figcaption").append(bar);
    }

    legend() {
      const list = this.figure.querySelector(".legend");
      const swatches = [...list.querySelectorAll("svg")];
      this.at = element("li", { class: "at" });
      this.values = this.chart.lines.map((line, place) => {
        const value = element("span", { class: "value" });
        const key = element("button", { type: "button", class: "key", "aria-pressed": "true", title: say("hide-line") });
        const entry = { key, value, line };
        key.append(swatches[place] ?? swatch(line.ink), ` ${line.name} `, value);
        key.addEventListener("click", () => {
          const off = this.state.off.has(entry.line);
          off ? this.state.off.delete(entry.line) : this.state.off.add(entry.line);
          key.setAttribute("aria-pressed", String(off));
          this.draw();
        });
        return entry;
      });
      list.replaceChildren(this.at, ...this.values.map(({ key }) => element("li", {}, key)));
      this.show(this.place);
    }

    // The same chart a few epochs later: what was hidden, chosen or zoomed stays.
    take(chart) {
      const follows = this.place === this.last;
      const off = chart.lines.filter((_, place) => this.state.off.has(this.chart.lines[place]));
      if (chart.log && !this.chart.log && this.log && !this.state.log) this.log.click();
      const same = chart.lines.length === this.chart.lines.length;
      this.chart = chart;
      this.state.off = new Set(off);
      this.x = chart.x;
      this.last = chart.x.length - 1;
      this.place = follows ? this.last : Math.min(this.place, this.last);
      if (same) this.values.forEach((entry, place) => (entry.line = chart.lines[place]));
      else this.legend();
      this.plot.setAttribute("aria-label", `${chart.description} ${say("chart-help")}`);
      this.draw();
      this.show(this.place);
    }

    size() {
      const width = Math.max(200, this.plot.clientWidth);
      return { width, height: Math.round(Math.min(340, Math.max(200, width * 0.54))) };
    }

    resize() {
      if (this.u && Math.abs(this.u.width - this.plot.clientWidth) > 1 && this.plot.clientWidth) this.u.setSize(this.size());
    }

    draw() {
      const kept = this.u && this.zoomed ? { min: this.u.scales.x.min, max: this.u.scales.x.max } : null;
      if (this.u) this.u.destroy();
      const { table, series, bands, owners } = parts(this.chart, this.state);
      const main = (place) => owners[place] !== null;
      const axis = {
        stroke: colour("soft"),
        grid: { stroke: colour("rule"), width: 1 },
        ticks: { show: false },
        font: "12px system-ui, sans-serif",
      };
      const { horizontal, scales } = this.chart;
      const vertical = this.state.log ? scales.log : scales.linear;
      // Zoomed in, or with lines hidden, bounds and ticks are uPlot's own, for what is still to be seen.
      const bounds = (u, low, high) => {
        const [first, last] = u.series[0].idxs;
        const isWhole = first === 0 && last === this.last && !this.state.off.size;
        if (low === null || isWhole) return [vertical.low, vertical.high];
        return this.state.log ? uPlot.rangeLog(low, high, 10, false) : uPlot.rangeNum(low, high, 0.1, true);
      };
      const ticksOf = (own) => (u, axis, low, high, step) => {
        if (own === vertical && this.state.log) {
          const inside = own.ticks.filter((tick) => tick >= low && tick <= high);
          return inside.length > 1 ? inside : [low, high];
        }
        if (low === own.low && high === own.high) return own.ticks;
        const first = Math.ceil(low / step);
        return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, place) => (first + place) * step);
      };
      const worded = (u, ticks) =>
        ticks.map((tick) => vertical.labels?.[vertical.ticks.indexOf(tick)] ?? plain(tick, { maximumSignificantDigits: 4 }));
      const right = this.ends(axis.font);
      const apart = (u, ticks) => {
        const every = Math.ceil((44 * ticks.length) / (u.width - 56));
        return ticks.map((tick, place) => (place % every ? null : tick));
      };
      const options = {
        ...this.size(),
        legend: { show: false },
        padding: [8, right, 0, 0],
        series,
        bands,
        scales: {
          x: { time: false, range: (u, low, high) => (low === null || high <= low ? [horizontal.low, horizontal.high] : [low, high]) },
          y: { distr: this.state.log ? 3 : 1, range: bounds },
        },
        axes: [
          { ...axis, size: 28, gap: 4, label: this.chart.across, labelSize: 16, labelFont: axis.font, grid: { show: false }, splits: ticksOf(horizontal), filter: apart, values: (u, ticks) => ticks.map((tick) => tick?.toLocaleString(spoken())), incrs: [1, 2, 5].flatMap((step) => [0, 1, 2, 3, 4, 5, 6].map((power) => step * 10 ** power)).sort((a, b) => a - b), space: 40 },
          { ...axis, size: 46, gap: 4, label: this.chart.up || undefined, labelSize: 16, labelFont: axis.font, splits: ticksOf(vertical), filter: (u, ticks) => ticks, values: worded, space: 32 },
        ],
        cursor: {
          y: false,
          sync: { key: this.figure.dataset.sync },
          drag: { x: true, y: false },
          points: {
            size: (u, place) => (main(place) ? 8 : 0),
            width: (u, place, size) => (size ? 1.5 : 0),
            stroke: (u, place) => (main(place) ? colour(owners[place].ink) : "transparent"),
            fill: () => colour("paper"),
          },
        },
        hooks: {
          setCursor: [(u) => { if (u.cursor.idx !== null && u.cursor.idx !== undefined) this.show(u.cursor.idx); }],
          draw: [(u) => this.mark(u)],
          setScale: [(u, scale) => { if (scale === "x") this.note(u); }],
        },
      };
      this.zoomed = false;
      this.u = new uPlot(options, table, this.plot);
      if (kept) this.u.setScale("x", kept);
    }

    // Room for the lines' names beside the plot.
    ends(font) {
      const context = (this.measure ??= document.createElement("canvas").getContext("2d"));
      context.font = `600 ${font}`;
      return 14 + Math.max(0, ...this.chart.lines.flatMap((line) => nameLines(line.name).map((words) => Math.ceil(context.measureText(words).width))));
    }

    // Each line's name beside the plot, where it ends, none on another, and the epochs whose weights early stopping kept.
    mark(u) {
      const { ctx } = u;
      const ratio = devicePixelRatio;
      const [first, last] = u.series[0].idxs;
      const ends = [];
      for (const line of this.chart.lines) {
        if (this.state.off.has(line)) continue;
        const shows = (value) => value !== null && value !== undefined && !(this.state.log && value <= 0);
        const at = (place) => [u.valToPos(this.x[place], "x", true), u.valToPos(line.mean[place], "y", true)];
        ctx.fillStyle = colour(line.ink);
        for (const epoch of line.kept ?? []) {
          const place = epoch - 1;
          if (place < first || place > last || !shows(line.mean[place])) continue;
          const [x, y] = at(place);
          ctx.beginPath();
          ctx.moveTo(x, y - 6 * ratio);
          ctx.lineTo(x + 5 * ratio, y + 3 * ratio);
          ctx.lineTo(x - 5 * ratio, y + 3 * ratio);
          ctx.fill();
        }
        let place = Math.min(last, line.mean.length - 1);
        while (place >= first && !shows(line.mean[place])) place -= 1;
        if (place >= first) ends.push({ line, y: at(place)[1] });
      }
      const gap = 14 * ratio;
      ends.sort((a, b) => a.y - b.y);
      let names = ends.flatMap((end) => nameLines(end.line.name).map((words) => ({ ...end, words })));
      if (gap * names.length > u.bbox.height) names = ends.map((end) => ({ ...end, words: end.line.name.split(" · ")[0] }));
      const groups = [];
      for (const end of names) {
        let group = { centre: end.y, ends: [end] };
        for (let above; (above = groups.at(-1)) && group.centre - above.centre < (gap * (group.ends.length + above.ends.length)) / 2; ) {
          groups.pop();
          const size = group.ends.length + above.ends.length;
          group = { centre: (group.centre * group.ends.length + above.centre * above.ends.length) / size, ends: [...above.ends, ...group.ends] };
        }
        groups.push(group);
      }
      ctx.save();
      ctx.font = `600 ${12 * ratio}px system-ui, sans-serif`;
      ctx.textAlign = "left";
      ctx.textBaseline = "middle";
      for (const { centre, ends: names } of groups) {
        names.forEach(({ line, words }, place) => {
          ctx.fillStyle = colour(line.ink);
          ctx.fillText(words, u.bbox.left + u.bbox.width + 8 * ratio, centre + gap * (place - (names.length - 1) / 2));
        });
      }
      ctx.restore();
    }

    note(u) {
      const { min, max } = u.scales.x;
      this.zoomed = this.last > 0 && (min > this.x[0] || max < this.x[this.last]);
      this.reset.hidden = !this.zoomed;
    }

    whole() {
      if (this.last > 0) this.u.setScale("x", { min: this.x[0], max: this.x[this.last] });
      if (document.activeElement === document.body) this.plot.focus();
    }

    show(place, aloud = false) {
      this.place = place;
      const { unit } = this.chart;
      const spoken = [];
      this.at.textContent = say(`at-${this.chart.counts}`, { at: plain(this.x[place]) });
      for (const { value, line } of this.values) {
        // A line that ends earlier keeps its own last value.
        const has = (each) => line.mean[each] !== null && line.mean[each] !== undefined;
        let own = place;
        while (own > 0 && !has(own)) own -= 1;
        if (!has(own)) own = place;
        let words = shown(line.mean[own], unit);
        if (line.low.length && has(own)) {
          const range = { low: shown(line.low[own], unit), high: shown(line.high[own], unit) };
          words += ` (${say("band", range)}; ${say("of-runs", { runs: line.n_runs[own] })})`;
        }
        if (own < place && has(own)) words += `, ${say(`at-${this.chart.counts}`, { at: this.x[own] })}`;
        value.textContent = words;
        spoken.push(`${line.name} ${words}`);
      }
      if (aloud) live.textContent = `${this.at.textContent}: ${spoken.join("; ")}`;
    }

    zoom(factor) {
      if (this.last < 2) return;
      const { min, max } = this.u.scales.x;
      const half = Math.max(1, ((max - min) / 2) * factor);
      const middle = this.x[this.place];
      const low = Math.max(this.x[0], middle - half);
      const high = Math.min(this.x[this.last], middle + half);
      this.u.setScale("x", { min: low, max: high });
      live.textContent = say("zoomed", { first: plain(Math.ceil(low)), last: plain(Math.floor(high)) });
    }

    key(event) {
      if (event.target !== this.plot || event.ctrlKey || event.metaKey || event.altKey) return;
      const steps = { ArrowLeft: this.place - 1, ArrowRight: this.place + 1, Home: 0, End: this.last };
      if (event.key in steps) {
        const place = Math.min(this.last, Math.max(0, steps[event.key]));
        const { min, max } = this.u.scales.x;
        if (this.x[place] < min || this.x[place] > max) this.whole();
        this.u.setCursor({ left: this.u.valToPos(this.x[place], "x"), top: 10 });
        this.show(place, true);
      } else if (event.key === "+" || event.key === "=") this.zoom(0.5);
      else if (event.key === "-") this.zoom(2);
      else if (event.key === "0" || event.key === "Escape") this.whole();
      else return;
      event.preventDefault();
    }
  }

  function make(figure) {
    const chart = data.charts[figure.dataset.chart];
    drawn.set(figure, chart.x.length ? new Live(figure, chart) : null);
  }

  // Later numbers of a chart; one that is not yet near the screen is made from them when it is. Where a killed
  // run begins anew there are none at first: what was drawn stays until there are.
  function renew(name, chart) {
    data.charts[name] = chart;
    if (!chart.x.length) return;
    const figure = document.querySelector(`figure.chart[data-chart="${name}"]`);
    if (!drawn.has(figure)) return;
    const chartLive = drawn.get(figure);
    if (chartLive) chartLive.take(chart);
    else make(figure);
  }

  // A chart is made when it comes near the screen: a page of two hundred opens as quickly as one of two.
  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        make(target);
      }
    },
    { rootMargin: "600px" },
  );
  document.querySelectorAll("figure.chart[data-chart]").forEach((figure) => near.observe(figure));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.forEach((each) => each?.draw()));
  window.paribus = { data, spoken, say, element, live, renew, Live };
})();
