import fc from "fast-check";
import { expect, test } from "vitest";
import { CellFolds, periodsOf, UserPeriods } from "./user-periods.ts";
import { firstOfMonth, firstOfWeek, nextPeriod, previousPeriod } from "./local-period.ts";

const firstDay = Date.UTC(2026, 0, 25) / 86_400_000;
const days = 80;

test("A66: daily, weekly and monthly users and how they return equal a recount from whole sets", () => {
  const visit = fc.tuple(fc.constantFrom(..."abcdefgh"), fc.nat({ max: days - 1 }));
  fc.assert(
    fc.property(fc.array(visit, { maxLength: 120, size: "max" }), (visits) => {
      const periods = countedPeriods(visits);
      const usersIn = (from: number, to: number): Set<string> =>
        new Set(visits.flatMap(([user, day]) => (day + firstDay >= from && day + firstDay < to ? [user] : [])));
      for (let day = firstDay; day < firstDay + days; day++) {
        const { wau, mau, ...returns } = periods.trail(day);
        expect([periods.users(day).active, wau, mau]).toEqual(
          [1, 7, 30].map((length) => usersIn(day + 1 - length, day + 1).size),
        );
        expect(returns).toEqual(returnsOf(usersIn(day, day + 1), usersIn(day - 1, day), usersIn(0, day)));
      }
      for (const week of periodsOf("week", firstDay, firstDay + days - 1)) {
        const { active, paying, ...returns } = periods.week(week);
        expect([active, paying]).toEqual([usersIn(week, week + 7).size, []]);
        expect(returns).toEqual(returnsOf(usersIn(week, week + 7), usersIn(week - 7, week), usersIn(0, week)));
      }
      for (const month of periodsOf("month", firstDay, firstDay + days - 1)) {
        expect(periods.month(month).active).toBe(usersIn(month, nextPeriod("month", month)).size);
      }
    }),
  );
});

function countedPeriods(visits: readonly (readonly [string, number])[]): UserPeriods {
  const periods = new UserPeriods();
  // Two slices of users, counted one after the other.
  for (const slice of [0, 1]) {
    const folds = new CellFolds();
    for (let day = 0; day < days; day++) {
      const users = visits.filter(([user, at]) => at === day && (user > "d" ? 1 : 0) === slice).map(([user]) => user);
      if (users.length > 0 || day % 9 === 0 || day === days - 1)
        folds.close(firstDay + day, new Map([["all", new Set(users)]]));
    }
    periods.add(folds.folds);
  }
  return periods;
}

function returnsOf(now: ReadonlySet<string>, before: ReadonlySet<string>, ever: ReadonlySet<string>) {
  const users = [...now];
  return {
    new: users.filter((user) => !ever.has(user)).length,
    returning: users.filter((user) => before.has(user)).length,
    resurrected: users.filter((user) => ever.has(user) && !before.has(user)).length,
    churned: [...before].filter((user) => !now.has(user)).length,
    before: before.size,
  };
}

test("A66: weeks begin on Monday, months on their first day, also before 1970", () => {
  const dayNumber = (text: string): number => Date.parse(text) / 86_400_000;
  expect(firstOfWeek(dayNumber("2026-03-01"))).toBe(dayNumber("2026-02-23"));
  expect(firstOfWeek(dayNumber("2026-03-02"))).toBe(dayNumber("2026-03-02"));
  expect(firstOfWeek(dayNumber("1969-12-31"))).toBe(dayNumber("1969-12-29"));
  expect(firstOfMonth(dayNumber("2024-02-29"))).toBe(dayNumber("2024-02-01"));
  expect(nextPeriod("month", dayNumber("2024-02-01"))).toBe(dayNumber("2024-03-01"));
  expect(previousPeriod("month", dayNumber("2026-01-01"))).toBe(dayNumber("2025-12-01"));
  expect(previousPeriod("week", dayNumber("2026-03-02"))).toBe(dayNumber("2026-02-23"));
});
