import {
  parseWriteKey,
  registryKey,
  type RegistrySnapshot,
  signatureMatches,
  writeKeySignedText,
} from "@sluice/schema";
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type AnalyticsHarness, operatorToken, startAnalytics, writeKeySecret } from "../testing/harness.ts";

describe("registry and admin API", () => {
  let worker: AnalyticsHarness;
  beforeAll(async () => {
    worker = await startAnalytics();
  });
  beforeEach(async () => worker.reset());
  afterAll(async () => worker.close());

  async function snapshot(): Promise<RegistrySnapshot> {
    const object = await worker.lake.get(registryKey);
    if (object === null) throw new Error("no snapshot");
    return JSON.parse(await object.text()) as RegistrySnapshot;
  }

  async function shopWithSource(): Promise<void> {
    expect((await worker.admin("POST", "projects", { project: "shop" })).status).toBe(201);
    expect((await worker.admin("POST", "projects/shop/sources", { source: "web" })).status).toBe(201);
  }

  test("A1: without the operator's token every admin path is 404", async () => {
    for (const headers of [{}, { authorization: "Bearer wrong" }, { authorization: operatorToken }]) {
      const reply = await worker.fetch("/v1/admin/projects", headers as Record<string, string>);
      expect(reply.status).toBe(404);
      expect(reply.headers.get("content-type")).toBe("application/problem+json");
    }
    expect((await worker.admin("GET", "projects")).status).toBe(200);
  });

  test("A2: a project and a source are made once, listed, and made again only after deletion", async () => {
    await shopWithSource();
    const again = await worker.admin("POST", "projects", { project: "shop" });
    expect(again.status).toBe(409);
    expect(again.json()).toMatchObject({ title: "Already exists", parameter: "project" });
    expect((await worker.admin("POST", "projects/shop/sources", { source: "web" })).status).toBe(409);
    const listed = (await worker.admin("GET", "projects")).json() as { projects: object[] };
    expect(listed.projects).toMatchObject([{ project: "shop", currency: "EUR" }]);
    const sources = (await worker.admin("GET", "projects/shop/sources")).json();
    expect(sources).toMatchObject({ sources: [{ source: "web", ipPolicy: "truncate" }] });
    expect((await worker.admin("DELETE", "projects/shop")).status).toBe(200);
    expect((await worker.admin("DELETE", "projects/shop")).status).toBe(404);
    expect((await worker.admin("GET", "projects/shop/sources")).status).toBe(404);
    expect((await worker.admin("POST", "projects", { project: "shop", currency: "USD" })).status).toBe(201);
  });

  test("A3: a refusal names the field that is wrong", async () => {
    await shopWithSource();
    const cases: [string, object, string][] = [
      ["projects", { project: "No Spaces" }, "project"],
      ["projects", { project: "x".repeat(41) }, "project"],
      ["projects", {}, "project"],
      ["projects", { project: "ok", currency: "euro" }, "currency"],
      ["projects/shop/sources", { source: "-web" }, "source"],
      ["projects/shop/sources", { source: "app", ipPolicy: "maybe" }, "ipPolicy"],
      ["projects/shop/sources", { source: "app", allowedOrigins: ["shop.example"] }, "allowedOrigins"],
      ["projects/shop/sources", { source: "app", allowedOrigins: "https://shop.example" }, "allowedOrigins"],
      ["projects/shop/keys", { source: "web", kind: "root" }, "kind"],
      ["projects/shop/tokens", { name: "" }, "name"],
    ];
    for (const [path, body, parameter] of cases) {
      const reply = await worker.admin("POST", path, body);
      expect(reply.status, path).toBe(400);
      expect(reply.json()).toMatchObject({ type: "about:blank", status: 400, parameter });
    }
    expect((await worker.admin("POST", "projects/shop/keys", { source: "none", kind: "public" })).status).toBe(404);
    expect((await worker.admin("POST", "projects/none/tokens", { name: "a" })).status).toBe(404);
  });

  test("A4: a write key is signed with the first secret and its serial is never given out again", async () => {
    await shopWithSource();
    const made = (await worker.admin("POST", "projects/shop/keys", { source: "web", kind: "public" })).json() as {
      key: string;
      serial: number;
    };
    const parsed = parseWriteKey(made.key);
    if (!parsed.ok) throw new Error("the key does not parse");
    expect(parsed.value.key).toEqual({ project: "shop", source: "web", kind: "public", serial: 1 });
    const hmac = createHmac("sha256", writeKeySecret).update(writeKeySignedText(parsed.value.payload)).digest();
    expect(signatureMatches(parsed.value.signature, hmac)).toBe(true);
    expect((await worker.admin("DELETE", "projects/shop")).status).toBe(200);
    await shopWithSource();
    const second = (await worker.admin("POST", "projects/shop/keys", { source: "web", kind: "server" })).json();
    expect(second).toMatchObject({ serial: 2, kind: "server", source: "web" });
    const keys = (await worker.admin("GET", "projects/shop/keys")).text;
    expect(JSON.parse(keys)).toMatchObject({ keys: [{ serial: 1 }, { serial: 2, revokedAt: null }] });
    expect(keys).not.toContain(parsed.value.signature);
    expect(JSON.stringify(await worker.sql("SELECT * FROM write_key"))).not.toContain(parsed.value.signature);
  });

  test("A5: every change makes a snapshot of a higher version that holds it", async () => {
    await shopWithSource();
    const first = await snapshot();
    expect(first.projects).toEqual([
      {
        project: "shop",
        shards: 1,
        sources: [{ source: "web", ipPolicy: "truncate", allowedOrigins: [] }],
        revokedSerials: [],
      },
    ]);
    await worker.admin("POST", "projects/shop/keys", { source: "web", kind: "public" });
    await worker.admin("POST", "projects/shop/keys", { source: "web", kind: "server" });
    await worker.admin("DELETE", "projects/shop/keys/2");
    const second = await snapshot();
    expect(second.version).toBeGreaterThan(first.version);
    expect(second.projects[0]?.revokedSerials).toEqual([2]);
    expect((await worker.admin("DELETE", "projects/shop/keys/2")).status).toBe(404);
    await worker.admin("DELETE", "projects/shop/sources/web");
    expect((await snapshot()).projects[0]).toMatchObject({ sources: [], revokedSerials: [1, 2] });
    await worker.admin("DELETE", "projects/shop");
    expect((await snapshot()).projects).toMatchObject([{ project: "shop", revokedSerials: [1, 2] }]);
  });

  test("A5: the number of shards can be raised, and only raised, and stands in the snapshot", async () => {
    await shopWithSource();
    const post = async (shards: unknown) => (await worker.admin("POST", "projects/shop/shards", { shards })).status;
    expect(await post(3)).toBe(201);
    expect((await snapshot()).projects[0]).toMatchObject({ project: "shop", shards: 3 });
    expect([await post(3), await post(2)]).toEqual([409, 409]);
    expect([await post(1), await post(65), await post(2.5), await post("4")]).toEqual([400, 400, 400, 400]);
    expect((await worker.admin("POST", "projects/nobody/shards", { shards: 2 })).status).toBe(404);
  });

  test("A5: changes at the same time all end up in the snapshot", async () => {
    await worker.admin("POST", "projects", { project: "shop" });
    const names = ["a", "b", "c", "d"];
    await Promise.all(names.map(async (source) => worker.admin("POST", "projects/shop/sources", { source })));
    await worker.scheduled();
    expect((await snapshot()).projects[0]?.sources.map((entry) => entry.source)).toEqual(names);
  });

  test("A6: a snapshot that was not written is written by the next scheduled run", async () => {
    await shopWithSource();
    const before = await snapshot();
    await worker.sql("UPDATE source SET ip_policy = 'drop'");
    await worker.scheduled();
    expect(await snapshot()).toEqual(before);
    await worker.sql("UPDATE registry SET version = version + 1");
    await worker.scheduled();
    expect((await snapshot()).projects[0]?.sources).toEqual([{ source: "web", ipPolicy: "drop", allowedOrigins: [] }]);
  });

  test("A5: the origins that a source allows are listed and reach the snapshot", async () => {
    await shopWithSource();
    const allowedOrigins = ["https://shop.example", "https://*.shop.example"];
    const made = await worker.admin("POST", "projects/shop/sources", { source: "site", allowedOrigins });
    expect([made.status, made.json()]).toMatchObject([201, { allowedOrigins }]);
    const listed = (await worker.admin("GET", "projects/shop/sources")).json();
    expect(listed).toMatchObject({
      sources: [
        { source: "site", allowedOrigins },
        { source: "web", allowedOrigins: [] },
      ],
    });
    expect((await snapshot()).projects[0]?.sources).toContainEqual({
      source: "site",
      ipPolicy: "truncate",
      allowedOrigins,
    });
  });

  test("SW57: the cookie domain of a source is listed and reaches the snapshot, and is a host name or empty", async () => {
    await shopWithSource();
    for (const [source, cookieDomain] of [
      ["site", "shop.example"],
      ["host", ""],
    ]) {
      const made = await worker.admin("POST", "projects/shop/sources", { source, cookieDomain });
      expect([made.status, made.json()]).toMatchObject([201, { cookieDomain }]);
    }
    for (const cookieDomain of ["localhost", ".shop.example", "shop.example; HttpOnly", "shop.example\n", "a/b.c", 7]) {
      const refused = await worker.admin("POST", "projects/shop/sources", { source: "bad", cookieDomain });
      expect(refused.status).toBe(400);
    }
    const { sources } = (await worker.admin("GET", "projects/shop/sources")).json() as {
      sources: { cookieDomain: string | null }[];
    };
    expect(sources.map((entry) => entry.cookieDomain)).toEqual(["", "shop.example", null]);
    const published = (await snapshot()).projects[0]?.sources.map((entry) => entry.cookieDomain);
    expect(published).toEqual(["", "shop.example", undefined]);
  });

  test("A6: a database that was restored to an older state still publishes", async () => {
    await shopWithSource();
    const before = await snapshot();
    await worker.sql("UPDATE registry SET version = 0, published_version = 0");
    await worker.admin("POST", "projects/shop/sources", { source: "app" });
    const after = await snapshot();
    expect(after.version).toBeGreaterThan(before.version);
    expect(after.projects[0]?.sources).toHaveLength(2);
  });

  test("A7: a read token is stored as its hash only and stops working when revoked", async () => {
    await shopWithSource();
    const made = (await worker.admin("POST", "projects/shop/tokens", { name: "desk" })).json() as {
      token: string;
      id: string;
    };
    expect(JSON.stringify(await worker.sql("SELECT * FROM read_token"))).not.toContain(made.token);
    expect((await worker.admin("GET", "projects/shop/tokens")).text).not.toContain(made.token);
    const path = "/v1/kpis?metrics=events&from=2026-01-01&to=2026-01-02&interval=day";
    const headers = { authorization: `Bearer ${made.token}` };
    expect((await worker.fetch(path, headers)).status).toBe(200);
    expect((await worker.fetch(path, { authorization: "Bearer slr_unknown" })).status).toBe(401);
    expect((await worker.fetch(path)).status).toBe(401);
    expect((await worker.fetch(`${path}&project=other`, headers)).status).toBe(404);
    expect((await worker.admin("DELETE", `projects/shop/tokens/${made.id}`)).status).toBe(200);
    expect((await worker.fetch(path, headers)).status).toBe(401);
  });
});
