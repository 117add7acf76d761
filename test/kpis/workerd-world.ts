import { type LedgerWorld, startLedgerWorld } from "../ledger/world.ts";
import type { LakeObjects } from "./made.ts";
import { dimension, fewLinksSql, funnel, homeZone, type KpiWorld, project, rollupsSql } from "./world.ts";

/** Time for the consumer to settle what one call of `take` sent, in ms. */
const settleMsMax = 1_200_000;
const pollMs = 50;

/** The Workers with their own configurations on workerd, their queue, R2 and D1 those of the local emulator. */
export class WorkerdWorld implements KpiWorld {
  readonly lake: LakeObjects;
  readonly #world: LedgerWorld;
  #sent = 0;

  static async start(): Promise<WorkerdWorld> {
    const world = new WorkerdWorld(await startLedgerWorld());
    await world.#admin("PUT", `projects/${project}/numbers`, { timezone: homeZone, dimensions: [dimension] });
    await world.#admin("POST", `projects/${project}/funnels`, funnel);
    return world;
  }

  private constructor(world: LedgerWorld) {
    this.#world = world;
    this.lake = {
      list: async (prefix) => listed(world, prefix),
      bytes: async (key) => new Uint8Array((await (await world.lake.get(key))?.arrayBuffer()) ?? new ArrayBuffer(0)),
    };
  }

  async take(messages: readonly Uint8Array[]): Promise<void> {
    await this.#world.enqueue(messages);
    this.#sent += messages.length;
    const endMs = Date.now() + settleMsMax;
    while ((await this.#world.settled()) < this.#sent) {
      if (Date.now() > endMs) throw new Error("the consumer does not settle its messages");
      await new Promise((done) => setTimeout(done, pollMs));
    }
  }

  async rollUp(): Promise<void> {
    await this.#world.publish();
  }

  async buildBehaviour(): Promise<void> {
    await this.ask("/v1/paths?from=2026-03-01&to=2026-03-02");
    for (let built = -1, before = -2; built !== before;) {
      await this.#world.cron();
      before = built;
      built = (await this.lake.list("marts/s")).length;
    }
  }

  async ask(path: string): Promise<unknown> {
    const { status, body } = await this.#world.read(path);
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  async rollups(): ReturnType<KpiWorld["rollups"]> {
    return (await this.#world.sql(rollupsSql)) as { day: string }[];
  }

  async fewLinks(): ReturnType<KpiWorld["fewLinks"]> {
    return (await this.#world.sql(fewLinksSql)) as { day: string; links: string }[];
  }

  async close(): Promise<void> {
    await this.#world.close();
  }

  async #admin(method: string, path: string, body: object): Promise<void> {
    const reply = await this.#world.admin(method, path, body);
    if (reply.status >= 300) throw new Error(`${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
  }
}

async function listed(world: LedgerWorld, prefix: string): Promise<{ key: string; etag: string }[]> {
  const objects: { key: string; etag: string }[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await world.lake.list({ prefix, ...(cursor !== undefined && { cursor }) });
    objects.push(...page.objects.map(({ key, etag }) => ({ key, etag })));
    if (!page.truncated) return objects;
    cursor = page.cursor;
  }
}
