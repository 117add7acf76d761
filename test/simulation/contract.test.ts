import { createTestHarness } from "wrangler";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  observeBucket,
  observeDatabase,
  type Observations,
  type ObservedBucket,
  type ObservedDatabase,
} from "./contract/observe.ts";
import { observedObject, type ObservedStorage } from "./contract/observe-object.ts";
import { instructions, observedConsumer } from "./contract/observe-queue.ts";
import { BucketContents, bucketOver } from "./fakes/bucket.ts";
import { d1Over, openDatabase } from "./fakes/database.ts";
import { type Instance, Objects } from "./fakes/objects.ts";
import { SimulatedQueue } from "./fakes/queue.ts";
import { calm } from "./faults.ts";
import { Network } from "./network.ts";
import { Process } from "./process.ts";
import { randomOf } from "./random.ts";
import { Scheduler } from "./scheduler.ts";

/*
 * The fakes are only worth something while they do what the platform does: the same observations are made of both.
 */

const queueConsumer = { max_batch_size: 1, max_batch_timeout: 0, max_retries: 2, retry_delay: 0 };
const harness = createTestHarness({
  root: import.meta.dirname,
  workers: [
    {
      config: {
        name: "contract",
        main: "contract/worker.ts",
        compatibility_date: "2026-10-01",
        r2_buckets: [{ binding: "BUCKET", bucket_name: "contract" }],
        d1_databases: [
          { binding: "DB", database_name: "contract", database_id: "00000000-0000-0000-0000-000000000000" },
        ],
        durable_objects: { bindings: [{ name: "OBJECT", class_name: "ObservedObject" }] },
        migrations: [{ tag: "v1", new_sqlite_classes: ["ObservedObject"] }],
        queues: {
          producers: [{ binding: "EVENTS", queue: "contract" }],
          consumers: [
            { queue: "contract", ...queueConsumer, dead_letter_queue: "contract-dlq" },
            { queue: "contract-dlq", ...queueConsumer },
          ],
        },
      },
    },
  ],
});

beforeAll(async () => {
  await harness.listen();
});
afterAll(() => harness.close());

async function ofPlatform(path: string, body?: string): Promise<Observations> {
  const init = body === undefined ? {} : { method: "POST", body };
  const response = await harness.getWorker().fetch(path, init);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as Observations;
}

/** What JSON makes of observations, as those that come from workerd have been through it. */
function plain(observations: unknown): unknown {
  return JSON.parse(JSON.stringify(observations));
}

function fakes() {
  const scheduler = new Scheduler(0, randomOf(1, "order"));
  const network = new Network(scheduler, randomOf(1, "network"), calm);
  const direct = async <Value>(_verb: string, _key: string, effect: () => Value): Promise<Value> => effect();
  return { scheduler, network, direct, process: new Process("test", null, true) };
}

test("X8: the bucket is R2: conditions, checksums, metadata, ranges and listings", async () => {
  const { direct } = fakes();
  const world = { nowMs: () => 0, pageSize: () => 1000, isFalselyRefused: () => false };
  const bucket = bucketOver(new BucketContents(), direct, world) as unknown as ObservedBucket;
  const seen = await observeBucket(bucket);
  expect(plain(seen)).toEqual(await ofPlatform("/bucket"));
  expect(seen["put on absence where there is one"]).toBeNull();
});

test("X8: the database is D1: parameters, results and batches", async () => {
  const { direct } = fakes();
  const db = d1Over(openDatabase([]), (what, effect) => direct(what, "", effect)) as unknown as ObservedDatabase;
  expect(plain(await observeDatabase(db))).toEqual(await ofPlatform("/database"));
});

test("X8: the object's storage and alarm are those of a Durable Object", { timeout: 60_000 }, async () => {
  const { scheduler, network, process } = fakes();
  const objects = new Objects({
    scheduler,
    network,
    random: randomOf(1, "objects"),
    isolate: () => ({
      process: new Process("isolate"),
      start: (_own, state) => observedObject((state as { storage: ObservedStorage }).storage) as unknown as Instance,
    }),
  });
  type Stub = ReturnType<typeof observedObject>;
  const stub = objects.namespaceOf(process).getByName("one") as unknown as Stub;
  const answered = async <Value>(call: Promise<Value>): Promise<Value> => {
    while (await scheduler.step(scheduler.nowMs + 60_000));
    return call;
  };
  expect(plain(await answered(stub.observe()))).toEqual(await ofPlatform("/storage"));
  expect(plain(await answered(stub.arm(scheduler.nowMs)))).toEqual(await ofPlatform("/arm"));
  const rings = await answered(stub.rings());
  expect(rings.seen).toHaveLength(2);
  await expect.poll(() => ofPlatform("/rings"), { timeout: 20_000, interval: 200 }).toEqual(plain(rings));
  objects.close();
});

test("X8: the queue is Cloudflare's: marks, retries, failures and dead letters", { timeout: 60_000 }, async () => {
  const { scheduler, network, process } = fakes();
  const consumer = observedConsumer();
  const ports = { scheduler, network, random: randomOf(1, "queue") };
  const settings = {
    batchSize: 1,
    retriesMax: queueConsumer.max_retries,
    retrySeconds: 0,
    handle: (batch: Parameters<typeof consumer.queue>[0]) => ({ process, done: consumer.queue(batch) }),
  };
  const dead = new SimulatedQueue("contract-dlq", ports, settings, null);
  const queue = new SimulatedQueue("contract", ports, settings, dead).bindingOf(process);
  const sent = instructions.map((instruction) => queue.send(new TextEncoder().encode(instruction)));
  while (await scheduler.step(scheduler.nowMs + 3_600_000));
  await Promise.all(sent);
  for (const instruction of instructions) await ofPlatform("/send", instruction);
  expect(consumer.deliveries()).toContain("contract-dlq: retry always 1, dated");
  await expect.poll(() => ofPlatform("/deliveries"), { timeout: 20_000, interval: 200 }).toEqual(consumer.deliveries());
});
