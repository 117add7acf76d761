import { expect, test } from "vitest";
import { userAgentLengthMax } from "./limits.ts";
import { geoOf, userAgentOf } from "./origin.ts";

test("W19: the place is read from the request's metadata, and anything odd in it is null", () => {
  expect(geoOf({ country: "DE", regionCode: "BE", region: "Land Berlin", city: "Berlin", colo: "TXL" })).toEqual({
    country: "DE",
    region: "BE",
    city: "Berlin",
  });
  const nowhere = { country: null, region: null, city: null };
  expect(geoOf(undefined)).toEqual(nowhere);
  expect(geoOf({ country: 49, regionCode: "", city: "x".repeat(1000) })).toEqual(nowhere);
});

test("W19: a user agent is cut to its limit", () => {
  expect(userAgentOf(null)).toBeNull();
  expect(userAgentOf("")).toBeNull();
  expect(userAgentOf("curl/8")).toBe("curl/8");
  expect(userAgentOf("x".repeat(5000))).toHaveLength(userAgentLengthMax);
});
