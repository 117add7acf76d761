import {
  birthOfMessageId,
  field,
  futureEventMsMax,
  hourOf,
  isObject,
  isUndated,
  type Json,
  type JsonObject,
  judgeEvent,
  type Receipt,
  undatedBucketMs,
} from "@sluice/schema";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyJson, anyJsonText, receiptOf, receivedAtMs, trackOf } from "../testing/fixtures.ts";
import { eventColumns } from "./columns.ts";
import { placeOf } from "./event-place.ts";
import { rowOf } from "./row.ts";

const hour = 3_600_000;
const day = 24 * hour;

function at(ms: number): string {
  return new Date(ms).toISOString();
}

test("L3: a row has exactly the columns of the table, in its order", () => {
  const row = rowOf(trackOf(), receiptOf(), 0);
  expect(Object.keys(row).toSorted()).toEqual(eventColumns.map((column) => column.name).toSorted());
});

test("L3: the row of an event is the same whenever it is derived, and leaves the event as it was", () => {
  fc.assert(
    fc.property(anyJson, anyJson, (properties, other) => {
      const raw = trackOf({ properties: { value: properties }, other });
      const before = JSON.stringify(raw);
      expect(rowOf(raw, receiptOf(), 3)).toEqual(rowOf(JSON.parse(before) as JsonObject, receiptOf(), 3));
      expect(JSON.stringify(raw)).toBe(before);
    }),
  );
});

test("L3: a row names its receipt, source and place in the request", () => {
  const row = rowOf(trackOf(), receiptOf({ keyKind: "server", source: "backend", sentAtMs: 5 }), 41);
  expect(row).toMatchObject({
    receipt_id: receiptOf().receiptId,
    receipt_index: 41,
    source: "backend",
    key_kind: "server",
    received_time: receivedAtMs,
    sent_time: 5,
  });
});

describe("ids", () => {
  test("L4: an event keeps its own message id; one without gets receipt and index, and says so", () => {
    expect(rowOf(trackOf({ messageId: "m" }), receiptOf(), 2)).toMatchObject({
      message_id: "m",
      message_id_source: "client",
    });
    for (const messageId of ["", null]) {
      const row = rowOf(trackOf({ messageId }), receiptOf(), 2);
      expect(row).toMatchObject({ message_id: `${receiptOf().receiptId}-2`, message_id_source: "server" });
    }
  });

  test("L5: ids are text, numbers as their decimal text, empty ones null", () => {
    const row = rowOf(trackOf({ userId: 42, anonymousId: "", previousId: "p", groupId: null }), receiptOf(), 0);
    expect(row).toMatchObject({ user_id: "42", anonymous_id: null, previous_id: "p", group_id: null });
    expect(rowOf(trackOf({ context: { groupId: "g" } }), receiptOf(), 0).group_id).toBe("g");
  });

  test("L5: the session is context.session.id, else Rudder's context.sessionId", () => {
    const session = (context: JsonObject): string | null => rowOf(trackOf({ context }), receiptOf(), 0).session_id;
    expect(session({ session: { id: "s1" }, sessionId: 5 })).toBe("s1");
    expect(session({ sessionId: 1_795_159_483_692 })).toBe("1795159483692");
    expect(session({})).toBeNull();
  });
});

