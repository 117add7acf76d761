/*
 * The Worker that observes workerd for contract.test.ts: bucket, database, object and queue, each asked over HTTP.
 */
import { DurableObject } from "cloudflare:workers";
import { observeBucket, observeDatabase, type ObservedBucket, type ObservedDatabase } from "./observe.ts";
import { observedObject, type ObservedStorage } from "./observe-object.ts";
import { observedConsumer } from "./observe-queue.ts";

interface Environment {
  readonly BUCKET: ObservedBucket;
  readonly DB: ObservedDatabase;
  readonly OBJECT: { getByName(name: string): ReturnType<typeof observedObject> };
  readonly EVENTS: { send(body: Uint8Array, options: { contentType: "bytes" }): Promise<void> };
}

const consumer = observedConsumer();

export default {
  queue: (batch: Parameters<typeof consumer.queue>[0]) => consumer.queue(batch),
  async fetch(request: Request, env: Environment): Promise<Response> {
    const object = env.OBJECT.getByName("one");
    switch (new URL(request.url).pathname) {
      case "/bucket":
        return Response.json(await observeBucket(env.BUCKET));
      case "/database":
        return Response.json(await observeDatabase(env.DB));
      case "/storage":
        return Response.json(await object.observe());
      case "/arm":
        return Response.json(await object.arm(Date.now()));
      case "/rings":
        return Response.json(await object.rings());
      case "/send":
        await env.EVENTS.send(new TextEncoder().encode(await request.text()), { contentType: "bytes" });
        return Response.json(null);
      default:
        return Response.json(consumer.deliveries());
    }
  },
};

/** The object of observe-object.ts. */
export class ObservedObject extends DurableObject {
  readonly #object = observedObject(this.ctx.storage as unknown as ObservedStorage);

  async observe(): Promise<unknown> {
    return this.#object.observe();
  }

  async arm(nowMs: number): Promise<unknown> {
    return this.#object.arm(nowMs);
  }

  async rings(): Promise<unknown> {
    return this.#object.rings();
  }

  async alarm(): Promise<void> {
    return this.#object.alarm();
  }
}
