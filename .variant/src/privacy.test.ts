import { expect, test } from "vitest";
import { FakePage } from "../testing/fake-page.ts";
import { events, load, storageOf } from "../testing/loaded-page.ts";

test("SW27: while consent is denied nothing is recorded, stored or sent, and each call is told as dropped", async () => {
  const storage = storageOf();
  const page = load({ consent: "denied" }, new FakePage({ storage }));
  page.run(`sluice.page(); sluice.track("A"); sluice.identify("u")`);
  expect(await events(page)).toEqual([]);
  expect([...storage]).toEqual([]);
  expect(page.window["told"]).toEqual(Array(3).fill("dropped no_consent"));
});

test("SW27: withdrawing consent gives up what waits and forgets the visitor", async () => {
  const storage = storageOf();
  const page = load({}, new FakePage({ storage }));
  page.run(`sluice.identify("u"); sluice.track("A")`);
  await Promise.resolve();
  expect(storage.size).toBeGreaterThan(1);
  page.run(`sluice.setConsent("denied"); sluice.track("B")`);
  expect(await events(page)).toEqual([]);
  expect([...storage.keys()]).toEqual([]);
  expect(page.window["told"]).toEqual(Array(3).fill("dropped no_consent"));
});

test("SW28: pending and held: nothing leaves or is stored until consent, then all in order, with the known visitor's id", async () => {
  const storage = new Map([["sluice.id", JSON.stringify(["01ARZ3NDEKTSV4RRFFQ69G5FAV", "", "s", 4, 0, {}])]]);
  const before = new Map(storage);
  const page = load({ consent: "pending" }, new FakePage({ storage }));
  page.run(`sluice.track("A"); sluice.identify("u"); sluice.track("B")`);
  expect(await events(page)).toEqual([]);
  expect(storage).toEqual(before);
  page.run(`sluice.setConsent("granted")`);
  expect(await events(page)).toMatchObject([
    { event: "A", anonymousId: "01ARZ3NDEKTSV4RRFFQ69G5FAV", context: { session: { number: 5 } } },
    { type: "identify", userId: "u" },
    { event: "B", userId: "u" },
  ]);
});

test("SW28: pending and dropped: the calls are gone", async () => {
  const page = load({ consent: "pending", pending: "drop" });
  page.run(`sluice.track("A"); sluice.setConsent("granted"); sluice.track("B")`);
  expect((await events(page)).map((event) => event["event"])).toEqual(["B"]);
});

test("SW28: pending and anonymous: sent under an id of this page, without user; nothing is stored until consent", async () => {
  const storage = storageOf();
  const page = load({ consent: "pending", pending: "anonymous" }, new FakePage({ storage }));
  page.run(`sluice.track("A"); sluice.identify("u"); sluice.track("B")`);
  const sent = await events(page);
  expect(sent).toMatchObject([{ event: "A" }, { event: "B" }]);
  expect(JSON.stringify(sent)).not.toContain(`"userId"`);
  expect([...storage]).toEqual([]);
  page.run(`sluice.setConsent("granted")`);
  const [first, , identify] = await events(page);
  expect(identify).toMatchObject({ type: "identify", userId: "u", anonymousId: first?.["anonymousId"] });
  expect(storage.size).toBeGreaterThan(0);
});

test("SW29: Global Privacy Control and Do Not Track deny where the options say so, until the visitor is asked", async () => {
  const signals = { globalPrivacyControl: true, doNotTrack: "1" };
  for (const option of ["gpc", "dnt"]) {
    const page = load({ [option]: true }, new FakePage({ navigator: signals }));
    page.run(`sluice.track("A"); sluice.setConsent("granted"); sluice.track("B")`);
    expect((await events(page)).map((event) => event["event"])).toEqual(["B"]);
  }
  const page = load({}, new FakePage({ navigator: signals }));
  page.run(`sluice.track("A")`);
  expect(await events(page)).toHaveLength(1);
});

test("SW30: cookieless: events are sent, and nothing is read from or written to the device", async () => {
  const storage = new Map([["sluice.id", JSON.stringify(["01ARZ3NDEKTSV4RRFFQ69G5FAV", "", "s", 4, 0, {}])]]);
  const before = new Map(storage);
  const page = load({ cookieless: true }, new FakePage({ storage }));
  page.run(`sluice.track("A"); sluice.track("B")`);
  const [a, b] = await events(page);
  expect(a?.["anonymousId"]).not.toBe("01ARZ3NDEKTSV4RRFFQ69G5FAV");
  expect(a?.["anonymousId"]).toBe(b?.["anonymousId"]);
  expect(storage).toEqual(before);
});
