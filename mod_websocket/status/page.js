// SPDX-License-Identifier: Apache-2.0
// Renews the status page: figures and tables by the page itself, plots by its JSON.

const KEPT = 181; // a look a second, for three minutes
const WIDTH = 360;
const HEIGHT = 90;
const SVG = "http://www.w3.org/2000/svg";

const looks = []; // {time, data}: the latest last

async function get(query, type) {
  const response = await fetch(query, { cache: "no-store", headers: { Accept: type } });
  if (!response.ok) throw new Error(`the server answers ${response.status}`);
  return response;
}

// -- plots ----------------------------------------------------------------------------------------

// A name may lead into an object; what has no name there is added up.
function valueOf(data, name) {
  const value = name.split(".").reduce((inner, key) => inner[key], data);
  return typeof value === "number" ? value : Object.values(value).reduce((sum, each) => sum + each, 0);
}

function levels(name) {
  return looks.map(({ time, data }) => ({ time, value: valueOf(data, name) }));
}

function growths(name) {
  return looks.slice(1).map(({ time, data }, i) => {
    const before = looks[i];
    const growth = (valueOf(data, name) - valueOf(before.data, name)) / (time - before.time) * 1000;
    return { time, value: Math.max(0, growth) }; // a server that was started anew begins with nothing
  });
}

// "1.2 MB/s"
function written(value, unit) {
  const prefixes = ["", "k", "M", "G", "T"];
  const power = Math.min(prefixes.length - 1, Math.max(0, Math.floor(Math.log10(value || 1) / 3)));
  const text = new Intl.NumberFormat("en", { maximumFractionDigits: 1 }).format(value / 1000 ** power);
  return `${text} ${prefixes[power]}${unit && `${unit}/s`}`.trim();
}

function element(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

function draw(figure) {
  const { level, growth, names = "", unit = "" } = figure.dataset;
  const curves = level ? [levels(level)] : growth.split(" ").map(growths);
  const most = Math.max(1, ...curves.flat().map(point => point.value));
  const now = looks.at(-1).time;
  const svg = figure.querySelector("svg") ?? element(
    "svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" }, figure);
  svg.replaceChildren();
  for (const part of [0.25, 0.5, 0.75]) {
    element("line", { class: "grid", x1: 0, x2: WIDTH, y1: HEIGHT * part, y2: HEIGHT * part }, svg);
  }
  curves.forEach((curve, i) => element("polyline", {
    class: `curve curve-${i}`,
    points: curve.map(({ time, value }) => [
      (WIDTH - (now - time) / 1000 * WIDTH / (KEPT - 1)).toFixed(1),
      (HEIGHT - 2 - value / most * (HEIGHT - 6)).toFixed(1),
    ].join()).join(" "),
  }, svg));
  const legend = figure.querySelector("p") ?? figure.appendChild(document.createElement("p"));
  const latest = curves.map(curve => written(curve.at(-1)?.value ?? 0, unit));
  const parts = latest.map((value, i) => {
    const part = document.createElement("span");
    part.className = `name-${i}`;
    part.textContent = [names.split(" ")[i], value].filter(Boolean).join(" ");
    return part;
  });
  const scale = document.createElement("span");
  scale.textContent = `top ${written(most, unit)}`;
  legend.replaceChildren(...parts, scale);
  svg.setAttribute("aria-label", `${figure.querySelector("figcaption").textContent}: ${legend.textContent}`);
}

async function look() {
  const data = await (await get("?json", "application/json")).json();
  if (looks.length > 0 && looks.at(-1).data.start_time_seconds !== data.start_time_seconds) looks.length = 0;
  looks.push({ time: performance.now(), data });
  if (looks.length > KEPT) looks.shift();
  document.getElementById("plots").hidden = false;
  document.querySelectorAll("#plots figure").forEach(draw);
}

// -- figures and tables ---------------------------------------------------------------------------

// What somebody is about to use stays as it is.
function isInUse(section) {
  return section.matches(":hover, :focus-within") && section.querySelector("button") !== null;
}

async function renew() {
  const text = await (await get("?", "text/html")).text();
  const page = new DOMParser().parseFromString(text, "text/html");
  for (const fresh of page.querySelectorAll("main section, #when")) {
    const stale = document.getElementById(fresh.id);
    if (fresh.id !== "plots" && !isInUse(stale)) stale.replaceWith(fresh);
  }
  document.querySelector("[name=token]").value = page.querySelector("[name=token]").value;
}

document.querySelector("form").addEventListener("submit", event => {
  const row = event.submitter.closest("tr");
  const what = [...row.cells].slice(0, 3).map(cell => cell.textContent).join(", ");
  const question = event.submitter.name === "endpoint" ? "End all tunnels of" : "End the tunnel of";
  if (!confirm(`${question} ${what}?`)) event.preventDefault();
});

// -- once a second --------------------------------------------------------------------------------

async function run() {
  const trouble = document.getElementById("trouble");
  for (let round = 0; ; round += 1) {
    const pause = new Promise(resolve => setTimeout(resolve, 1000));
    if (!document.hidden) {
      try {
        await look();
        if (round % 2 === 1) await renew();
        trouble.hidden = true;
      } catch (error) {
        trouble.textContent = `This is what was last known: ${error.message}.`;
        trouble.hidden = false;
      }
    }
    await pause;
  }
}

run();
