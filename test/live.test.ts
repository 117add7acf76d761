import { spawn } from "node:child_process";
import { once } from "node:events";
import { ulid } from "ulid";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "@sluice/schema";
import { projectRoot } from "../tools/project-root.ts";
import { follow } from "../tools/tail/follow.ts";
import { eventJson, eventLine } from "../tools/tail/lines.ts";
import { startPipeline, type TestPipeline } from "./pipeline.ts";

describe("the local pipeline, live", () => {
  let pipeline: TestPipeline;
  beforeAll(async () => {
    pipeline = await startPipeline();
  }, 100_000);
  afterAll(async () => {
    await pipeline?.stop();
  });

  async function send(batch: readonly object[]): Promise<void> {
    const { ingestUrl, serverKey } = pipeline.local;
    const headers = { authorization: `Basic ${btoa(`${serverKey}:`)}`, "content-type": "application/json" };
    const reply = await fetch(`${ingestUrl}/v1/batch`, { method: "POST", headers, body: JSON.stringify({ batch }) });
    expect(reply.status).toBe(200);
  }

  async function ask(path: string): Promise<JsonObject> {
    const headers = { authorization: `Bearer ${pipeline.local.readToken}` };
    const reply = await fetch(pipeline.local.queryUrl + path, { headers });
    expect(reply.status).toBe(200);
    return (await reply.json()) as JsonObject;
  }

  test("A145: tail prints an event, and a reject with its reason, within two seconds of its acceptance", async () => {
    const child = spawn(
      process.execPath,
      ["tools/tail.ts", pipeline.local.project, "--json", "--state", pipeline.stateDir],
      {
        cwd: projectRoot,
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await new Promise((done) => setTimeout(done, 1_500)); // it follows by then
    try {
      const messageId = ulid();
      await send([
        { type: "track", event: "Seen At Once", userId: "u", messageId },
        { type: "track", userId: "nameless" },
      ]);
      const acceptedMs = Date.now();
      while (!output.includes(messageId) || !output.includes("missing_event_name")) {
        expect(Date.now() - acceptedMs, output).toBeLessThan(2_000);
        await new Promise((done) => setTimeout(done, 25));
      }
      const stored = output.split("\n").find((line) => line.includes(messageId));
      expect(JSON.parse(stored ?? "")).toMatchObject({ outcome: "stored", event: "Seen At Once", user_id: "u" });
    } finally {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  }, 30_000);

  test("A146: while events flow, are published and rolled up, KPIs never count one twice and miss none for more than two seconds", async () => {
    const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
    const path = `/v1/kpis?metrics=page_views,dau&from=${day(Date.now())}&to=${day(Date.now() + 2 * 86_400_000)}`;
    const sum = (answer: JsonObject, name: string): number => {
      const { buckets } = (answer["metrics"] as unknown as Record<string, { buckets: { value: number }[] }>)[name] ?? {
        buckets: [],
      };
      return buckets.reduce((total, { value }) => total + value, 0);
    };
    const accepted: { readonly atMs: number; readonly total: number }[] = [{ atMs: 0, total: 0 }];
    let sent = 0;
    let isSending = true;
    const sending = (async () => {
      const endMs = Date.now() + 9_000;
      while (Date.now() < endMs) {
        const count = 1 + (sent % 7);
        const batch = Array.from({ length: count }, (_, i) => ({
          type: "page",
          userId: `user ${sent + i}`,
          messageId: ulid(),
        }));
        sent += count;
        await send(batch);
        accepted.push({ atMs: Date.now(), total: sent });
        await new Promise((done) => setTimeout(done, 60));
      }
      isSending = false;
    })();
    let answers = 0;
    while (isSending) {
      const askedMs = Date.now();
      const answer = await ask(path);
      const least = accepted.findLast(({ atMs }) => atMs < askedMs - 2_000)?.total ?? 0;
      const [pages, users] = [sum(answer, "page_views"), sum(answer, "dau")];
      expect(answer["live"]).toBe(true);
      expect(pages).toBeGreaterThanOrEqual(least);
      expect(pages).toBeLessThanOrEqual(sent);
      expect(users).toBeGreaterThanOrEqual(pages);
      expect(users).toBeLessThanOrEqual(pages + 1); // the user of the test before
      answers += 1;
      await new Promise((done) => setTimeout(done, 50));
    }
    await sending;
    expect(answers).toBeGreaterThan(10);
    await expect.poll(async () => sum(await ask(path), "page_views"), { timeout: 3_000 }).toBe(sent);
    const live = await ask("/v1/live");
    expect(live).toMatchObject({ complete: true, events: sent + 1 });
  }, 60_000);
});

describe("npm run tail", () => {
  const stored = {
    outcome: "stored",
    received_time: Date.parse("2026-11-20T13:14:15.678Z"),
    source: "web",
    type: "track",
    event: "Clicked\u001B[2J",
    user_id: "\u202Eu",
    properties: `{"a":"\u0007${"x".repeat(500)}"}`,
  };

  test("A147: lines and JSON hold nothing that could drive or deceive a terminal, whatever an event holds", () => {
    const line = eventLine(stored, false);
    expect(line).toMatch(/^13:14:15\.678 {2}web {7}✓ track {2}Clicked�\[2J {2}user=�u {2}\{"a":"�x+…$/);
    expect(line.length).toBeLessThan(260);
    const escape = String.fromCharCode(27);
    const uncolored = ["32", "31", "2", "0"].reduce(
      (text, code) => text.replaceAll(`${escape}[${code}m`, ""),
      eventLine(stored, true),
    );
    expect(uncolored).toBe(line);
    const json = eventJson({ ...stored, raw: "\u009B31m\u2028" });
    expect(json).not.toMatch(/[\p{Cc}\u202E\u2028]/u);
    expect(JSON.parse(json)).toEqual({ ...stored, raw: "\u009B31m\u2028" });
    const rejected = {
      outcome: "rejected",
      source: "web",
      reason: "missing_event_name",
      message: "A name.",
      raw: "{}",
    };
    expect(eventLine(rejected, false)).toBe("--:--:--.---  web       ✗ missing_event_name  A name.  {}");
  });

  test("A148: following goes on from cursor to cursor, over failures, and ends when it is refused", async () => {
    const asked: string[] = [];
    const told: string[] = [];
    const printed: unknown[] = [];
    const replies = [
      { ok: true, value: { events: [{ n: 1 }], leftOut: 3, cursor: "c1" } },
      { ok: false, error: { status: 0, message: "away" } },
      { ok: false, error: { status: 503, message: "busy" } },
      { ok: true, value: { events: [{ n: 2 }], leftOut: 7, cursor: "c2" } },
      { ok: false, error: { status: 404, message: "There is nothing here." } },
    ];
    const ended = await follow({
      admin: {
        call: async (_, path) => {
          asked.push(path);
          return replies.shift() as never;
        },
      },
      question: { project: "a/b", source: "web", isOnce: false },
      print: (event) => printed.push(event),
      tell: (message) => told.push(message),
      pause: async () => undefined,
    });
    expect(ended).toBe("There is nothing here.");
    expect(asked[0]).toBe("/v1/admin/projects/a%2Fb/live/events?source=web");
    expect(asked.slice(1).every((path) => path.includes("after=c"))).toBe(true);
    expect(printed).toEqual([{ n: 1 }, { n: 2 }]);
    expect(told).toEqual(["away", "… 7 more"]);
  });
});
