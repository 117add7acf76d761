import { expect, test } from "vitest";
import {
  acceptsSnapshot,
  ipPolicyOf,
  isOriginAllowed,
  isOriginPattern,
  keyStanding,
  type ProjectEntry,
  type RegistrySnapshot,
} from "./registry.ts";
import type { WriteKey } from "./write-key.ts";

function snapshot(version: number, names: readonly string[]): RegistrySnapshot {
  const projects = names.map((project): ProjectEntry => ({
    project,
    shards: 1,
    sources: [{ source: "web", ipPolicy: "keep" }],
    revokedSerials: [2, 5],
  }));
  return { version, compiledAtMs: 0, projects };
}

const key: WriteKey = { project: "a", source: "web", kind: "public", serial: 1 };

test("V24: the first snapshot is taken unless it is empty", () => {
  expect(acceptsSnapshot(null, snapshot(1, ["a"]))).toBe(true);
  expect(acceptsSnapshot(null, snapshot(1, []))).toBe(false);
});

test("V24: an older snapshot, an empty one and one less than half as large are refused", () => {
  const current = snapshot(5, ["a", "b", "c", "d"]);
  expect(acceptsSnapshot(current, snapshot(6, ["a", "b"]))).toBe(true);
  expect(acceptsSnapshot(current, snapshot(5, ["a", "b", "c", "d", "e"]))).toBe(true);
  expect(acceptsSnapshot(current, snapshot(4, ["a", "b", "c", "d", "e"]))).toBe(false);
  expect(acceptsSnapshot(current, snapshot(6, ["a"]))).toBe(false);
  expect(acceptsSnapshot(current, snapshot(6, []))).toBe(false);
});

test("V25: a key stands as its project's list of revoked serials says; unknown projects are taken", () => {
  const registry = snapshot(1, ["a", "b"]);
  expect(keyStanding(registry, key)).toBe("active");
  expect(keyStanding(registry, { ...key, serial: 5 })).toBe("revoked");
  expect(keyStanding(registry, { ...key, project: "z", serial: 5 })).toBe("unknown");
  expect(keyStanding(null, key)).toBe("unknown");
});

test("V25: an address is truncated unless the source's policy says otherwise", () => {
  const registry = snapshot(1, ["a"]);
  expect(ipPolicyOf(registry, key)).toBe("keep");
  expect(ipPolicyOf(registry, { ...key, source: "app" })).toBe("truncate");
  expect(ipPolicyOf(registry, { ...key, project: "z" })).toBe("truncate");
  expect(ipPolicyOf(null, key)).toBe("truncate");
});

test("V28: a public key sends from the origins its source lists, a server key and a request without a page from anywhere", () => {
  const [project] = snapshot(1, ["a"]).projects;
  const sources = [
    {
      source: "web",
      ipPolicy: "keep" as const,
      allowedOrigins: ["https://shop.example", "https://*.Shop.example:8443"],
    },
    { source: "app", ipPolicy: "keep" as const, allowedOrigins: [] },
  ];
  const registry = { ...snapshot(1, []), projects: project === undefined ? [] : [{ ...project, sources }] };
  const allowed = ["https://shop.example", "HTTPS://SHOP.example", "https://a.b.shop.example:8443", null];
  const refused = ["http://shop.example", "https://evil-shop.example", "https://shop.example.evil.example", "null", ""];
  const below = ["https://.shop.example", "https://a.shop.example", "https://evilshop.example:8443"];
  for (const origin of allowed) expect(isOriginAllowed(registry, key, origin), String(origin)).toBe(true);
  for (const origin of [...refused, ...below]) expect(isOriginAllowed(registry, key, origin), origin).toBe(false);
  expect(isOriginAllowed(registry, { ...key, kind: "server" }, "https://evil.example")).toBe(true);
  expect(isOriginAllowed(registry, { ...key, source: "app" }, "https://evil.example")).toBe(true);
  expect(isOriginAllowed(registry, { ...key, project: "z" }, "https://evil.example")).toBe(true);
  expect(isOriginAllowed(null, key, "https://evil.example")).toBe(true);
});

test("V28: an allowed origin is a scheme and a host, with a star only before the host", () => {
  for (const text of ["https://shop.example", "http://localhost:3000", "https://*.shop.example"]) {
    expect(isOriginPattern(text), text).toBe(true);
  }
  const wrong = ["shop.example", "https://", "https://shop.example/", "https://*", "https://a.*.example", "*", "null"];
  for (const text of [...wrong, `https://${"a".repeat(300)}.example`]) expect(isOriginPattern(text), text).toBe(false);
});
