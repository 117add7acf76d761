import { expect, test } from "vitest";
import { campaignOf } from "./campaign.ts";

test("SW5: utm parameters become the campaign; without any there is none", () => {
  expect(campaignOf("?utm_campaign=s&utm_medium=email&utm_source=&x=1")).toEqual({ name: "s", medium: "email" });
  expect(campaignOf("?q=utm_source")).toBeUndefined();
  expect(campaignOf("")).toBeUndefined();
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  campaignOf("?utm___proto__=polluted");
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});
