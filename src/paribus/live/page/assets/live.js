// Takes what changed from the page's stream, part by part, and puts it in its place. Only words and numbers come:
// nothing that is received is read as HTML.
(function () {
  "use strict";
  const { data, element, live, renew } = window.paribus;
  const lost = document.getElementById("lost");
  let said = "";

  function fill(place, body, status) {
    for (const [name, value] of Object.entries(body)) {
      const field = place.querySelector(`[data-field="${name}"]`);
      if (field && field.textContent !== value) field.textContent = value;
    }
    const bar = place.querySelector("progress");
    if (bar && body.share !== undefined) bar.value = body.share;
    const chip = place.querySelector("[data-field=word]");
    if (chip) chip.className = `chip ${status}`;
  }

  function head(place, body) {
    fill(place, body, body.phase);
  }

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
      if (body.phase === "complete") location.replace(data.report);
      else if (body.made && body.made !== data.made) location.reload();
      head(document.getElementById("head"), body);
      if (said !== body.about) live.textContent = said = body.about;
    } else if (kind === "run") {
      document.querySelectorAll(`[data-run="${key}"]`).forEach((row) => fill(row, body, body.status));
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
