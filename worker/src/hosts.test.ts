import { expect, test } from "vitest";
import { settingsReply, sourceConfigReply } from "./boot-replies.ts";
import { hostFor, parseHosts } from "./hosts.ts";

const hosts = parseHosts(" https://in.shop.example , http://localhost:8787,https://in.other.example:8443/path");

test("W29: hosts are the origins of the list, and what is no origin is left out", () => {
  expect(hosts).toEqual([
    { protocol: "https", host: "in.shop.example" },
    { protocol: "http", host: "localhost:8787" },
    { protocol: "https", host: "in.other.example:8443" },
  ]);
  expect(parseHosts("")).toEqual([]);
  expect(parseHosts("in.shop.example, ftp://a.example, javascript:alert(1), https://")).toEqual([]);
});

test("W29: a client is told the host it asked when that is configured, else the first, and never another", () => {
  expect(hostFor(hosts, "https://in.other.example:8443/v1/x")?.host).toBe("in.other.example:8443");
  for (const url of [
    "https://evil.example/",
    "https://in.other.example/",
    "https://in.shop.example.evil.example/",
    "?",
  ]) {
    expect(hostFor(hosts, url)?.host, url).toBe("in.shop.example");
  }
  expect(hostFor([], "https://in.shop.example/")).toBeNull();
});

test("W29: the settings name key and host, and plain HTTP only where it is so", () => {
  expect(settingsReply("K", { protocol: "https", host: "in.shop.example" })).toEqual({
    integrations: { "Segment.io": { apiKey: "K", apiHost: "in.shop.example/v1" } },
  });
  expect(settingsReply("K", { protocol: "http", host: "localhost:8787" })).toEqual({
    integrations: { "Segment.io": { apiKey: "K", apiHost: "localhost:8787/v1", protocol: "http" } },
  });
});

test("W30: the source configuration has no destinations and reports nothing to anyone", () => {
  const key = { project: "shop", source: "web", kind: "public", serial: 1 } as const;
  expect(sourceConfigReply("K", key, "2026-01-01T00:00:00.000Z")).toMatchObject({
    source: {
      writeKey: "K",
      enabled: true,
      destinations: [],
      config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
    },
  });
});
