import { describe, expect, test } from "vitest";
import { dayMs } from "./day.ts";
import { kpiQuestion } from "./kpi-params.ts";

const good = "metrics=dau,events&from=2026-01-01&to=2026-01-03&interval=day";
const project = { timezone: "UTC", dimensions: ["country"] } as const;
const asked = (text: string) => kpiQuestion(new URLSearchParams(text), project);
const dayNumber = (year: number, month: number, day: number) => Date.UTC(year, month - 1, day) / dayMs;

describe("parameters of a question", () => {
  test("A25: a good question is read; interval and zone have defaults; repeated metrics count once", () => {
    const expected = {
      metrics: ["dau", "events"],
      fromDay: dayNumber(2026, 1, 1),
      toDay: dayNumber(2026, 1, 3),
      interval: "day",
      timezone: "UTC",
      breakdown: null,
      compare: null,
      includesBots: false,
      conversion: "Order Completed",
      project: null,
    };
    for (const text of [
      good,
      `${good}&timezone=UTC`,
      good.replace("&interval=day", ""),
      good.replace("events", "events,dau"),
    ]) {
      expect(asked(text), text).toEqual({ ok: true, value: expected });
    }
    expect(asked("metrics=aov&from=2025-01-01&to=2026-02-05").ok).toBe(true);
    const zoned = kpiQuestion(new URLSearchParams(good), { ...project, timezone: "Asia/Kathmandu" });
    expect(zoned).toEqual({ ok: true, value: { ...expected, timezone: "Asia/Kathmandu" } });
    expect(asked(`${good}&breakdown=country&compare=week&bots=include&timezone=Asia/Kolkata`)).toEqual({
      ok: true,
      value: { ...expected, timezone: "Asia/Kolkata", breakdown: "country", compare: "week", includesBots: true },
    });
  });

  test("A25: a refusal names the parameter and what it may be", () => {
    const weekly = "metrics=active_users&interval=week";
    const cases: [string, string, string][] = [
      ["from=2026-01-01&to=2026-01-02", "metrics", "dau"],
      [good.replace("events", "waus"), "metrics", "dau"],
      [good.replace("dau,events", "constructor"), "metrics", "dau"],
      [good.replace("2026-01-01", "2026-02-30"), "from", "YYYY-MM-DD"],
      [good.replace("2026-01-03", "2026-1-3"), "to", "YYYY-MM-DD"],
      [good.replace("2026-01-03", "2026-01-01"), "to", "later than from"],
      ["metrics=dau&from=2025-01-01&to=2026-02-06", "to", "400 days"],
      ["metrics=events&interval=hour&from=2026-01-01&to=2026-02-02", "to", "31 days"],
      [good.replace("=day", "=year"), "interval", "week"],
      [good.replace("=day", "=week"), "interval", "dau can be asked by day only"],
      [`${weekly}&from=2026-01-01&to=2026-01-12`, "from", "Monday"],
      [`${weekly}&from=2026-01-05&to=2026-01-11`, "to", "Monday"],
      ["metrics=arpu&interval=month&from=2026-01-01&to=2026-01-31", "to", "first day of a month"],
      [`${good}&timezone=Europe/Bern`, "timezone", "IANA"],
      [`${good}&timezone=%2B05:30`, "timezone", "IANA"],
      ["metrics=dau&from=2011-12-31&to=2012-01-02&timezone=Asia/Kolkata", "from", "2012-01-01"],
      [`${good}&from=2026-01-02`, "from", "once"],
      [`${good}&zone=UTC`, "zone", "Unknown"],
      [`${good}&breakdown=city`, "breakdown", "event, country"],
      [`${good.replace("dau", "revenue")}&breakdown=event`, "breakdown", "revenue cannot"],
      ["metrics=active_users&interval=hour&from=2026-01-01&to=2026-01-02&breakdown=event", "breakdown", "by hour"],
      [`${good}&compare=year`, "compare", "previous"],
      ["metrics=events&interval=hour&from=2026-01-01&to=2026-01-02&compare=week", "compare", "interval=day"],
      [`${good}&conversion=event:Signed%20Up`, "conversion", "cpa"],
      [good.replace("dau", "cpa") + "&conversion=page:/", "conversion", "event:NAME"],
      ["metrics=cost&interval=hour&from=2026-01-01&to=2026-01-02", "interval", "cost can be asked by day"],
      [`${good}&bots=yes`, "bots", "exclude or include"],
    ];
    for (const [text, parameter, words] of cases) {
      const result = asked(text);
      if (result.ok) throw new Error(`accepted: ${text}`);
      expect(result.error, text).toMatchObject({ status: 400, parameter });
      expect(result.error.detail).toContain(words);
    }
  });
});
