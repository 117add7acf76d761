import { describe, expect, test } from "vitest";
import { kpiQuestion } from "./kpi-params.ts";

const good = "metrics=dau,events&from=2026-01-01&to=2026-01-03&interval=day";

describe("parameters of a question", () => {
  test("A25: a good question is read; interval and zone have defaults; repeated metrics count once", () => {
    const expected = {
      metrics: ["dau", "events"],
      fromMs: Date.UTC(2026, 0, 1),
      toMs: Date.UTC(2026, 0, 3),
      project: null,
    };
    for (const text of [
      good,
      `${good}&timezone=UTC`,
      good.replace("&interval=day", ""),
      good.replace("events", "events,dau"),
    ]) {
      expect(kpiQuestion(new URLSearchParams(text)), text).toEqual({ ok: true, value: expected });
    }
    const longest = kpiQuestion(new URLSearchParams("metrics=aov&from=2025-01-01&to=2026-02-05"));
    expect(longest.ok).toBe(true);
  });

  test("A25: a refusal names the parameter and what it may be", () => {
    const cases: [string, string, string][] = [
      ["from=2026-01-01&to=2026-01-02", "metrics", "dau"],
      [good.replace("events", "wau"), "metrics", "dau"],
      [good.replace("dau,events", "constructor"), "metrics", "dau"],
      [good.replace("2026-01-01", "2026-02-30"), "from", "YYYY-MM-DD"],
      [good.replace("2026-01-03", "2026-1-3"), "to", "YYYY-MM-DD"],
      [good.replace("2026-01-03", "2026-01-01"), "to", "later than from"],
      ["metrics=dau&from=2025-01-01&to=2026-02-06", "to", "400 days"],
      [good.replace("=day", "=week"), "interval", "day"],
      [`${good}&timezone=Europe/Berlin`, "timezone", "UTC"],
      [`${good}&from=2026-01-02`, "from", "once"],
      [`${good}&breakdown=country`, "breakdown", "Unknown"],
    ];
    for (const [text, parameter, words] of cases) {
      const result = kpiQuestion(new URLSearchParams(text));
      if (result.ok) throw new Error(`accepted: ${text}`);
      expect(result.error, text).toMatchObject({ status: 400, parameter });
      expect(result.error.detail).toContain(words);
    }
  });
});
