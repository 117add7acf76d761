import type { RegistrySnapshot } from "@sluice/schema";
import { expect, test } from "vitest";
import { parseSnapshot } from "./snapshot.ts";

const snapshot: RegistrySnapshot = {
  version: 3,
  compiledAtMs: 1_700_000_000_000,
  projects: [{ project: "shop", shards: 1, sources: [{ source: "web", ipPolicy: "keep" }], revokedSerials: [2] }],
};

test("W7: a snapshot is read as it was compiled", () => {
  expect(parseSnapshot(JSON.stringify(snapshot))).toEqual(snapshot);
});

test("SW57: a cookie's domain in a snapshot is a host name or empty", () => {
  const source = { source: "web", ipPolicy: "keep" };
  const withDomain = (cookieDomain: unknown): string =>
    JSON.stringify({ ...snapshot, projects: [{ ...snapshot.projects[0], sources: [{ ...source, cookieDomain }] }] });
  for (const good of ["", "shop.example", undefined]) expect(parseSnapshot(withDomain(good))).not.toBeNull();
  for (const bad of [null, 7, "localhost", "a.b; Secure", "a.b\r\nX: y"])
    expect(parseSnapshot(withDomain(bad))).toBeNull();
});

test("W37: a snapshot may list the origins of a source", () => {
  const source = { source: "web", ipPolicy: "keep", allowedOrigins: ["https://shop.example"] };
  const withOrigins = (allowedOrigins: unknown): string =>
    JSON.stringify({ ...snapshot, projects: [{ ...snapshot.projects[0], sources: [{ ...source, allowedOrigins }] }] });
  expect(parseSnapshot(withOrigins(["https://shop.example"]))?.projects[0]?.sources).toEqual([source]);
  for (const wrong of ["https://shop.example", [7], null, {}]) expect(parseSnapshot(withOrigins(wrong))).toBeNull();
});

test("W7: a snapshot with anything wrong in it is refused whole", () => {
  const project = snapshot.projects[0];
  const wrong: readonly unknown[] = [
    null,
    [],
    { ...snapshot, version: "3" },
    { ...snapshot, projects: {} },
    { ...snapshot, projects: [null] },
    { ...snapshot, projects: [{ ...project, revokedSerials: "2" }] },
    { ...snapshot, projects: [{ ...project, revokedSerials: ["2"] }] },
    { ...snapshot, projects: [{ ...project, sources: [{ source: "web", ipPolicy: "publish" }] }] },
    { ...snapshot, projects: [{ ...project, sources: undefined }] },
  ];
  for (const value of wrong) expect(parseSnapshot(JSON.stringify(value)), JSON.stringify(value)).toBeNull();
  expect(parseSnapshot("{")).toBeNull();
});
