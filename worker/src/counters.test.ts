import type { RejectReason } from "@sluice/schema";
import { expect, test } from "vitest";
import { Counters } from "./counters.ts";
import { libraryLabel } from "./library-label.ts";
import { countedLibrariesMax } from "./limits.ts";
import { prometheusText } from "./prometheus.ts";

const request = (events: number, reasons: readonly RejectReason[] = [], library = "@sluice/web 0.1.0") => {
  return { source: "shop/web", library, wireBytes: 300, bodyBytes: 3000, events, reasons };
};

test("W44: verdicts are counted by reason, by source and by library", () => {
  const counters = new Counters();
  counters.requestAccepted(request(10, ["unknown_type", "unknown_type"]));
  counters.requestAccepted(request(1, [], "analytics.js npm:next-1.84.3"));
  expect(counters.report()).toMatchObject({
    requestsAccepted: 2,
    eventsAccepted: 9,
    eventsRejected: { unknown_type: 2 },
    eventsBySource: { "shop/web": { accepted: 9, rejected: 2 } },
    eventsByLibrary: {
      "@sluice/web 0.1.0": { accepted: 8, rejected: 2 },
      "analytics.js npm:next-1.84.3": { accepted: 1, rejected: 0 },
    },
  });
});

test("W44: however many libraries senders invent, the counters stay bounded and no event is missing", () => {
  const counters = new Counters();
  for (let i = 0; i < countedLibrariesMax * 5; i++) counters.requestAccepted(request(2, ["unknown_type"], `evil ${i}`));
  const tallies = Object.values(counters.report().eventsByLibrary);
  expect(tallies).toHaveLength(countedLibrariesMax + 1);
  expect(tallies.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(countedLibrariesMax * 5);
  expect(tallies.reduce((sum, { rejected }) => sum + rejected, 0)).toBe(countedLibrariesMax * 5);
});

test("W44: a library's label is what libraries are called, and nothing that could be a person's", () => {
  const label = (name: unknown, version: unknown): string =>
    libraryLabel({ context: { library: { name, version } } } as never);
  expect(label("analytics.js", "npm:next-1.84.3")).toBe("analytics.js npm:next-1.84.3");
  expect(label("@segment/analytics-node", "3.1.0")).toBe("@segment/analytics-node 3.1.0");
  expect(label("RudderLabs JavaScript SDK", "3.34.1")).toBe("RudderLabs JavaScript SDK 3.34.1");
  const odd = ["ada@example.com", "a\nb", 'a"b', "x".repeat(61), "", 7, null, "\ud800"];
  for (const name of odd) expect(label(name, "1.0"), String(name)).toBe("odd");
  for (const version of ["1 0", "x".repeat(41), "", null]) expect(label("a", version), String(version)).toBe("odd");
  for (const event of [undefined, null, 7, {}, { context: null }, { context: { library: "x" } }]) {
    expect(libraryLabel(event)).toBe("unknown");
  }
});

test("W44: a histogram counts each value in the bucket whose bound it does not pass", () => {
  const counters = new Counters();
  for (const ms of [0, 5, 6, 10_000, 10_001]) counters.observe("sendMs", ms);
  const { bounds, counts, sum, count } = counters.report().histograms.sendMs;
  expect(bounds.slice(0, 2)).toEqual([5, 10]);
  expect(counts.slice(0, 2)).toEqual([2, 1]);
  expect(counts.slice(-2)).toEqual([1, 1]);
  expect([sum, count]).toEqual([20_012, 5]);
});

test("W44: the metrics say the same as the counters, in Prometheus' format", () => {
  const counters = new Counters();
  counters.requestAccepted(request(10, ["unknown_type"]));
  counters.requestRefused("invalid_json");
  counters.observe("sendMs", 7);
  const lines = prometheusText(counters.report(), 'i"1\\').split("\n");
  const isolate = 'isolate="i\\"1\\\\"';
  for (const line of [
    `sluice_events_accepted_total{${isolate}} 9`,
    `sluice_events_rejected_total{${isolate},reason="unknown_type"} 1`,
    `sluice_requests_refused_total{${isolate},code="invalid_json"} 1`,
    `sluice_source_events_total{${isolate},source="shop/web",verdict="rejected"} 1`,
    `sluice_library_events_total{${isolate},library="@sluice/web 0.1.0",verdict="accepted"} 9`,
    `sluice_send_milliseconds_bucket{${isolate},le="5"} 0`,
    `sluice_send_milliseconds_bucket{${isolate},le="10"} 1`,
    `sluice_send_milliseconds_bucket{${isolate},le="+Inf"} 1`,
    `sluice_send_milliseconds_count{${isolate}} 1`,
  ]) {
    expect(lines).toContain(line);
  }
  const samples = lines.filter((line) => line !== "" && !line.startsWith("#"));
  for (const line of samples) expect(line).toMatch(/^sluice_[a-z_]+\{(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+\} \d+$/);
  const typed = lines.filter((line) => line.startsWith("# TYPE")).map((line) => line.split(" ")[2]);
  expect(new Set(typed).size).toBe(typed.length);
});
