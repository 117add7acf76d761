import { describe, expect, test } from "vitest";
import { dayMs } from "./day.ts";
import { halvesOf, mapOfHalves, overlaps, quarterMs, quarterOf, quarterRange } from "./quarter-hours.ts";
import { isTimeZone, LocalDays, localDaysFromMs, tzdataVersion } from "./time-zone.ts";

const dayNumber = (text: string): number => Date.parse(text) / dayMs;

describe("local days", () => {
  test("A50: a local day starts where the zone's calendar first shows it, offsets of 30 and 45 minutes and clock changes included", () => {
    const start = (zone: string, day: string): string =>
      new Date(new LocalDays(zone).startMs(dayNumber(day))).toISOString().slice(0, 16);
    expect(start("UTC", "2026-03-29")).toBe("2026-03-29T00:00");
    expect(start("Asia/Kolkata", "2026-03-29")).toBe("2026-03-28T18:30");
    expect(start("Asia/Kathmandu", "2026-03-29")).toBe("2026-03-28T18:15");
    expect(start("Europe/Berlin", "2026-03-29")).toBe("2026-03-28T23:00");
    expect(start("Europe/Berlin", "2026-03-30")).toBe("2026-03-29T22:00");
    expect(start("Europe/Berlin", "2026-10-26")).toBe("2026-10-25T23:00");
    expect(start("Pacific/Kiritimati", "2026-01-01")).toBe("2025-12-31T10:00");
    expect(start("Etc/GMT+12", "2026-01-01")).toBe("2026-01-01T12:00");
    // Clocks go forward at midnight: the day begins at one o'clock.
    expect(start("America/Sao_Paulo", "2018-11-04")).toBe("2018-11-04T03:00");
    expect(start("Africa/Cairo", "2024-04-26")).toBe("2024-04-25T22:00");
  });

  test("A50: since 2012 the days of every zone follow each other without gap, each 20 to 28 hours long", () => {
    const zones = Intl.supportedValuesOf("timeZone").filter((_, index) => index % 4 === 0);
    for (const zone of [...zones, "Asia/Gaza", "America/St_Johns", "Australia/Lord_Howe", "Antarctica/Troll"]) {
      const days = new LocalDays(zone);
      const format = new Intl.DateTimeFormat("en", { timeZone: zone, hour: "2-digit", hourCycle: "h23" });
      for (let day = localDaysFromMs / dayMs + 1; day < dayNumber("2027-01-01"); day += 9) {
        const hours = (days.startMs(day + 1) - days.startMs(day)) / 3_600_000;
        expect(hours >= 20 && hours <= 28, `${zone} ${day}: ${hours}`).toBe(true);
        expect(["00", "01", "02", "03"], `${zone} ${day}`).toContain(format.format(days.startMs(day)));
      }
    }
  });

  test("A50: the pieces of a UTC day hold each of its quarter hours once", () => {
    for (const zone of ["UTC", "Asia/Kathmandu", "America/New_York", "Pacific/Apia"]) {
      const days = new LocalDays(zone);
      for (let day = dayNumber("2026-03-06"); day < dayNumber("2026-04-07"); day++) {
        const pieces = days.piecesOf(day * dayMs);
        for (let quarter = 0; quarter < 96; quarter++) {
          const one = quarterRange(quarter, quarter + 1);
          const found = pieces.filter((piece) => overlaps(piece.quarters, one));
          expect(found.map((piece) => piece.localDay)).toEqual([days.dayOf(day * dayMs + quarter * quarterMs)]);
        }
      }
    }
  });

  test("A50: names of zones are those of the runtime; offsets and anything else are none", () => {
    for (const zone of ["UTC", "Asia/Kolkata", "America/Argentina/Buenos_Aires", "Etc/GMT+12"]) {
      expect(isTimeZone(zone), zone).toBe(true);
    }
    for (const zone of ["+05:30", "Mars/Olympus", "", "UTC'; --", "x".repeat(80)]) expect(isTimeZone(zone)).toBe(false);
    expect(tzdataVersion("2026a")).toBe("2026a");
    expect(tzdataVersion("")).toBe("2025b or later");
  });
});

test("A51: 96 quarter hours survive the two halves in which the mart stores them", () => {
  for (let quarter = 0; quarter < 96; quarter++) {
    const map = quarterRange(quarter, 96);
    expect(mapOfHalves(...halvesOf(map))).toEqual(map);
    expect(overlaps(map, quarterRange(0, quarter))).toBe(false);
    expect(overlaps(map, quarterRange(quarter, quarter + 1))).toBe(true);
    expect(quarterOf(5 * dayMs + quarter * quarterMs + 899_999)).toBe(quarter);
  }
});
