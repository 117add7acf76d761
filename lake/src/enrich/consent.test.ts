import type { Json, JsonObject } from "@sluice/schema";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anyJson, receiptOf, trackOf } from "../../testing/fixtures.ts";
import { rowOf } from "../row.ts";

function consentOf(context: JsonObject): string | null {
  return rowOf(trackOf({ context }), receiptOf(), 0).consent;
}

test("L30: Segment's categoryPreferences are kept, whatever its consent tool calls the categories", () => {
  const categoryPreferences = { Analytics: true, Advertising: false, C0002: true };
  expect(consentOf({ consent: { categoryPreferences } })).toBe('{"Advertising":false,"Analytics":true,"C0002":true}');
});

test("L30: RudderStack's lists of allowed and denied ids become the same; what is in both is denied", () => {
  const consentManagement = {
    allowedConsentIds: ["C0001", "C0003"],
    deniedConsentIds: ["C0002", "C0003"],
    provider: "oneTrust",
    resolutionStrategy: "and",
  };
  expect(consentOf({ consentManagement })).toBe('{"C0001":true,"C0002":false,"C0003":false}');
  const objects = { allowedConsentIds: { C0001: "Strictly necessary" }, deniedConsentIds: ["C0002"] };
  expect(consentOf({ consentManagement: objects })).toBe('{"C0001":true,"C0002":false}');
});

test("L30: who says nothing of consent has none; what no column understands stays in the context", () => {
  for (const context of [{}, { consent: {} }, { consent: { categoryPreferences: {} } }, { consentManagement: {} }]) {
    expect(consentOf(context)).toBeNull();
  }
  const context = { consent: { categoryPreferences: { Analytics: "yes", Ads: 1 }, other: true } };
  expect(consentOf(context)).toBeNull();
  expect(rowOf(trackOf({ context }), receiptOf(), 0).context).toBe(JSON.stringify(context));
});

test("L30: consent is null or an object of booleans, whatever the event says", () => {
  fc.assert(
    fc.property(anyJson, anyJson, anyJson, (preferences, allowed, denied) => {
      const context = {
        consent: { categoryPreferences: preferences },
        consentManagement: { allowedConsentIds: allowed, deniedConsentIds: denied },
      };
      const consent = consentOf(context);
      const values: Json[] = consent === null ? [true] : Object.values(JSON.parse(consent) as JsonObject);
      expect(values.length).toBeGreaterThan(0);
      for (const value of values) expect(value).toBeTypeOf("boolean");
    }),
  );
});
