import { judgeEvent, type Json, type JsonObject, type RejectReason } from "@sluice/schema";
import fc from "fast-check";
import { expect, test } from "vitest";
import { badEvent, goodEvent, isoTime } from "../../schema/testing/index.ts";
import { eventSchema } from "./event-schema.ts";

const schema = eventSchema();

/** The keywords of JSON Schema that the schema uses, as 2020-12 defines them; an unknown keyword is an error of the test. */
function isValid(value: Json | undefined, rule: JsonObject): boolean {
  return Object.entries(rule).every(([keyword, argument]) => holds(keyword, argument, value, rule));
}

function holds(keyword: string, argument: Json, value: Json | undefined, rule: JsonObject): boolean {
  const fields = typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
  const text = typeof value === "string" ? value : null;
  switch (keyword) {
    case "type":
      return [argument].flat().includes(typeOf(value));
    case "enum":
      return (argument as readonly Json[]).includes(value as Json);
    case "const":
      return value === argument;
    case "minLength":
      return text === null || Array.from(text).length >= (argument as number);
    case "maxLength":
      return text === null || Array.from(text).length <= (argument as number);
    case "pattern":
      return text === null || new RegExp(argument as string, "u").test(text);
    case "required":
      return fields === null || (argument as readonly string[]).every((name) => Object.hasOwn(fields, name));
    case "properties":
      return (
        fields === null ||
        Object.entries(argument as Record<string, JsonObject>).every(
          ([name, of]) => !Object.hasOwn(fields, name) || isValid(fields[name], of),
        )
      );
    case "anyOf":
      return (argument as readonly JsonObject[]).some((of) => isValid(value, of));
    case "if":
      return !isValid(value, argument as JsonObject) || isValid(value, rule["then"] as JsonObject);
    case "then":
    case "title":
    case "description":
    case "$schema":
      return true;
    default:
      throw new Error(`the schema uses ${keyword}`);
  }
}

function typeOf(value: Json | undefined): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** What a schema cannot say of an event. */
const unsayable: readonly RejectReason[] = ["event_too_large", "event_too_deep", "too_many_keys"];

test("W34: the schema takes every event that the verdict takes", () => {
  fc.assert(
    fc.property(goodEvent(), (event) => {
      expect(isValid(event, schema)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("W34: the schema refuses what the verdict refuses, but for sizes, days that do not exist and UTF-16", () => {
  fc.assert(
    fc.property(badEvent(), (event) => {
      const verdict = judgeEvent(event);
      const reason = verdict.ok ? null : verdict.error.reason;
      const isDay = reason === "invalid_timestamp" && (event as JsonObject)["timestamp"] === "2026-02-30";
      const isSayable = reason !== null && !unsayable.includes(reason) && !isDay;
      expect(isSayable && isValid(event, schema), String(reason)).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

test("W34: the schema's times are those that are read", () => {
  const time = (text: string): boolean => isValid({ type: "page", userId: "u", timestamp: text }, schema);
  fc.assert(
    fc.property(isoTime(), (text) => {
      expect([time(text), time(text.toLowerCase())]).toEqual([true, true]);
    }),
  );
  for (const text of ["2026-01-01", "2026-01-01t00:00z", "2026-01-01 00:00:00.123456789+01:00"]) {
    expect(time(text), text).toBe(true);
    expect(judgeEvent({ type: "page", userId: "u", timestamp: text }).ok, text).toBe(true);
  }
  for (const text of ["", "yesterday", "2026-01-01T", "1795159483692", "2026-01-01X00:00Z"])
    expect(time(text)).toBe(false);
});
