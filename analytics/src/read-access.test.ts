import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type AnalyticsHarness, startAnalytics } from "../testing/harness.ts";
import { ask, tokenOf } from "../testing/query-world.ts";
import { publicRoutes } from "./query-routes.ts";

const range = "from=2026-03-01&to=2026-03-02";

/** Each public route that needs a token, as a request that has nothing wrong in it. */
const requests: ReadonlyMap<string, readonly [string, object?]> = new Map([
  ["getKpis", [`/v1/kpis?metrics=events&${range}`]],
  ["getLedger", [`/v1/ledger?${range}`]],
  ["getReceipt", ["/v1/receipts/01KAG2X9YM0000000000000000"]],
  ["getEvents", [`/v1/events?${range}`]],
  ["getUser", [`/v1/users/u1?${range}`]],
  ["getExport", [`/v1/export?${range}`]],
  ["getSessions", [`/v1/sessions?${range}`]],
  ["getFunnels", ["/v1/funnels"]],
  ["getFunnel", [`/v1/funnels/none?${range}`]],
  ["getRetention", [`/v1/retention?${range}`]],
  ["getPaths", [`/v1/paths?${range}`]],
  ["getExperiment", [`/v1/experiments/none?${range}`]],
  ["getAttribution", [`/v1/attribution?${range}`]],
  ["getCampaigns", [`/v1/campaigns?${range}`]],
  ["getLifetimeValue", [`/v1/ltv?${range}`]],
  ["uploadCosts", ["/v1/costs", { rows: [{ day: "2026-03-01", campaign: "spring", cost: 1 }] }]],
  ["listCosts", [`/v1/costs?${range}`]],
  ["listDeclaredKpis", ["/v1/declared"]],
  ["getDeclaredKpi", [`/v1/declared/none?${range}`]],
  ["getLive", ["/v1/live"]],
  ["listLiveEvents", ["/v1/live/events"]],
  ["query", ["/v1/query", { from: "2026-03-01", to: "2026-03-02" }]],
]);

/** Operations whose answers state the time at which they were made, or what they changed, so that no two are the same. */
const ofTheMoment = new Set(["getLedger", "uploadCosts", "getLive", "listLiveEvents"]);

