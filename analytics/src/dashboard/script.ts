import { liveScript } from "./live-script.ts";

/**
 * The dashboard's script: plain browser JavaScript as text, because it is served as it stands and its hash is in
 * the page's content security policy. Everything from the API is put into the page as text, never as HTML.
 */
export const dashboardScript = `"use strict";
const byId = (id) => document.getElementById(id);
const dayMs = 86400000;
const columns = [["dau", "Active users"], ["events", "Events"], ["page_views", "Page views"], ["revenue", "Revenue"], ["orders", "Orders"],
  ["aov", "Order value"], ["impressions", "Impressions"], ["clicks", "Clicks"], ["ctr", "CTR"]];
const tiles = ["dau", "events", "page_views", "revenue", "orders", "ctr"];
const charts = ["dau", "events", "revenue"];
const number = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
let token = "";
let timer = 0;

function day(ms) { return new Date(ms).toISOString().slice(0, 10); }
function make(name, attributes, ...children) {
  const svg = ["svg", "g", "rect", "line", "text", "title"].includes(name);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}
function money(text, currency) {
  return new Intl.NumberFormat("en", { style: "currency", currency, currencyDisplay: "narrowSymbol" }).format(Number(text));
}
function safeMoney(text, currency) {
  try { return money(text, currency); } catch { return Number(text).toFixed(2) + " " + currency; } // a code no currency has
}
// A bucket's value as text; several currencies side by side.
function shown(unit, value) {
  if (unit === "count") return number.format(value);
  if (unit === "ratio") return value.value === null ? "–" : (value.value * 100).toFixed(1) + " %";
  const parts = Object.entries(value).map(([currency, amount]) => safeMoney(unit === "money" ? amount : amount.value, currency));
  return parts.length === 0 ? "–" : parts.join(" · ");
}
function mainCurrency(buckets) {
  const sums = new Map();
  for (const bucket of buckets) for (const [currency, amount] of Object.entries(bucket.value))
    sums.set(currency, (sums.get(currency) || 0) + Math.abs(Number(amount)));
  return [...sums].sort((a, b) => b[1] - a[1]).map(([currency]) => currency)[0] || "";
}
// What a chart draws: one number per day.
function series(metric) {
  if (metric.unit === "count") return { values: metric.buckets.map((bucket) => bucket.value), label: "" };
  if (metric.unit === "ratio") return { values: metric.buckets.map((bucket) => bucket.value.value || 0), label: "" };
  const currency = mainCurrency(metric.buckets);
  return { values: metric.buckets.map((bucket) => Number(bucket.value[currency] || 0)), label: currency };
}

function drawTiles(metrics) {
  byId("tiles").replaceChildren(...tiles.map((name) => {
    const metric = metrics[name];
    const [before, today] = metric.buckets.slice(-2);
    return make("div", { class: "card tile" }, make("div", { class: "name" }, columns.find((column) => column[0] === name)[1] + " today"),
      make("div", { class: "value" }, shown(metric.unit, today.value)),
      make("div", { class: "before" }, shown(metric.unit, before.value) + " yesterday"));
  }));
}
// The next number whose half reads well on an axis; at least 2.
function roundUp(value) {
  const unit = 10 ** Math.floor(Math.log10(Math.max(2, value)));
  return [2, 4, 6, 8, 10].find((times) => times * unit >= value) * unit;
}
function drawChart(name, metric) {
  const width = 340, height = 132, left = 34, bottom = 16, top = 8;
  const { values, label } = series(metric);
  const high = roundUp(Math.max(0, ...values));
  const low = Math.min(...values) < 0 ? -roundUp(-Math.min(...values)) : 0;
  const y = (value) => top + (high - value) / (high - low) * (height - top - bottom);
  const step = (width - left) / values.length;
  const svg = make("svg", { viewBox: "0 0 " + width + " " + height, role: "img" });
  svg.append(make("title", {}, columns.find((column) => column[0] === name)[1] + " per day, last " + values.length + " days"));
  for (const mark of [low, (low + high) / 2, high]) {
    svg.append(make("line", { class: "grid", x1: left, x2: width, y1: y(mark), y2: y(mark) }),
      make("text", { x: left - 5, y: y(mark) + 3, "text-anchor": "end" }, short.format(mark)));
  }
  values.forEach((value, index) => {
    const bucket = metric.buckets[index];
    const x = left + index * step;
    const edge = Math.min(y(value), y(0));
    svg.append(make("g", {}, make("title", {}, bucket.start + (bucket.complete ? "" : " (open)") + ": " + shown(metric.unit, bucket.value)),
      make("rect", { class: "hit", x, y: top, width: step, height: height - top - bottom }),
      make("rect", { class: bucket.complete ? "bar" : "bar open", x: x + step * 0.12, y: edge, width: step * 0.76, height: Math.abs(y(value) - y(0)), rx: 1.5 })));
    if (index % 7 === values.length % 7) svg.append(make("text", { x: x + step / 2, y: height - 3, "text-anchor": "middle" }, bucket.start.slice(5)));
  });
  const title = make("h2", {}, columns.find((column) => column[0] === name)[1]);
  title.append(make("small", {}, label === "" ? "per day" : label + " per day"));
  return make("div", { class: "card" }, title, svg);
}
function drawTable(metrics) {
  byId("head").replaceChildren(make("tr", {}, make("th", { scope: "col" }, "Day"), ...columns.map((column) => make("th", { scope: "col" }, column[1]))));
  const days = metrics.events.buckets;
  const rows = days.map((bucket, index) => {
    const first = make("td", {}, bucket.start);
    if (!bucket.complete) first.append(make("span", { class: "mark" }, "open"));
    const cells = columns.map(([name]) => {
      const metric = metrics[name];
      const text = shown(metric.unit, metric.buckets[index].value);
      return make("td", text === "0" || text === "–" ? { class: "none" } : {}, text);
    });
    return make("tr", bucket.complete ? {} : { class: "open" }, first, ...cells);
  });
  byId("rows").replaceChildren(...rows.reverse());
}
function draw(answer) {
  byId("project").textContent = answer.project;
  document.title = answer.project + " – Sluice";
  drawTiles(answer.metrics);
  byId("charts").replaceChildren(...charts.map((name) => drawChart(name, answer.metrics[name])));
  drawTable(answer.metrics);
  const age = Math.max(0, Math.round((Date.now() - Date.parse(answer.asOf)) / 1000));
  byId("as-of").textContent = "As of " + answer.asOf.slice(11, 19) + " UTC" + (age > 300 ? ", " + Math.round(age / 60) + " minutes ago" : "");
  byId("dot").className = age > 300 ? "dot bad" : "dot good";
  byId("none").hidden = answer.metrics.events.buckets.some((bucket) => bucket.value > 0);
  byId("numbers").hidden = false;
}
function fail(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = text === "";
  if (text !== "") byId("dot").className = "dot bad";
}
async function ask() {
  const asked = token;
  const today = Math.floor(Date.now() / dayMs) * dayMs;
  const search = new URLSearchParams({ metrics: columns.map((column) => column[0]).join(","), from: day(today - 29 * dayMs), to: day(today + dayMs), interval: "day" });
  try {
    const response = await fetch("/v1/kpis?" + search, { headers: { authorization: "Bearer " + asked }, cache: "no-cache" });
    const body = await response.json();
    if (asked !== token) return;
    if (response.ok) { draw(body); fail(""); }
    else if (response.status === 401) { forget(); fail("This token is not known, or was revoked."); }
    else fail(body.detail || "The query API answered " + response.status + ".");
  } catch {
    fail("The query API cannot be reached; asking again."); // offline or restarting: the next round tells
  }
}
function schedule() {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (token !== "" && byId("live").checked && !document.hidden) await Promise.all([ask(), askLive()]);
    schedule();
  }, 5000);
}
function forget() {
  token = "";
  forgetLive();
  sessionStorage.removeItem("sluice-token");
  byId("ask").hidden = false;
  byId("numbers").hidden = true;
  byId("forget").hidden = true;
  byId("project").textContent = "";
  byId("as-of").textContent = "";
  byId("token").focus();
}
function use(text) {
  forgetLive();
  token = text;
  sessionStorage.setItem("sluice-token", text);
  byId("ask").hidden = true;
  byId("forget").hidden = false;
  fail("");
  ask();
  askLive();
}
function start() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  // The token must not stay in the address bar, in the history or in a copied link.
  if (given) history.replaceState(null, "", location.pathname);
  const held = given || sessionStorage.getItem("sluice-token") || "";
  if (held === "") forget(); else use(held);
}
${liveScript}
byId("ask").addEventListener("submit", (event) => { event.preventDefault(); use(byId("token").value.trim()); byId("token").value = ""; });
byId("forget").addEventListener("click", () => { forget(); fail(""); });
addEventListener("hashchange", start);
start();
schedule();
`;
