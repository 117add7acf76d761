import { expect, test, vi } from "vitest";
import { FakePage } from "../testing/fake-page.ts";
import { events, load, script, storageOf } from "../testing/loaded-page.ts";

const hourAhead = () => ({ status: 200, serverTime: new Date(Date.now() + 3_600_000).toISOString() });

test("SW60: an event keeps the clock offset it was made with, on a later page too, which has learned another", async () => {
  const storage = storageOf();
  const first = load({}, new FakePage({ storage }));
  first.answer = hourAhead;
  first.run(`sluice.track("A")`);
  await events(first);
  first.answer = () => null;
  first.run(`sluice.track("B")`);
  first.leave("pagehide");
  const known = JSON.parse(storage.get("sluice.id") ?? "[]") as unknown[];
  storage.set("sluice.id", JSON.stringify([...known.slice(0, 7), 1, 7_200_000]));
  const second = load({}, new FakePage({ storage }));
  second.run(`sluice.track("C")`);
  await vi.waitFor(async () => expect(await events(second)).toHaveLength(2));
  const offsets = second.requests.map(({ body }) => [body.batch[0]?.["event"], body.clockOffsetMs] as const);
  expect(offsets.find(([name]) => name === "B")?.[1]).toBeCloseTo(3_600_000, -4);
  expect(offsets).toContainEqual(["C", 7_200_000]);
});

test("SW61: when no answer to the first batch was heard, the next page asks for the time before it sends", async () => {
  const storage = storageOf();
  const first = load({}, new FakePage({ storage }));
  first.answer = () => null;
  first.run(`sluice.track("A")`);
  first.leave("pagehide");
  first.run(`sluice.track("B")`);
  first.leave("visibilitychange"); // B may not leave without offset while A may be under way
  await vi.waitFor(() => expect(first.events()).toHaveLength(1));
  const second = load({}, new FakePage({ storage }));
  second.run(`sluice.track("C")`);
  await vi.waitFor(async () => expect(await events(second)).toHaveLength(3));
  const sizes = second.requests.map(({ body }) => [body.batch.length, body.clockOffsetMs]);
  expect(sizes[0]).toEqual([0, undefined]);
  expect(sizes.slice(1).every(([, offsetMs]) => offsetMs === 0)).toBe(true);
});

test("SW61: a clock that is wrong is not learned so while the first batch may be under way; then later events wait", async () => {
  const storage = storageOf();
  const first = load({}, new FakePage({ storage }));
  first.answer = () => ({ status: 200, hold: true });
  first.run(`sluice.track("A")`);
  first.leave("pagehide");
  const second = load({}, new FakePage({ storage }));
  second.answer = hourAhead;
  second.run(`sluice.track("C")`);
  await vi.waitFor(() => expect(second.requests.length).toBeGreaterThan(1), { timeout: 10_000 });
  expect(second.events()).toEqual([]);
  const sent = JSON.parse(storage.get("sluice.id") ?? "[]") as unknown[];
  storage.set("sluice.id", JSON.stringify([...sent.slice(0, 7), Date.now() - 60_001])); // a minute later
  await vi.waitFor(() => expect(second.events().map(({ event }) => event)).toEqual(["A", "C"]), { timeout: 30_000 });
  for (const { body } of second.requests.filter((request) => request.body.batch.length > 0)) {
    expect(body.clockOffsetMs).toBeGreaterThan(3_500_000);
  }
}, 60_000);

test("SW62: a first batch that is refused holds nothing back: what comes after it is sent, and told", async () => {
  const page = load({});
  page.answer = () => ({ status: 401 });
  page.run(`sluice.track("A")`);
  await events(page);
  page.run(`sluice.track("B")`);
  await events(page);
  expect(page.window["told"]).toEqual(["dropped http_401", "dropped http_401"]);
  expect(page.requests).toHaveLength(2);
});

test.each([
  ["host", `{ writeKey: "a.b" }`],
  ["host", `undefined`],
  ["writeKey", `{ host: "/events" }`],
  ["flushAt", `{ host: "/events", writeKey: "a.b", flushAt: -1 }`],
  ["consent", `{ host: "/events", writeKey: "a.b", consent: "yes" }`],
  ["pending", `{ host: "/events", writeKey: "a.b", pending: "later" }`],
])(
  "SW63: sluice.load with a bad %s does not throw: the console names it, and calls do nothing",
  async (name, options) => {
    const page = new FakePage();
    page.run(`${script}; sluice.load(${options})`);
    page.run(`sluice.track("A"); sluice.identify("u"); sluice.page(); sluice.register({ a: 1 }); sluice.reset()`);
    expect(page.errors).toEqual([`sluice: bad ${name}`]);
    expect(await events(page)).toEqual([]);
    expect(page.requests).toEqual([]);
  },
);
