import { expect, test } from "vitest";
import { userAgentLengthMax } from "./limits.ts";
import { type Client, clientOf, geoOf, userAgentOf } from "./origin.ts";

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

const edgeSays = { country: "US", regionCode: "VA", city: "Ashburn" };
const stated = {
  "cf-connecting-ip": "198.51.100.7",
  "sluice-proxy-secret": "s3cret",
  "sluice-client-ip": " 203.0.113.77 ",
  "sluice-client-country": "de",
  "sluice-client-region": "BY",
  "sluice-client-city": "M%C3%BCnchen",
};
const client = (headers: Record<string, string>, secrets: readonly string[]): Client =>
  clientOf(new Headers(headers), edgeSays, secrets);

test("W36: a proxy with one of the secrets is believed where its client is, and nothing else then", () => {
  const geo = { country: "DE", region: "BY", city: "München" };
  expect(client(stated, ["old", "s3cret"])).toEqual({ address: "203.0.113.77", geo });
  const { "sluice-proxy-secret": secret } = stated;
  expect(client({ "sluice-proxy-secret": secret, "cf-connecting-ip": "198.51.100.7" }, [secret])).toEqual({
    address: null,
    geo: { country: null, region: null, city: null },
  });
});

test("W36: without the secret, with a wrong one or without any configured, Cloudflare is believed and the headers are not", () => {
  const direct = { address: "198.51.100.7", geo: { country: "US", region: "VA", city: "Ashburn" } };
  expect(client(stated, [])).toEqual(direct);
  expect(client(stated, ["s3cret2"])).toEqual(direct);
  expect(client({ ...stated, "sluice-proxy-secret": "" }, ["s3cret"])).toEqual(direct);
  expect(client({ ...stated, "sluice-proxy-secret": "x".repeat(10_000) }, ["s3cret"])).toEqual(direct);
  const { "sluice-proxy-secret": _, ...without } = stated;
  expect(client(without, ["s3cret"])).toEqual(direct);
});

test("W36: what a proxy states oddly is unknown", () => {
  const odd = { ...stated, "sluice-client-country": "DEU", "sluice-client-region": "%00", "sluice-client-city": "%" };
  expect(client(odd, ["s3cret"]).geo).toEqual({ country: null, region: null, city: "%" });
  expect(client({ ...stated, "sluice-client-city": "x".repeat(200) }, ["s3cret"]).geo.city).toBeNull();
});
