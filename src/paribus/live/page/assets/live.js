// Takes what changed from the page's stream, part by part, and puts it in its place. Only words and numbers come:
// nothing that is received is read as HTML.
(function () {
  "use strict";
  const { data, element, live, overlay, renew } = window.paribus;
  const lost = document.getElementById("lost");
  let said = "";

  function fill(place, body, status) {
    for (const [name, value] of Object.entries(body)) {
      const field = place.querySelector(`[data-field="${name}"]`);
      if (field && field.textContent !== value) field.textContent = value;
      if (field?.tagName === "DD") field.parentElement.hidden = value === "–";
    }
    const bar = place.querySelector("progress");
    if (bar && body.share !== undefined) bar.value = body.share;
    const chip = place.querySelector("[data-field=word]");
    if (chip) chip.className = `chip ${status}`;
  }

  function head(place, body) {
    fill(place, body, body.look);
    place.dataset.phase = body.phase;
    const link = document.getElementById("report");
    if (link && body.phase === "complete") link.textContent = link.dataset.final;
  }

  // A command with a button that copies it; where the browser allows no copying the line can be selected.
  function command({ what, line }) {
    const button = element("button", { type: "button" }, data.words.copy);
    button.addEventListener("click", () =>
      navigator.clipboard?.writeText(line).then(() => {
        button.textContent = live.textContent = data.words.copied;
        setTimeout(() => (button.textContent = data.words.copy), 2000);
      }),
    );
    const parts = [element("span", { class: "soft" }, what), " ", element("code", {}, line), " "];
    return element("p", { class: "command" }, ...parts, ...(navigator.clipboard ? [button] : []));
  }

  function alerts(found) {
    document.getElementById("alerts").replaceChildren(
      ...found.map(({ title, who, why, commands }) =>
        element(
          "li",
          {},
          element("p", {}, element("strong", {}, title), ...(who ? [": ", element("span", {}, who)] : [])),
          ...(why ? [element("p", { class: "soft" }, why)] : []),
          ...commands.map(command),
        ),
      ),
    );
  }

  function row({ key, name, group, dots, more, counted, trouble, epoch, validation, left }) {
    const swatch = element("button", { type: "button", class: "swatch-of", title: data.words.hide });
    swatch.setAttribute("aria-label", data.words.hide.replace("{variant}", name));
    swatch.title = swatch.getAttribute("aria-label");
    swatch.setAttribute("aria-pressed", String(overlay.isHidden(key)));
    swatch.style.color = overlay.ink(key);
    swatch.addEventListener("click", () => swatch.setAttribute("aria-pressed", String(overlay.hide(key))));
    const marks = element("span", { class: "dots", role: "img", "aria-label": counted, title: counted });
    marks.append(...dots.map(([status, dot]) => element("span", { class: status }, dot)), more ? ` +${more}` : "");
    const chip = trouble ? [" ", element("span", { class: "chip failed" }, trouble)] : [];
    const made = element(
      "tr",
      { "data-row": key, class: group },
      // Of very many variants some have a row alone: nothing to hide, and nowhere to go.
      document.getElementById(key)
        ? element("th", { scope: "row" }, swatch, " ", element("a", { href: `#${key}` }, name))
        : element("th", { scope: "row" }, name),
      element("td", {}, marks, ...chip),
      ...[epoch, validation, left].map((words) => element("td", { class: "number" }, words)),
    );
    made.addEventListener("pointerenter", () => overlay.look(key));
    made.addEventListener("pointerleave", () => overlay.look(null));
    return made;
  }

  // Rows that stay as they are keep their place in the document, and with it the focus of the keyboard.
  const bodies = new Map();
  function table({ rows, further, waiting }) {
    const place = document.getElementById("overview");
    const made = rows.map((body) => {
      const known = bodies.get(body.key);
      const words = JSON.stringify(body);
      if (known?.words === words) return known.row;
      const hadFocus = known?.row.contains(document.activeElement) ? document.activeElement.tagName : "";
      bodies.set(body.key, { words, row: row(body), hadFocus });
      return bodies.get(body.key).row;
    });
    if (made.some((each, at) => place.rows[at] !== each) || place.rows.length !== made.length) place.replaceChildren(...made);
    for (const each of bodies.values()) {
      if (each.hadFocus) each.row.querySelector(each.hadFocus)?.focus({ preventScroll: true });
      each.hadFocus = "";
    }
    for (const [id, words] of [["further", further], ["waiting", waiting]]) {
      const line = document.getElementById(id);
      line.textContent = words;
      line.hidden = !words;
    }
  }

  // A link to a variant opens what is folded there.
  function unfold() {
    const place = document.getElementById(location.hash.slice(1));
    if (place instanceof HTMLDetailsElement) place.open = true;
  }
  addEventListener("hashchange", unfold);
  unfold();

  function findings(place, found) {
    place.replaceChildren(
      ...found.map((each) =>
        element(
          "li",
          { class: each.severity },
          element(
            "p",
            { class: "finding-title" },
            element("span", { class: `chip ${each.severity}` }, each.word),
            " ",
            element("strong", {}, each.title),
          ),
          ...each.lines.map((line) => element("p", {}, line)),
        ),
      ),
    );
  }

  function take(name, body) {
    const [kind, key] = [name.slice(0, name.indexOf("-")), name.slice(name.indexOf("-") + 1)];
    if (name === "head") {
      if (body.made && body.made !== data.made) location.reload();
      head(document.getElementById("head"), body);
      if (said !== body.about) live.textContent = said = body.about;
    } else if (kind === "run") {
      document.querySelectorAll(`[data-run="${key}"]`).forEach((row) => fill(row, body, body.status));
    } else if (kind === "curve") {
      overlay.take(key, body);
    } else if (name === "table") {
      table(body);
    } else if (name === "alerts") {
      alerts(body);
    } else if (kind === "charts") {
      body.forEach((chart, place) => {
        if (`${key}-${place}` in data.charts) renew(`${key}-${place}`, chart);
        else location.reload();
      });
    } else if (kind === "findings") {
      const place = document.querySelector(`[data-findings="${key}"]`);
      if (place) findings(place, body);
    }
  }

  const places = new Map([...document.querySelectorAll("[data-study]")].map((each) => [each.dataset.study, each]));
  const isIndex = !document.getElementById("head");

  function takeAll(parts) {
    for (const [name, body] of Object.entries(parts)) {
      if (!isIndex) take(name, body);
      else if (places.has(name)) head(places.get(name), body);
      else location.reload();
    }
  }

  // A page that nobody sees asks for nothing.
  let stream = null;
  function follow() {
    if (stream) stream.close();
    stream = null;
    if (document.hidden) return;
    stream = new EventSource("changes");
    stream.onopen = () => (lost.hidden = true);
    stream.onerror = () => (lost.hidden = false);
    stream.onmessage = (event) => takeAll(JSON.parse(event.data));
  }
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", (event) => event.persisted && follow());
  follow();
})();
