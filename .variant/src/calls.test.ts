import { expect, test, vi } from "vitest";
import { FakePage } from "../testing/fake-page.ts";
import { events, load, storageOf } from "../testing/loaded-page.ts";

test("SW31: registered properties go with every track, page and screen, on later pages too, until reset", async () => {
  const storage = storageOf();
  const first = load({}, new FakePage({ storage }));
  first.run(`sluice.register({ plan: "pro", a: 1 }); sluice.track("A", { a: 2 }); sluice.group("g")`);
  expect(await events(first)).toMatchObject([{ properties: { plan: "pro", a: 2 } }, { groupId: "g" }]);
  expect(first.events()[1]).not.toHaveProperty("properties");
  const second = load({}, new FakePage({ storage }));
  second.run(`sluice.page("Home"); sluice.reset(); sluice.screen("S")`);
  expect(await events(second)).toMatchObject([{ properties: { plan: "pro", path: "/a" } }, { properties: {} }]);
  expect(second.events()[1]?.["properties"]).toEqual({});
});

test("SW32: a plugin changes and drops events, and hears every outcome; what it throws is ignored", async () => {
  const page = load({});
  page.run(`sluice.use({ before() { throw new Error("mine") }, after() { throw new Error("mine") } });
    sluice.use({ before: (event) => event.event === "Secret" ? null : { ...event, extra: 1 } });
    heard = []; stop = sluice.on("delivered", (notice) => heard.push(notice.messageId));
    sluice.track("Secret"); sluice.track("A", {}, { messageId: "mine-1" })`);
  expect(await events(page)).toMatchObject([{ event: "A", extra: 1 }]);
  expect(page.window["heard"]).toEqual(["mine-1"]);
  expect(page.window["told"]).toEqual(["dropped hook", "delivered undefined"]);
  page.run(`stop(); sluice.track("B")`);
  await events(page);
  expect(page.window["heard"]).toEqual(["mine-1"]);
});

test("SW33: with pageViews a change of address is a page view, whose referrer is the page before", async () => {
  const page = load({ pageViews: true });
  page.run(`history.pushState({}, "", "/b"); history.pushState({}, "", "/b")`);
  await vi.waitFor(async () => expect(await events(page)).toHaveLength(1));
  expect(page.events()).toMatchObject([
    { type: "page", properties: { path: "/b", referrer: "https://shop.example/a" } },
  ]);
});

test("SW34: a session goes on for 30 idle minutes, and its number counts the visitor's sessions", async () => {
  const storage = storageOf();
  const page = load({}, new FakePage({ storage }));
  page.run(`sluice.track("A"); sluice.track("B")`);
  const kept = JSON.parse(storage.get("sluice.id") ?? "[]") as unknown[];
  storage.set("sluice.id", JSON.stringify([...kept.slice(0, 4), Date.now() - 1_800_001, {}]));
  page.run(`sluice.track("C")`);
  const sessions = (await events(page)).map(
    (event) => (event["context"] as { session: { id: string; number: number } }).session,
  );
  expect(sessions.map(({ number }) => number)).toEqual([1, 1, 2]);
  expect(new Set(sessions.map(({ id }) => id)).size).toBe(2);
});

test("SW34: with campaignSessions another campaign begins another session, the same one does not", async () => {
  const storage = storageOf();
  const numbers: unknown[] = [];
  for (const search of ["?utm_source=a", "?utm_source=a", "?utm_source=b", ""]) {
    const page = load({ campaignSessions: true }, new FakePage({ storage, search }));
    page.run(`sluice.track("A")`);
    numbers.push(
      ...(await events(page)).map((event) => (event["context"] as { session: { number: number } }).session.number),
    );
  }
  expect(numbers).toEqual([1, 1, 2, 2]);
});

test("SW35: a queue at its limit drops the new event, and says so", async () => {
  const page = load({ maxQueueCharacters: 5000 });
  page.answer = () => ({ status: 503 });
  page.run(`for (let i = 0; i < 50; i++) sluice.track("A" + i); sluice.track("Large", { text: "x".repeat(40000) })`);
  const told = (page.window["told"] as string[]).filter((line) => line.startsWith("dropped"));
  expect(told.length).toBeGreaterThan(30);
  expect(told.at(-1)).toBe("dropped event_too_large");
  expect(new Set(told.slice(0, -1))).toEqual(new Set(["dropped queue_full"]));
  const report = (await page.window.sluice?.["flush"]?.(50)) as { kept: unknown[] };
  expect(report.kept.length).toBe(51 - told.length);
});