describe("time", () => {
  test("L6: the time is timestamp, else originalTimestamp, else the receipt's", () => {
    const both = { timestamp: at(receivedAtMs - 5000), originalTimestamp: at(receivedAtMs - 9000) };
    expect(rowOf(trackOf(both), receiptOf(), 0).original_time).toBe(receivedAtMs - 5000);
    const rudder = rowOf(trackOf({ ...both, timestamp: null }), receiptOf(), 0);
    expect(rudder).toMatchObject({ time: receivedAtMs - 9000, time_source: "client" });
    const receipt = receiptOf({ clockOffsetMs: 77 });
    const none = rowOf(trackOf({ timestamp: null }), receipt, 0);
    expect(none).toMatchObject({ time: receivedAtMs, original_time: null, time_source: "receipt" });
  });

  test("L6: the time is corrected by the batch's clock offset, the original is kept", () => {
    const row = rowOf(trackOf({ timestamp: at(receivedAtMs - hour) }), receiptOf({ clockOffsetMs: 1234 }), 0);
    expect(row).toMatchObject({ time: receivedAtMs - hour + 1234, original_time: receivedAtMs - hour });
    const future = rowOf(trackOf({ timestamp: at(receivedAtMs + day) }), receiptOf(), 0);
    expect(future.time).toBe(receivedAtMs + futureEventMsMax);
  });

  test("L6: Swift's sentAt corrects nothing, another SDK's does", () => {
    const receipt = receiptOf({ sentAtMs: receivedAtMs - 5 * hour });
    const timeBy = (name: string): number =>
      rowOf(trackOf({ timestamp: at(receivedAtMs - 6 * hour), context: { library: { name } } }), receipt, 0).time;
    expect(timeBy("analytics-swift")).toBe(receivedAtMs - 6 * hour);
    expect(timeBy("analytics.js")).toBe(receivedAtMs - hour);
  });

  test("L7: a public key's event older than 30 days or before 2015 is filed under its receipt", () => {
    const edge = receivedAtMs - 30 * day;
    const cases = [
      ["public", edge, "client"],
      ["public", edge - 1, "receipt"],
      ["public", Date.UTC(2014, 11, 31), "receipt"],
      ["server", edge - 1, "client"],
      ["server", Date.UTC(2014, 11, 31), "client"],
    ] as const;
    for (const [keyKind, original, source] of cases) {
      const row = rowOf(trackOf({ timestamp: at(original) }), receiptOf({ keyKind }), 0);
      expect(row.time_source).toBe(source);
      expect(row.original_time).toBe(original);
      expect(row.time).toBe(source === "receipt" ? receivedAtMs : original);
    }
  });

  test("L7: the hour of the file is the hour of the row's time, for any event", () => {
    const times = fc.integer({ min: Date.UTC(1, 0, 1), max: Date.UTC(2100, 0, 1) });
    fc.assert(
      fc.property(times, fc.constantFrom("public", "server"), fc.option(fc.integer()), (ms, keyKind, clockOffsetMs) => {
        const receipt = receiptOf({ keyKind, clockOffsetMs });
        const raw = trackOf({ timestamp: at(ms) });
        const row = rowOf(raw, receipt, 0);
        expect(placeOf(raw, receipt, 0).fileHourMs).toBe(hourOf(row.time));
        expect(row.time).toBeLessThanOrEqual(receipt.receivedAtMs + futureEventMsMax);
        expect(row.time).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("L8: a resend has the same bucket, whatever its receipt: the id's birth, else the original time", () => {
    const late = receiptOf({ receivedAtMs: receivedAtMs + 40 * day, clockOffsetMs: 5 * hour, receiptId: "other" });
    for (const messageId of ["01KAG2X9YM0000000000000001", "order-123", "ajs-next-1795159483692-x"]) {
      const raw = trackOf({ messageId });
      const buckets = [receiptOf(), late].map((receipt) => placeOf(raw, receipt, 0).bucketHourMs);
      const expected = hourOf(birthOfMessageId(messageId) ?? Date.parse("2026-11-20T09:59:59.123Z"));
      expect(buckets).toEqual([expected, expected]);
    }
  });

  test("L8: an event without id and time is in its receipt's bucket", () => {
    const raw = trackOf({ messageId: null, timestamp: null });
    expect(placeOf(raw, receiptOf(), 0).bucketHourMs).toBe(hourOf(receivedAtMs));
  });

  test("L8: an id that states no time, of an event without one, is in the bucket of its receipt's day", () => {
    const raw = trackOf({ messageId: "order-123", timestamp: null });
    const bucketMs = placeOf(raw, receiptOf(), 0).bucketHourMs;
    expect([bucketMs, isUndated(bucketMs)]).toEqual([undatedBucketMs(receivedAtMs), true]);
  });
});

describe("page, campaign and money", () => {
  test("L9: page columns come from context.page, of a page call else from its properties", () => {
    const page = { url: "https://shop.example/a?x=1", path: "/a", title: "A", referrer: "https://r.example/" };
    const columns = { page_url: page.url, page_path: "/a", page_title: "A", page_referrer: page.referrer };
    expect(rowOf(trackOf({ context: { page } }), receiptOf(), 0)).toMatchObject(columns);
    expect(rowOf({ ...trackOf({ properties: page }), type: "page" }, receiptOf(), 0)).toMatchObject(columns);
    expect(rowOf(trackOf({ properties: page }), receiptOf(), 0).page_url).toBeNull();
  });

  test("L9: page and screen calls have a name, their own or a property; other calls' names go to extra", () => {
    const page = { ...trackOf({ name: "Home" }), type: "page" };
    expect(rowOf(page, receiptOf(), 0)).toMatchObject({
      name: "Home",
      event: null,
      extra: '{"event":"Order Completed"}',
    });
    const screen = { ...trackOf({ properties: { name: "Cart" } }), type: "screen" };
    expect(rowOf(screen, receiptOf(), 0).name).toBe("Cart");
    expect(rowOf(trackOf({ name: "N" }), receiptOf(), 0)).toMatchObject({ name: null, extra: '{"name":"N"}' });
  });

  test("L9: the campaign is context.campaign, else the utm parameters of the page's URL", () => {
    const url =
      "/p?utm_source=news%20letter&utm_medium=email&utm_campaign=spring&utm_term=&utm_content=%ff#utm_term=no";
    const byUrl = {
      campaign_source: "news letter",
      campaign_medium: "email",
      campaign_name: "spring",
      campaign_term: null,
      campaign_content: "\ufffd",
    };
    expect(rowOf(trackOf({ context: { page: { url } } }), receiptOf(), 0)).toMatchObject(byUrl);
    expect(rowOf(trackOf({ context: { page: { url }, campaign: {} } }), receiptOf(), 0)).toMatchObject(byUrl);
    const stated = rowOf(trackOf({ context: { page: { url }, campaign: { name: "autumn" } } }), receiptOf(), 0);
    expect(stated).toMatchObject({ campaign_name: "autumn", campaign_source: null, campaign_medium: null });
  });

  test("L9: a click id of the page's URL is kept with the advertiser's name for it, the first one known", () => {
    const clickOf = (url: string): (string | null)[] => {
      const row = rowOf(trackOf({ context: { page: { url }, campaign: { name: "c" } } }), receiptOf(), 0);
      return [row.click_id_name, row.click_id];
    };
    expect(clickOf("https://shop.example/?a=1&fbclid=IwAR%200")).toEqual(["fbclid", "IwAR 0"]);
    expect(clickOf("/?fbclid=f&gclid=g")).toEqual(["gclid", "g"]);
    expect(clickOf("?li_fat_id=x")).toEqual(["li_fat_id", "x"]);
    for (const url of ["/?gclid=", "/?xgclid=1", "/#?gclid=1", "/?a#&gclid=1", "/gclid=1", "", "?"]) {
      expect(clickOf(url), url).toEqual([null, null]);
    }
  });

  test("L13: revenue and currency are those of a track event, exact, else null", () => {
    const money = (properties: JsonObject, type = "track") => {
      const { revenue, currency } = rowOf({ ...trackOf({ properties }), type }, receiptOf(), 0);
      return [revenue, currency];
    };
    expect(money({ revenue: 14.99, currency: "eur" })).toEqual(["14.990000", "EUR"]);
    expect(money({ revenue: "1234567890.123456", currency: "USD" })).toEqual(["1234567890.123456", "USD"]);
    expect(money({ revenue: -5 })).toEqual(["-5.000000", null]);
    expect(money({ revenue: 1e12, currency: "euro" })).toEqual([null, null]);
    expect(money({ revenue: "€5", currency: 978 })).toEqual([null, null]);
    expect(money(JSON.parse('{"revenue":1e400}') as JsonObject)).toEqual([null, null]);
    expect(money({ revenue: 5, currency: "EUR" }, "page")).toEqual([null, null]);
    expect(money({ revenue: null })).toEqual([null, null]);
    expect(money({ revenue: [5] })).toEqual([null, null]);
  });
});

describe("sender", () => {
  test("L10: address and place are of the request, and only where the key is public", () => {
    const place = { country: "DE", region: "BE", city: "Berlin", ip: "192.0.2.0" };
    expect(rowOf(trackOf(), receiptOf(), 0)).toMatchObject(place);
    const server = rowOf(trackOf(), receiptOf({ keyKind: "server" }), 0);
    const nowhere = { country: null, region: null, city: null, ip: null, user_agent: null, is_bot: false };
    expect(server).toMatchObject(nowhere);
  });

  test("L10: a server key states its user's address, under the source's policy; a public key cannot", () => {
    const event = trackOf({ context: { ip: "198.51.100.7" } });
    const ipUnder = (receipt: Partial<Receipt>): string | null => rowOf(event, receiptOf(receipt), 0).ip;
    expect(ipUnder({ keyKind: "server" })).toBe("198.51.100.0");
    expect(ipUnder({ keyKind: "server", ipPolicy: "truncate" })).toBe("198.51.100.0");
    expect(ipUnder({ keyKind: "server", ipPolicy: "keep" })).toBe("198.51.100.7");
    expect(ipUnder({ keyKind: "server", ipPolicy: "drop" })).toBeNull();
    expect(ipUnder({ ipPolicy: "keep" })).toBe(receiptOf().ip);
    const nonsense = trackOf({ context: { ip: "<script>" } });
    expect(rowOf(nonsense, receiptOf({ keyKind: "server", ipPolicy: "keep" }), 0).ip).toBeNull();
  });

  test("L31: Global Privacy Control is recorded of public requests, unknown where the edge did not look", () => {
    const gpcOf = (receipt: Partial<Receipt>): boolean | null => rowOf(trackOf(), receiptOf(receipt), 0).gpc;
    expect([gpcOf({ gpc: true }), gpcOf({ gpc: false }), gpcOf({})]).toEqual([true, false, null]);
    expect(gpcOf({ gpc: true, keyKind: "server" })).toBeNull();
  });

  test("L10: device, system, library and app are those that the context states", () => {
    const context = {
      device: { type: "ios" },
      os: { name: "iPadOS" },
      app: { name: "Shop", version: "2.1" },
      library: { name: "sluice", version: "1.0" },
      userAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
      locale: "de-DE",
      timezone: "Europe/Berlin",
    };
    expect(rowOf(trackOf({ context }), receiptOf(), 0)).toMatchObject({
      device_type: "ios",
      os_name: "iPadOS",
      browser_name: "Firefox",
      user_agent: context.userAgent,
      app_name: "Shop",
      app_version: "2.1",
      sdk_name: "sluice",
      sdk_version: "1.0",
      locale: "de-DE",
      timezone: "Europe/Berlin",
    });
    expect(rowOf(trackOf(), receiptOf(), 0)).toMatchObject({
      device_type: null,
      device_class: "desktop",
      os_name: "Linux",
      browser_name: "Chrome",
      is_bot: false,
    });
  });
});

describe("nothing is lost", () => {
  test("L14: a field that no column holds is in extra as it was sent", () => {
    const raw = trackOf({ integrations: { All: false }, channel: "web", _metadata: { bundled: [] } });
    const extra = '{"integrations":{"All":false},"channel":"web","_metadata":{"bundled":[]}}';
    expect(rowOf(raw, receiptOf(), 0).extra).toBe(extra);
    expect(rowOf(trackOf(), receiptOf(), 0).extra).toBeNull();
  });

  test("L14: for any top-level fields, each is in extra or in a column", () => {
    const known = new Set(["type", "messageId", "userId", "anonymousId", "previousId", "groupId"]);
    const fields = fc.dictionary(
      fc.oneof(anyJsonText, fc.constantFrom("name", "event", "sentAt", "__proto__")),
      anyJson,
    );
    fc.assert(
      fc.property(fields, fc.constantFrom("track", "page", "identify"), (other, type) => {
        const raw = JSON.parse(JSON.stringify({ ...other, ...trackOf(), type })) as JsonObject;
        if (!judgeEvent(raw).ok) return;
        const extra = JSON.parse(rowOf(raw, receiptOf(), 0).extra ?? "{}") as JsonObject;
        for (const name of Object.keys(other)) {
          if (known.has(name) || Object.hasOwn(trackOf(), name) || /\p{Surrogate}/u.test(name)) continue;
          if (name === "writeKey" || (name === "name" && type === "page" && typeof other["name"] === "string"))
            continue;
          expect(Object.hasOwn(extra, name)).toBe(true);
        }
      }),
    );
  });

  test("L14: the write key of a single call is not stored, its envelope's fields only where they differ", () => {
    const receipt = receiptOf({ sentAtMs: receivedAtMs, clockOffsetMs: 5 });
    const envelope = { writeKey: "secret", sentAt: at(receivedAtMs), clockOffsetMs: 5 };
    const row = rowOf(trackOf(envelope), receipt, 0);
    expect(row.extra).toBeNull();
    expect(JSON.stringify(row)).not.toContain("secret");
    const other = rowOf(
      trackOf({ ...envelope, sentAt: at(receivedAtMs - 1), originalTimestamp: "2026-11-20" }),
      receipt,
      0,
    );
    expect(JSON.parse(other.extra ?? "")).toEqual({ sentAt: at(receivedAtMs - 1), originalTimestamp: "2026-11-20" });
  });

  test("L15: properties, traits and context keep their JSON, lone surrogates as U+FFFD", () => {
    const wellFormedJson = (value: Json): string => JSON.stringify(value, (_key, item: unknown) => item);
    fc.assert(
      fc.property(anyJson, (value) => {
        const raw = JSON.parse(JSON.stringify(trackOf({ properties: { value }, traits: { value } }))) as JsonObject;
        const row = rowOf(raw, receiptOf(), 0);
        expect(row.properties).toBe(row.traits);
        const stored = row.properties ?? "";
        expect(stored).not.toMatch(/\p{Surrogate}/u);
        const sent = wellFormedJson(field(raw, "properties") ?? null);
        if (!sent.includes("\\ud")) expect(stored).toBe(sent);
        expect(isObject(JSON.parse(stored) as Json)).toBe(true);
      }),
    );
    const raw = JSON.parse('{"__proto__":{"a":1},"s":"\\ud800x","b":"\\\\ud800"}') as JsonObject;
    expect(rowOf(trackOf({ properties: raw }), receiptOf(), 0).properties).toBe(
      '{"__proto__":{"a":1},"s":"\ufffdx","b":"\\\\ud800"}',
    );
  });

  test("L15: text columns hold no lone surrogates either", () => {
    const row = rowOf(trackOf({ event: "a\ud800", userId: "\udc00", messageId: "m\ud83d" }), receiptOf(), 0);
    expect(row).toMatchObject({ event: "a\ufffd", user_id: "\ufffd", message_id: "m\ufffd" });
  });
});

describe("real SDKs", () => {
  test("L16: a Rudder identify has its traits, a Rudder event its original time and no empty user id", () => {
    const raw: JsonObject = {
      type: "identify",
      userId: "",
      anonymousId: "a1",
      channel: "web",
      originalTimestamp: "2026-11-20T09:59:00.000Z",
      sentAt: "2026-11-20T09:59:30.000Z",
      messageId: "a951be2f-2269-44e3-b897-3127373ce3c5",
      context: { traits: { plan: "pro" }, sessionId: 17, app: { name: "RudderLabs", version: "3" } },
    };
    const receipt = receiptOf({ sentAtMs: Date.parse("2026-11-20T09:59:30.000Z") });
    expect(rowOf(raw, receipt, 0)).toMatchObject({
      user_id: null,
      traits: '{"plan":"pro"}',
      session_id: "17",
      time: Date.parse("2026-11-20T09:59:00.000Z"),
      time_source: "client",
      extra: '{"channel":"web"}',
    });
    expect(rowOf({ ...raw, type: "page" }, receipt, 0).traits).toBeNull();
  });

  test("L16: an event of a single call has the type that its path implies", () => {
    const { type: _, ...untyped } = trackOf();
    expect(rowOf(untyped, receiptOf({ impliedType: "track" }), 0)).toMatchObject({ type: "track", extra: null });
    expect(() => rowOf(untyped, receiptOf(), 0)).toThrow(/judgeEvent/);
  });
});