describe("who may read", () => {
  let worker: AnalyticsHarness;
  beforeAll(async () => {
    worker = await startAnalytics();
  });
  beforeEach(async () => {
    await worker.reset();
    await worker.admin("POST", "projects", { project: "shop" });
    await worker.admin("POST", "projects", { project: "other" });
  });
  afterAll(async () => worker.close());

  test("A100: a token reads what its scopes cover and nothing else; every route that reads is held to one", async () => {
    const guarded = publicRoutes.filter(({ scope }) => scope !== null);
    expect([...requests.keys()].toSorted()).toEqual(guarded.map(({ operationId }) => operationId).toSorted());
    for (const { operationId, scope } of guarded) {
      const [path, body] = requests.get(operationId) ?? ["", undefined];
      const others = ["kpis", "events", "users", "export", "costs"].filter((name) => name !== scope);
      const refused = await ask(worker, await tokenOf(worker, "shop", others), path, body);
      expect(refused.status, operationId).toBe(403);
      expect(refused.json()).toMatchObject({ title: "Out of scope" });
      expect((refused.json() as { detail: string }).detail).toContain(`scope ${scope}`);
      const allowed = await ask(worker, await tokenOf(worker, "shop", [scope ?? ""]), path, body);
      // The stand-in of the shard log keeps no ids; the question got through to it.
      const expected = { getReceipt: 503, getUser: 404, getFunnel: 404, getDeclaredKpi: 404 }[operationId] ?? 200;
      expect(allowed.status, `${operationId} ${allowed.text}`).toBe(expected);
      expect((await worker.fetch(path, {}, body && "POST", body && JSON.stringify(body))).status).toBe(401);
      const wrong = { authorization: "Bearer slr_wrong" };
      expect((await worker.fetch(path, wrong, body && "POST", body && JSON.stringify(body))).status).toBe(401);
    }
  }, 60_000);

  test("A101: tokens are made with scopes and an end, listed without their text, and end when they expire or are revoked", async () => {
    const made = await worker.admin("POST", "projects/shop/tokens", {
      name: "desk",
      scopes: ["users", "kpis"],
      expires: "90d",
    });
    const { token, id, expiresAt } = made.json() as { token: string; id: string; expiresAt: string };
    expect(made.json()).toMatchObject({ scopes: ["kpis", "users"] });
    expect(Math.round((Date.parse(expiresAt) - Date.now()) / 86_400_000)).toBe(90);
    const plain = (await worker.admin("POST", "projects/shop/tokens", { name: "plain" })).json();
    expect(plain).toMatchObject({ scopes: ["kpis", "events"], expiresAt: null });
    const listed = await worker.admin("GET", "projects/shop/tokens");
    expect(listed.text).not.toContain(token);
    expect(listed.json()).toMatchObject({
      tokens: expect.arrayContaining([expect.objectContaining({ id, expiresAt })]) as object,
    });
    const path = `/v1/kpis?metrics=events&${range}`;
    expect((await ask(worker, token, path)).status).toBe(200);
    await worker.sql("UPDATE read_token SET expires_at = ? WHERE id = ?", Date.now() - 1, id);
    expect((await ask(worker, token, path)).status).toBe(401);
    await worker.sql("UPDATE read_token SET expires_at = ? WHERE id = ?", Date.now() + 60_000, id);
    expect((await ask(worker, token, path)).status).toBe(200);
    expect((await worker.admin("DELETE", `projects/other/tokens/${id}`)).status).toBe(404);
    expect((await worker.admin("DELETE", `projects/shop/tokens/${id}`)).status).toBe(200);
    expect((await ask(worker, token, path)).status).toBe(401);
    for (const [body, parameter] of [
      [{ scopes: [] }, "scopes"],
      [{ scopes: ["kpis", "kpis"] }, "scopes"],
      [{ scopes: ["admin"] }, "scopes"],
      [{ scopes: "kpis" }, "scopes"],
      [{ expires: "4000d" }, "expires"],
      [{ expires: "0d" }, "expires"],
      [{ expires: 90 }, "expires"],
    ] as const) {
      const reply = await worker.admin("POST", "projects/shop/tokens", { name: "bad", ...body });
      expect(reply.json(), JSON.stringify(body)).toMatchObject({ status: 400, parameter });
    }
  });

  test("A102: pages of listed origins only may ask, every page when none are listed; a preflight is answered without a token", async () => {
    const token = await tokenOf(worker, "shop", ["kpis"]);
    const path = `/v1/kpis?metrics=events&${range}`;
    const from = async (origin: string) => worker.fetch(path, { authorization: `Bearer ${token}`, origin });
    const open = await from("https://anything.example");
    expect([open.status, open.headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
    const allowedOrigins = ["https://board.example", "https://*.shop.example"];
    expect((await worker.admin("PUT", "projects/shop/query-origins", { allowedOrigins })).status).toBe(200);
    expect((await from("https://board.example")).status).toBe(200);
    expect((await from("https://a.shop.example")).status).toBe(200);
    for (const origin of ["https://evil.example", "https://shop.example", "http://board.example", "null"]) {
      const refused = await from(origin);
      expect([refused.status, (refused.json() as { title: string }).title], origin).toEqual([
        403,
        "Origin not allowed",
      ]);
    }
    expect((await ask(worker, token, path)).status, "no page asks").toBe(200);
    const preflight = await worker.fetch("/v1/query", { origin: "https://board.example" }, "OPTIONS");
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-methods")).toContain("POST");
    expect(preflight.headers.get("access-control-allow-headers")).toContain("content-type");
    const admin = await worker.fetch("/v1/admin/projects", { origin: "https://board.example" }, "OPTIONS");
    expect([admin.status, admin.headers.get("access-control-allow-origin")]).toEqual([404, null]);
    expect((await worker.admin("PUT", "projects/none/query-origins", { allowedOrigins })).status).toBe(404);
    const bad = await worker.admin("PUT", "projects/shop/query-origins", { allowedOrigins: ["*"] });
    expect(bad.json()).toMatchObject({ status: 400, parameter: "allowedOrigins" });
  });

  test("A103: another project and one that does not exist are both 404, with the same words; answers are for the asker's cache only", async () => {
    const token = await tokenOf(worker, "shop", ["kpis", "events", "users", "export", "costs"]);
    for (const [operationId, [path, body]] of requests) {
      const joint = path.includes("?") ? "&" : "?";
      const foreign = await ask(worker, token, `${path}${joint}project=other`, body);
      const unknown = await ask(worker, token, `${path}${joint}project=nowhere`, body);
      expect([foreign.status, foreign.text], operationId).toEqual([404, unknown.text]);
      const own = await ask(worker, token, `${path}${joint}project=shop`, body);
      if (own.status !== 200) continue;
      expect(own.headers.get("cache-control"), operationId).toBe("private, no-cache");
      expect(own.headers.get("vary")).toBe("authorization, origin");
      if (ofTheMoment.has(operationId)) continue;
      const headers = { authorization: `Bearer ${token}`, "if-none-match": own.headers.get("etag") ?? "none" };
      const again = await worker.fetch(
        `${path}${joint}project=shop`,
        headers,
        body && "POST",
        body && JSON.stringify(body),
      );
      expect([again.status, again.text], operationId).toEqual([304, ""]);
    }
  }, 60_000);
});
