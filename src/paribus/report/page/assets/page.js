// Tables that sort, data that can be saved, and everything opened for the printer.
(function () {
  "use strict";
  const { data, spoken, say, element, live, Live } = window.paribus;

  function sortable(table) {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (head.classList.contains("plain")) return;
      const button = element("button", { type: "button" }, head.textContent.trim());
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const rises = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((each) => each.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", rises ? "ascending" : "descending");
        const numeric = head.classList.contains("number");
        const key = (row) => {
          const cell = row.cells[column];
          if (!numeric) return cell.textContent.trim();
          const value = cell.dataset.sort;
          return value === undefined || value === "" ? null : Number(value);
        };
        const order = (a, b) => (numeric ? a - b : a.localeCompare(b, spoken(), { numeric: true }));
        const rows = [...body.rows].map((row) => [key(row), row]);
        rows.sort(([a], [b]) => {
          if (a === null || b === null) return (a === null) - (b === null);
          return rises ? order(a, b) : order(b, a);
        });
        body.append(...rows.map(([, row]) => row));
        live.textContent = say(rises ? "sorted-up" : "sorted-down", { column: button.textContent });
      });
    });
  }

  function save(name, type, content) {
    const address = URL.createObjectURL(new Blob([content], { type }));
    const link = element("a", { href: address, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  // A name that begins as a formula does would be one to a spreadsheet.
  function cell(value) {
    if (value === null || value === undefined) return "";
    let words = Array.isArray(value) ? value.join(" ") : String(value);
    if (typeof value === "string" && /^[=+\-@\t\r]/.test(words)) words = `'${words}`;
    return /[",\r\n]/.test(words) ? `"${words.replaceAll('"', '""')}"` : words;
  }

  function csv(columns, rows) {
    return [columns, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
  }

  const names = (trees) => [...new Set(trees.flatMap((tree) => Object.keys(tree)))];

  const TABLES = {
    epochs() {
      const metrics = names(data.runs.map((run) => run.history));
      const rows = data.runs.flatMap((run) =>
        Array.from({ length: run.epochs }, (_, place) => [
          run.variant,
          run.seed,
          place + 1,
          ...metrics.map((metric) => run.history[metric]?.[place]),
        ]),
      );
      return csv(["variant", "seed", "epoch", ...metrics], rows);
    },
    runs() {
      const columns = ["variant", "seed", "status", "epochs", "kept_epoch", "seconds", "data", "data_sha256", "digest"];
      const tests = names(data.runs.map((run) => run.test));
      const rows = data.runs.map((run) => [...columns.map((name) => run[name]), ...tests.map((name) => run.test[name])]);
      return csv([...columns, ...tests.map((name) => `test_${name}`)], rows);
    },
    comparisons() {
      const columns = names(data.comparisons);
      return csv(columns, data.comparisons.map((comparison) => columns.map((name) => comparison[name])));
    },
  };

  document.querySelectorAll("table.sortable").forEach(sortable);
  const stem = data.study.replace(/[^\p{L}\p{N}_-]+/gu, "-") || "study";
  document.querySelectorAll("[data-csv]").forEach((button) => {
    button.hidden = false;
    // The mark in front tells spreadsheets that the file is UTF-8.
    button.addEventListener("click", () =>
      save(`${stem}-${button.dataset.csv}.csv`, "text/csv", `\ufeff${TABLES[button.dataset.csv]()}`),
    );
  });
  document.querySelectorAll("[data-save]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () =>
      save(`${stem}-${button.dataset.name}`, "text/x-python", document.getElementById(button.dataset.save).textContent),
    );
  });
  // Variants laid over one another: those that are ticked, on scales that fit all.
  const INKS = ["reference", "treatment", "train", "penalty", "fifth", "sixth"];
  function lay(event) {
    const page = event.target.closest(".tongue") ?? document;
    const overlay = page.querySelector(".overlay");
    const ticked = [...page.querySelectorAll("[data-overlay]:checked")].map((box) => box.dataset.overlay);
    overlay.hidden = !ticked.length;
    overlay.replaceChildren();
    if (!ticked.length) return;
    const { charts, lines, names, doses } = data.overlays?.[spoken()] ?? data.overlay;
    // Doses of one sweep have their ramp, and stand in its order; variants of other kinds differ as much as they can.
    const along = Object.keys(doses);
    const areDoses = ticked.length > 2 && ticked.every((key) => key in doses);
    const ordered = areDoses ? along.filter((key) => ticked.includes(key)) : ticked;
    const made = charts.map((chart, place) => {
      const chosen = ordered.flatMap((key, order) => {
        const found = lines[key][place];
        if (!found) return [];
        const [of, number] = found.split(":");
        const ink = areDoses ? doses[key] : INKS[order % INKS.length];
        return [{ ...data.charts[of].lines[number], name: names[key], ink }];
      });
      const figure = element("figure", { class: "chart", "data-sync": "overlay" });
      const title = element("span", { class: "chart-title" }, chart.title);
      figure.append(element("figcaption", {}, title), element("div", { class: "plot" }), element("ul", { class: "legend" }));
      overlay.append(figure);
      return [figure, { ...chart, lines: chosen }];
    });
    made.forEach(([figure, chart]) => new Live(figure, chart));
  }
  document.querySelectorAll("[data-overlay]").forEach((box) => box.addEventListener("change", lay));
  document.querySelectorAll(".scripted").forEach((each) => (each.hidden = false));

  // The language is switched by style alone; here the page's own language and title follow it.
  document.querySelectorAll("[name=tongue]").forEach((radio) =>
    radio.addEventListener("change", () => {
      document.documentElement.lang = radio.value;
      document.title = `${data.tongues[radio.value].title} – Paribus`;
    }),
  );

  // What a link leads to may be folded away.
  function reveal(name) {
    const target = name && document.getElementById(name);
    if (!target) return;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    const own = target.querySelector(":scope > details.fold");
    if (own) own.open = true;
    target.scrollIntoView();
  }
  const named = (hash) => decodeURIComponent(hash.slice(1));
  addEventListener("hashchange", () => reveal(named(location.hash)));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (link && link.hash === location.hash) reveal(named(link.hash));
  });
  reveal(named(location.hash));

  addEventListener("beforeprint", () => {
    const printed = document.body.classList.contains("appendix") ? "details" : ".of-questions > details";
    document.querySelectorAll(`:is(${printed}):not([open])`).forEach((each) => {
      each.open = true;
      each.dataset.printed = "";
    });
  });
  addEventListener("afterprint", () => {
    document.querySelectorAll("details[data-printed]").forEach((each) => {
      each.open = false;
      delete each.dataset.printed;
    });
  });
})();
