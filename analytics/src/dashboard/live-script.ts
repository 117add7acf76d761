/**
 * The live panel's part of the dashboard's script: the last 30 minutes of `GET /v1/live`, and the last rejects of
 * `GET /v1/live/events` for tokens that cover them. It stands behind the rest of the script and uses its `make`, `byId` and `number`.
 */
export const liveScript = `
const rejectsMax = 8;
const live = { answer: null, at: -1, rejects: [], cursor: "", mayRead: true };

function liveText(minute) {
  return minute.start.slice(11, 16) + " UTC: " + number.format(minute.events) + (minute.events === 1 ? " event, " : " events, ") +
    number.format(minute.activeUsers) + (minute.activeUsers === 1 ? " active user" : " active users");
}
function drawMinutes() {
  const { minutes } = live.answer;
  const width = 720, height = 96, bottom = 14, top = 6;
  const high = roundUp(Math.max(...minutes.map((minute) => minute.events)));
  const y = (value) => top + (1 - value / high) * (height - top - bottom);
  const step = width / minutes.length;
  const at = live.at < 0 ? minutes.length - 1 : live.at;
  const drawn = [make("line", { class: "grid", x1: 0, x2: width, y1: y(0), y2: y(0) })];
  minutes.forEach((minute, index) => {
    const x = index * step;
    const hit = make("rect", { class: "hit", x, y: 0, width: step, height });
    hit.addEventListener("pointerenter", () => selectMinute(index));
    drawn.push(make("g", { class: index === at ? "chosen" : "" }, hit,
      make("rect", { class: "bar", x: x + step * 0.12, y: y(minute.events), width: step * 0.76, height: y(0) - y(minute.events), rx: 1.5 }),
      make("rect", { class: "users", x: x + step * 0.3, y: y(minute.activeUsers), width: step * 0.4, height: y(0) - y(minute.activeUsers), rx: 1 })));
    if (index % 5 === 4) drawn.push(make("text", { x: x + step / 2, y: height - 1, "text-anchor": "middle" }, minute.start.slice(11, 16)));
  });
  byId("minutes").replaceChildren(...drawn);
  byId("minute").textContent = liveText(minutes[at]);
  byId("minutes").setAttribute("aria-valuenow", String(at));
  byId("minutes").setAttribute("aria-valuetext", liveText(minutes[at]));
}
function selectMinute(index) {
  if (live.answer === null) return;
  live.at = Math.max(0, Math.min(live.answer.minutes.length - 1, index));
  drawMinutes();
}
function drawCounts(id, counts) {
  byId(id).replaceChildren(...counts.slice(0, 6).map((count) =>
    make("li", {}, make("span", {}, count.name), make("b", {}, number.format(count.events)))));
}
function drawLive(answer) {
  live.answer = answer;
  byId("live-events").textContent = number.format(answer.events) + (answer.complete ? "" : "+");
  byId("live-users").textContent = number.format(answer.activeUsers) + (answer.complete ? "" : "+");
  const isEmpty = answer.events === 0;
  byId("live-none").hidden = !isEmpty;
  byId("live-some").hidden = isEmpty;
  drawMinutes();
  drawCounts("by-source", answer.bySource);
  drawCounts("by-name", answer.byName);
}
function drawRejects() {
  byId("rejects-none").textContent = !live.mayRead ? "Rejected events are shown to tokens with the scope users."
    : live.rejects.length === 0 ? "None among the last events." : "";
  byId("rejects").replaceChildren(...live.rejects.map((event) => make("li", {},
    make("time", {}, new Date(Number(event.received_time)).toISOString().slice(11, 19)), make("code", {}, event.reason || ""),
    make("span", {}, (event.field ? event.field + ": " : "") + (event.message || "") + " (" + event.source + ")"))));
}
async function askLive() {
  const asked = token;
  const headers = { authorization: "Bearer " + asked };
  try {
    const response = await fetch("/v1/live", { headers, cache: "no-cache" });
    const answer = await response.json();
    if (asked !== token || !response.ok) return;
    drawLive(answer);
    if (live.mayRead) {
      const search = live.cursor === "" ? "" : "?" + new URLSearchParams({ after: live.cursor });
      const last = await fetch("/v1/live/events" + search, { headers, cache: "no-cache" });
      const page = await last.json();
      if (asked !== token) return;
      if (last.status === 403) live.mayRead = false;
      else if (last.ok) {
        live.cursor = page.cursor;
        live.rejects = page.events.filter((event) => event.outcome === "rejected").reverse().concat(live.rejects).slice(0, rejectsMax);
      } else live.cursor = "";
    }
    drawRejects();
  } catch {
    return; // the numbers' own question tells that the API cannot be reached
  }
}
function forgetLive() {
  live.answer = null;
  live.at = -1;
  live.rejects = [];
  live.cursor = "";
  live.mayRead = true;
}
byId("minutes").addEventListener("pointerleave", () => { live.at = -1; if (live.answer !== null) drawMinutes(); });
byId("minutes").addEventListener("blur", () => { live.at = -1; if (live.answer !== null) drawMinutes(); });
byId("minutes").addEventListener("keydown", (event) => {
  if (live.answer === null) return;
  const last = live.answer.minutes.length - 1;
  const at = live.at < 0 ? last : live.at;
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  selectMinute(to);
});
`;
