import { ipPolicyOf, keyStanding, type RegistrySnapshot, type WriteKey } from "@sluice/schema";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { LakePort } from "./env.ts";
import { Registry, type RegistryPorts } from "./registry.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const key: WriteKey = { project: "shop", source: "web", kind: "public", serial: 2 };
const snapshot = (version: number, revokedSerials: readonly number[]): RegistrySnapshot => ({
  version,
  compiledAtMs: 0,
  projects: [{ project: "shop", shards: 1, sources: [{ source: "web", ipPolicy: "keep" }], revokedSerials }],
});

/** A bucket whose one object is what `read` gives: a text, nothing (`null`), or an error. */
function lakeOf(read: () => string | null): RegistryPorts {
  const get = (): Promise<{ text: () => Promise<string> } | null> => {
    const text = read();
    return Promise.resolve(text === null ? null : { text: () => Promise.resolve(text) });
  };
  return { LAKE: { get } as unknown as LakePort };
}

test("W7: the snapshot is loaded when due, not more often, and then binds", async () => {
  const registry = new Registry("30");
  let stored: string | null = null;
  const lake = lakeOf(() => stored);
  await registry.refreshIfDue(lake, 0);
  expect(keyStanding(registry.snapshot, key)).toBe("unknown");
  stored = JSON.stringify(snapshot(1, [2]));
  expect(registry.refreshIfDue(lake, 29_999)).toBeNull();
  await registry.refreshIfDue(lake, 30_000);
  expect(keyStanding(registry.snapshot, key)).toBe("revoked");
  expect(ipPolicyOf(registry.snapshot, key)).toBe("keep");
});

test("W7: a broken, older or empty snapshot and an unreachable bucket leave the last good one in use", async () => {
  const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const registry = new Registry("1");
  const good = snapshot(5, [2]);
  await registry.refreshIfDue(
    lakeOf(() => JSON.stringify(good)),
    0,
  );
  const bad: readonly (() => string)[] = [
    () => "{",
    () => JSON.stringify(snapshot(4, [])),
    () => JSON.stringify({ ...good, version: 6, projects: [] }),
    () => {
      throw new Error("R2 is down");
    },
  ];
  for (const [i, read] of bad.entries()) {
    await registry.refreshIfDue(lakeOf(read), (i + 1) * 1000);
    expect(registry.snapshot).toEqual(good);
    expect(warned).toHaveBeenCalledTimes(i + 1);
  }
  await registry.refreshIfDue(
    lakeOf(() => JSON.stringify(snapshot(6, []))),
    60_000,
  );
  expect(keyStanding(registry.snapshot, key)).toBe("active");
});

test("W7: a period that is no positive number means 30 seconds", async () => {
  for (const text of ["", "0", "-1", "soon"]) {
    const registry = new Registry(text);
    const lake = lakeOf(() => null);
    await registry.refreshIfDue(lake, 0);
    expect(registry.refreshIfDue(lake, 29_999), text).toBeNull();
    expect(registry.refreshIfDue(lake, 30_000), text).not.toBeNull();
  }
});

test("W7: a snapshot that is gone, or less than half as large, leaves the last good one in use", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const registry = new Registry("1");
  const projects = ["a", "b", "c", "shop"].map((project) => ({
    project,
    shards: 1,
    sources: [],
    revokedSerials: project === "shop" ? [2] : [],
  }));
  const large: RegistrySnapshot = { version: 1, compiledAtMs: 0, projects };
  const shrunken = { ...large, version: 2, projects: projects.slice(0, 1) };
  for (const [i, stored] of [large, shrunken, null].entries()) {
    await registry.refreshIfDue(
      lakeOf(() => (stored === null ? null : JSON.stringify(stored))),
      i * 1000,
    );
    expect(registry.snapshot).toEqual(large);
  }
  expect(keyStanding(registry.snapshot, key)).toBe("revoked");
});

test("W7: a deleted project stays in the snapshot with its serials revoked, and its keys with it", async () => {
  const registry = new Registry("1");
  const deleted = { project: "shop", shards: 1, sources: [], revokedSerials: [1, 2, 3] };
  const kept: RegistrySnapshot = { version: 2, compiledAtMs: 0, projects: [deleted] };
  await registry.refreshIfDue(
    lakeOf(() => JSON.stringify(kept)),
    0,
  );
  for (const serial of [1, 2, 3]) expect(keyStanding(registry.snapshot, { ...key, serial })).toBe("revoked");
});

describe("W50: D1 says whether the snapshot is worth reading", () => {
  let reads = 0;
  let stored = JSON.stringify(snapshot(5, []));
  const { LAKE } = lakeOf(() => (reads++, stored));
  /** A database whose registry has this version; `null` for one that has no such row. */
  const database = (version: () => Promise<number | null>): RegistryPorts => ({
    LAKE,
    DB: { prepare: () => ({ first: version }) } as unknown as NonNullable<RegistryPorts["DB"]>,
  });

  test("it is read at first, and again only when the version is another", async () => {
    const registry = new Registry("1");
    reads = 0;
    stored = JSON.stringify(snapshot(5, []));
    let version: number | null = 5;
    const ports = database(() => Promise.resolve(version));
    for (let second = 0; second < 10; second++) await registry.refreshIfDue(ports, second * 1000);
    expect(reads).toBe(1);
    version = 6; // the change is in D1, its snapshot not yet in R2
    await registry.refreshIfDue(ports, 10_000);
    expect([reads, registry.snapshot?.version]).toEqual([2, 5]);
    stored = JSON.stringify(snapshot(6, [2]));
    await registry.refreshIfDue(ports, 11_000);
    expect(keyStanding(registry.snapshot, key)).toBe("revoked");
    await registry.refreshIfDue(ports, 12_000);
    expect(reads).toBe(3);
  });

  test("it is read each time while D1 fails, hangs, knows no version, or one that cannot be", async () => {
    vi.useFakeTimers();
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const answers = [
      () => Promise.reject(new Error("no such table: registry")),
      () => new Promise<number>(() => undefined),
      () => Promise.resolve(null),
      () => Promise.resolve(4), // a database that was set back, or another one
      () => Promise.resolve("5" as unknown as number),
    ];
    for (const answer of answers) {
      const registry = new Registry("1");
      stored = JSON.stringify(snapshot(5, []));
      const ports = database(answer);
      await registry.refreshIfDue(ports, 0);
      expect(keyStanding(registry.snapshot, key)).toBe("active");
      stored = JSON.stringify(snapshot(6, [2]));
      const looked = registry.refreshIfDue(ports, 1000);
      await vi.advanceTimersByTimeAsync(3000);
      await looked;
      expect(keyStanding(registry.snapshot, key)).toBe("revoked");
    }
  });
});
