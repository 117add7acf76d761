import { readFileSync } from "node:fs";
import { type Columns, readTable } from "@sluice/lake";
import { expect, test } from "vitest";
import { populationOf } from "../../testing/population.ts";
import { randomOf, shuffled } from "../../testing/rows.ts";
import { encodeSteps, scanSteps } from "./behaviour-marts.ts";
import { Budget, BudgetSpent, beyondBudget, readLimits } from "./budget.ts";
import { foldSlices } from "./fold-slices.ts";
import { sessionColumns } from "./session.ts";
import { compareStoredSteps, type Step, stepColumns, stepOf } from "./step.ts";
import { StepsOfDay } from "./steps-of-day.ts";

const steps = populationOf(3, 30, 5).flatMap((row) => stepOf(row, new Map()) ?? []);

test("A89: a part of steps has the same bytes in any order, and reads as it was written", async () => {
  const bytes = encodeSteps(steps);
  expect(encodeSteps(shuffled(steps, randomOf(1)))).toEqual(bytes);
  const read: Step[] = [];
  for await (const some of scanSteps(bytes)) read.push(...some);
  expect(read).toEqual(steps.toSorted(compareStoredSteps));
  expect(await readTable(bytes, stepColumns, ["message_id"])).toHaveLength(steps.length);
});

test("A89: the tables of FORMAT.md are those of the marts", () => {
  const document = readFileSync(new URL("../../../lake/FORMAT.md", import.meta.url), "utf8");
  for (const [name, columns] of [
    ["step", stepColumns],
    ["session", sessionColumns],
  ] as const satisfies readonly (readonly [string, Columns])[]) {
    const [, after = ""] = document.split(`<!-- columns of ${name} -->\n\n`);
    const lines = (after.split("\n\n", 1)[0] ?? "").split("\n").slice(2);
    const cells = lines.map((line) => line.split("|").map((cell) => cell.trim()));
    const stated = cells.map(([, column, type, , nullable, about]) => [column, type, nullable, about]);
    expect(stated).toEqual(
      columns.map((column) => [`\`${column.name}\``, column.type, column.nullable ? "yes" : "no", column.about]),
    );
  }
});

test("A94: more users than memory holds are passed over in slices, each once, up to a limit", async () => {
  const collected = async (heldMax: number, slicesMax: number): Promise<[number, string[]]> => {
    const fold = new StepsOfDay();
    const budget = new Budget({ ...readLimits, heldMax, slicesMax }, () => 0);
    const pass = async function* (): AsyncGenerator<Step[]> {
      yield steps;
    };
    let slices = 0;
    for await (const _ of foldSlices(budget, fold, pass, (step) => step.anonymous_id ?? step.user_id)) slices += 1;
    return [
      slices,
      fold
        .answer()
        .map((step) => step.message_id)
        .toSorted(),
    ];
  };
  const [one, whole] = await collected(Infinity, 1);
  expect(one).toBe(1);
  const [many, sliced] = await collected(260, 64);
  expect(many).toBeGreaterThan(1);
  expect(sliced).toEqual(whole);
  await expect(collected(10, 4)).rejects.toThrow(BudgetSpent);
});

test("A94: a budget of files, bytes and time is spent to its end and not beyond, and the refusal names it", () => {
  let nowMs = 1_000;
  const limits = { ...readLimits, filesMax: 2, bytesMax: 3 * 1024 * 1024, msMax: 5_000 };
  const fresh = (): Budget => new Budget(limits, () => nowMs);
  const files = fresh();
  files.spend(1);
  files.spend(1);
  expect(() => files.spend(1)).toThrow("2 files");
  const bytes = fresh();
  bytes.spend(limits.bytesMax);
  expect(() => bytes.spend(1)).toThrow("3 MB");
  const time = fresh();
  nowMs += limits.msMax;
  time.spend(1);
  nowMs += 1;
  expect(() => time.spend(1)).toThrow("5 s");
  expect(beyondBudget(new BudgetSpent("more than 2 files"))).toMatchObject({ status: 422, parameter: "to" });
});
