import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runChild } from "../testing/child.ts";
import { FaultServer } from "../testing/fault-server.ts";
import { createClient, type Sluice, type SluiceOptions } from "./index.ts";

let server: FaultServer;
let host: string;
let directory: string;
const writeKey = "shop.server.s1.abcdefghijklmnopqrstuv";

beforeEach(async () => {
  server = new FaultServer();
  host = await server.listen();
  directory = join(mkdtempSync(join(tmpdir(), "sluice-spool-")), "spool");
});
afterEach(async () => {
  await server.close();
  rmSync(join(directory, ".."), { recursive: true, force: true });
});

function client(options: Partial<SluiceOptions> = {}, spool: Partial<SluiceOptions["spool"]> = {}): Sluice {
  return createClient({ host, writeKey, spool: { directory, ...spool }, log: () => undefined, ...options });
}

function segments(): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".seg"));
}

test("SN20: after kill -9 the next run delivers every event whose call had returned, with its id", async () => {
  server.answer = (_, index) => (index % 2 === 0 ? "take and hang up" : { status: 503, retryAfter: "1" });
  const child = runChild(
    host,
    `const client = createClient({ host, writeKey, spool: { directory: ${JSON.stringify(directory)} }, maxQueueEvents: 1000 });
     let i = 0;
     const run = () => {
       for (let n = 0; n < 200; n++, i++) {
         client.track({ userId: "u" + (i % 20), event: "e", messageId: "m" + i, properties: { n: i } });
         if (i === 4000) console.log("enough");
       }
       process.stdout.write("upto " + i + "\\n", () => setImmediate(run));
     };
     run();`,
  );
  await child.printed("enough");
  child.process.kill("SIGKILL");
  await child.ended;
  const returned = Number([...child.output().matchAll(/upto (\d+)\n/g)].at(-1)?.[1]);
  expect(returned).toBeGreaterThanOrEqual(4000);
  server.answer = () => "ok";
  const report = await client().closeAndFlush();
  expect(report.keptOnDisk).toBe(0);
  const missing = Array.from({ length: returned }, (_, i) => `m${i}`).filter((id) => !server.taken.has(id));
  expect(missing).toEqual([]);
  expect(segments()).toEqual([]);
  const byUser = new Map<unknown, number[]>();
  for (const { userId, properties } of server.events) {
    byUser.set(userId, [...(byUser.get(userId) ?? []), (properties as { n: number }).n]);
  }
  for (const numbers of byUser.values()) expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
});

test("SN21: a segment that is cut off anywhere gives back every whole event before the cut, and says that it was cut", async () => {
  const { decodeFrames, encodeFrame } = await import("./spool/frame.ts");
  const events = Array.from({ length: 5 }, (_, i) => ({
    messageId: `mä${i}`,
    json: JSON.stringify({ messageId: `mä${i}`, text: "😀".repeat(i) }),
    stampMs: i === 2 ? null : 1e12 + i,
    lane: i * 12,
  }));
  const frames = events.map((event) => encodeFrame({ ...event, bytes: 0 }) ?? new Uint8Array());
  const whole = Buffer.concat(frames);
  const ends = frames.map((_, i) => frames.slice(0, i + 1).reduce((sum, frame) => sum + frame.length, 0));
  for (let cut = 0; cut <= whole.length; cut++) {
    const { events: read, tornBytes } = decodeFrames(whole.subarray(0, cut));
    const kept = ends.filter((end) => end <= cut).length;
    expect(read.map(({ messageId, json, stampMs, lane }) => ({ messageId, json, stampMs, lane }))).toEqual(
      events.slice(0, kept),
    );
    expect(tornBytes).toBe(cut - (ends[kept - 1] ?? 0));
  }
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x40;
    const { events: read } = decodeFrames(damaged);
    expect(read.length).toBe(ends.filter((end) => end <= at).length);
  }
});

test("SN21: a torn file from a dead process is sent up to the tear, and the tear is logged without its content", async () => {
  server.answer = () => ({ status: 503 });
  const first = client();
  for (let i = 0; i < 3; i++) first.track({ userId: "u", event: "secret name", messageId: `m${i}` });
  const { kept, dropped } = await first.closeAndFlush({ timeoutMs: 50 });
  expect({ kept: kept.length, dropped }).toEqual({ kept: 3, dropped: [] });
  const [segment = ""] = segments();
  const path = join(directory, segment);
  writeFileSync(path, readFileSync(path).subarray(0, -5));
  server.answer = () => "ok";
  const lines: string[] = [];
  const report = await client({ log: (line) => lines.push(line) }).closeAndFlush();
  expect([...server.taken]).toEqual(["m0", "m1"]);
  expect(report.delivered).toHaveLength(2);
  expect(lines.join()).toContain("cut off");
  expect(lines.join()).not.toContain("secret");
});

test.each([
  ["always", false],
  ["full", false],
  ["always", true],
] as const)(
  "SN22: what memory has no room for waits on disk (when: %s, sync: %s) and is delivered in order",
  async (when, sync) => {
    server.answer = () => ({ status: 503, retryAfter: "1" });
    const sluice = client({ maxQueueEvents: 100, flushAt: 50 }, { when, sync });
    const count = sync ? 300 : 5000;
    for (let n = 0; n < count; n++) sluice.track({ userId: `u${n % 7}`, event: "e", properties: { n } });
    const early = await sluice.flush({ timeoutMs: 20 });
    expect(early.kept.length).toBeLessThanOrEqual(100);
    expect(early.kept.length + early.keptOnDisk).toBe(count);
    server.answer = () => "ok";
    const report = await sluice.closeAndFlush();
    expect(report).toMatchObject({ dropped: [], kept: [], keptOnDisk: 0 });
    expect(report.delivered).toHaveLength(count);
    expect(server.taken.size).toBe(count);
    for (let user = 0; user < 7; user++) {
      const numbers = server.events
        .filter((event) => event["userId"] === `u${user}`)
        .map((event) => (event["properties"] as { n: number }).n);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
    expect(segments()).toEqual([]);
  },
);

test("SN23: clients share a folder: none takes what a living one holds, and a closed one's events go to the next", async () => {
  server.answer = () => ({ status: 503, retryAfter: "300" });
  const living = client();
  living.track({ userId: "u", event: "living", messageId: "living" });
  const closed = client();
  closed.track({ userId: "u", event: "closed", messageId: "closed" });
  await closed.closeAndFlush({ timeoutMs: 20 });
  const other = runChild(
    host,
    `const client = createClient({ host, writeKey, spool: { directory: ${JSON.stringify(directory)} }, exitTimeoutMs: 0 });
     client.track({ userId: "u", event: "e", messageId: "other" });
     setInterval(() => {}, 1000);
     console.log("queued");`,
  );
  await other.printed("queued");
  // A folder whose process lives, but began at another time: the number was given to it after the owner's death.
  const reused = join(directory, "1-1-0-01KAG2X9YM0000000000000000");
  mkdirSync(reused);
  server.answer = () => "ok";
  const next = await client().closeAndFlush();
  expect(next.delivered.map(({ messageId }) => messageId)).toEqual(["closed"]);
  other.process.kill("SIGKILL");
  await other.ended;
  const last = await client().closeAndFlush();
  expect(last.delivered.map(({ messageId }) => messageId)).toEqual(["other"]);
  expect(existsSync(reused)).toBe(false);
  await living.closeAndFlush({ timeoutMs: 0 });
});

test("SN39: where a process may not ask whether another lives, it takes nothing of the other's and says so", async () => {
  const lines: string[] = [];
  const foreign = join(directory, `${process.ppid}-0-0-01KAG2X9YM0000000000000000`);
  mkdirSync(foreign, { recursive: true });
  const refused = vi.spyOn(process, "kill").mockImplementation(() => {
    throw new Error("Requires run access, run again with the --allow-run flag"); // Deno 2.9: NotCapable, without a code
  });
  await client({ log: (line) => lines.push(line) }).closeAndFlush();
  expect(existsSync(foreign)).toBe(true);
  expect(lines).toEqual([expect.stringContaining("left alone")]);
  // The other could see when it began, this one cannot, or the other way round: that tells nothing.
  refused.mockImplementation(() => true);
  await client().closeAndFlush();
  expect(existsSync(foreign)).toBe(true);
  refused.mockRestore();
});

test("SN24: a folder that cannot be made throws at construction", () => {
  writeFileSync(directory, "a file, not a folder");
  expect(() => client()).toThrow(/EEXIST|ENOTDIR/);
});

test("SN24: a disk that fails is logged once, costs no event, and throws at nobody", async () => {
  const lines: string[] = [];
  const sluice = client({ log: (line) => lines.push(line) });
  rmSync(directory, { recursive: true });
  for (let i = 0; i < 50; i++) sluice.track({ userId: "u", event: "e" });
  const { delivered } = await sluice.closeAndFlush();
  expect(delivered).toHaveLength(50);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("ENOENT");
});

test("SN24: a spool that is full gives up by the queue's policy", async () => {
  server.answer = () => ({ status: 503, retryAfter: "300" });
  const sluice = client({ maxQueueEvents: 10 }, { maxBytes: 1_000_000 });
  const call = { userId: "u", event: "e", properties: { pad: "x".repeat(10_000) } };
  for (let i = 0; i < 200; i++) sluice.track(call);
  const { kept, keptOnDisk, dropped } = await sluice.closeAndFlush({ timeoutMs: 20 });
  expect(kept.length + keptOnDisk + dropped.length).toBe(200);
  expect(keptOnDisk).toBeGreaterThan(50);
  expect(dropped.every(({ reason }) => reason === "queue_full")).toBe(true);
});

test("SN53: ready resolves when the client closes, and at once afterwards, with events left in the spool", async () => {
  server.answer = () => ({ status: 503, retryAfter: "300" });
  const sluice = client({ maxQueueEvents: 10 });
  for (let i = 0; i < 20; i++) sluice.track({ userId: "u", event: "e" });
  const waiting = sluice.ready();
  const { kept, keptOnDisk } = await sluice.closeAndFlush({ timeoutMs: 20 });
  expect(kept.length + keptOnDisk).toBe(20);
  await waiting;
  await sluice.ready();
});

test("SN54: a message id that is no text throws nowhere and costs no other event", async () => {
  const refuse = (): never => {
    throw new Error("no text");
  };
  const ids = [Symbol("id"), Object.create(null), { toString: refuse }, { toJSON: refuse }, 5, []];
  const sluice = client();
  for (const messageId of ids) sluice.track({ userId: "u", event: "odd", messageId: messageId as never });
  sluice.track({ userId: "u", event: "e", messageId: "mine" });
  const { delivered, dropped, ...rest } = await sluice.closeAndFlush();
  expect(rest).toEqual({ rejected: [], kept: [], keptOnDisk: 0, droppedUnnamed: 0 });
  expect(dropped.map(({ reason }) => reason)).toEqual(["invalid_event"]);
  expect(delivered).toHaveLength(ids.length);
  expect(delivered.map(({ messageId }) => messageId)).toContain("mine");
  expect(new Set(delivered.map(({ messageId }) => typeof messageId))).toEqual(new Set(["string"]));
});
