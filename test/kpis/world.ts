import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { projectRoot } from "../../tools/project-root.ts";
import { BucketContents, bucketOver } from "../simulation/fakes/bucket.ts";
import { d1Over, openDatabase } from "../simulation/fakes/database.ts";
import { ObjectDatabase, storageOver } from "../simulation/fakes/object-storage.ts";
import { type IsolateGlobals, loadDeployed, type Program } from "../simulation/production.ts";
import { randomOf } from "../simulation/random.ts";
import { productionVariables } from "../simulation/variables.ts";
import type { LakeObjects } from "./made.ts";

/** The project of every population, its zone and its dimension. */
export const project = "shop";
export const homeZone = "Europe/Berlin";
export const dimension = "country";
/** A funnel that is declared for it. */
export const funnel = {
  funnel: "trial",
  steps: ["event:Signed Up", "event:Order Completed"],
  windowHours: 72,
  breakdown: "plan",
} as const;

/** Where a population is fed, and its numbers are asked for. */
export interface KpiWorld {
  /** Takes messages as the queue delivers them. */
  take(messages: readonly Uint8Array[]): Promise<void>;
  /** Publishes and rolls up what was taken. */
  rollUp(): Promise<void>;
  /** Builds the marts of behaviour. */
  buildBehaviour(): Promise<void>;
  /** Answers a question of the query API; throws for a refusal. */
  ask(path: string): Promise<unknown>;
  /** The rows of D1 that hold numbers. */
  rollups(): Promise<readonly { readonly day: string }[]>;
  /** The identity links that days have in their rows of D1. */
  fewLinks(): Promise<readonly { readonly day: string; readonly links: string }[]>;
  readonly lake: LakeObjects;
  close(): Promise<void>;
}

/** What worlds ask their D1. */
export const rollupsSql = "SELECT day, family, body FROM rollup ORDER BY day, family";
export const fewLinksSql = "SELECT day, few_links AS links FROM rollup_day ORDER BY day";

const operatorToken = "operator-token-of-the-tests";
/** When everything is taken, rolled up and asked for: after the population's last day. */
const nowMs = Date.UTC(2026, 5, 1);
const messagesPerBatch = 100;

type Handler = (...parameters: unknown[]) => Promise<unknown>;
type Log = Record<string, (...parameters: unknown[]) => Promise<unknown>>;

/** The production code of consumer, log and analytics in this process, over a bucket and databases in memory. */
export class LocalWorld implements KpiWorld {
  readonly lake: LakeObjects;
  readonly #contents = new BucketContents();
  readonly #db;
  readonly #logDb = new ObjectDatabase();
  readonly #env: object;
  readonly #consumer: Record<string, Handler>;
  readonly #analytics: Record<string, Handler>;
  #token = "";

  /** @param idsPerPass ids of a day that are rolled up at once, as the variable IDS_PER_PASS has it. */
  static async start(idsPerPass = ""): Promise<LocalWorld> {
    const world = new LocalWorld(await loadDeployed("queue-consumer"), await loadDeployed("analytics"), idsPerPass);
    await world.#admin("projects", { project, timezone: homeZone, dimensions: [dimension] });
    await world.#admin(`projects/${project}/funnels`, funnel);
    const made = await world.#admin(`projects/${project}/tokens`, { name: "oracle", scopes: ["kpis"] });
    world.#token = String((made as { token: unknown }).token);
    return world;
  }

  private constructor(consumerProgram: Program, analyticsProgram: Program, idsPerPass: string) {
    const folder = join(projectRoot, "analytics/migrations");
    const scripts = readdirSync(folder).sort();
    this.#db = openDatabase(scripts.map((name) => readFileSync(join(folder, name), "utf8")));
    const consumer = consumerProgram(isolateOf("consumer"));
    const analytics = analyticsProgram(isolateOf("analytics"));
    this.#consumer = consumer["default"] as Record<string, Handler>;
    this.#analytics = analytics["default"] as Record<string, Handler>;
    const logs = { getByName: () => log, idFromName: (name: string) => name, get: () => log };
    this.#env = {
      ...productionVariables(),
      DB: d1Over(this.#db, async (_what, effect) => effect()),
      LAKE: bucketOver(this.#contents, async (_verb, _key, effect) => effect(), bucketWorld),
      SHARD_LOG: logs,
      OPERATOR_TOKEN: operatorToken,
      WRITE_KEY_SECRETS: "secret-of-the-tests",
      ROLLUP_SECONDS: "0",
      IDS_PER_PASS: idsPerPass,
      // No question is for today's numbers, so that blocks need not stay for them.
      LIVE_SECONDS: "0.001",
    };
    const ShardLog = consumer["ShardLog"] as new (state: object, env: object) => Log;
    const log = new ShardLog({ storage: storageOver(this.#logDb, calm) }, this.#env);
    this.lake = {
      list: async (prefix) => [...this.#contents.objects.values()].filter(({ key }) => key.startsWith(prefix)),
      bytes: async (key) => this.#contents.objects.get(key)?.bytes ?? new Uint8Array(),
    };
  }

  async take(messages: readonly Uint8Array[]): Promise<void> {
    for (let start = 0; start < messages.length; start += messagesPerBatch) {
      const batch = messages.slice(start, start + messagesPerBatch).map((body, index) => ({
        id: String(start + index),
        timestamp: new Date(nowMs),
        attempts: 1,
        body,
        ack: () => undefined,
        retry: () => {
          throw new Error("a message was not taken");
        },
      }));
      await this.#consumer["queue"]?.({ queue: "sluice-events", messages: batch }, this.#env, contextOf([]));
    }
    this.#logDb.confirm();
  }

  async rollUp(): Promise<void> {
    await this.#admin("flush", {});
  }

  async buildBehaviour(): Promise<void> {
    // Marts are built for who asks.
    await this.ask("/v1/paths?from=2026-03-01&to=2026-03-02");
    for (let built = -1, before = -2; built !== before;) {
      await this.#analytics["scheduled"]?.({ cron: "" }, this.#env, contextOf([]));
      before = built;
      built = (await this.lake.list("marts/s")).length;
    }
  }

  async ask(path: string): Promise<unknown> {
    return this.#fetch(
      new Request(`https://a.example${path}`, { headers: { authorization: `Bearer ${this.#token}` } }),
    );
  }

  async rollups(): ReturnType<KpiWorld["rollups"]> {
    return this.#db.prepare(rollupsSql).all() as { day: string }[];
  }

  async fewLinks(): ReturnType<KpiWorld["fewLinks"]> {
    return this.#db.prepare(fewLinksSql).all() as { day: string; links: string }[];
  }

  async close(): Promise<void> {
    this.#logDb.close();
    this.#db.close();
  }

  async #admin(path: string, body: object): Promise<unknown> {
    const headers = { authorization: `Bearer ${operatorToken}` };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    return this.#fetch(new Request(`https://a.example/v1/admin/${path}`, init));
  }

  async #fetch(request: Request): Promise<unknown> {
    const background: Promise<unknown>[] = [];
    const response = (await this.#analytics["fetch"]?.(request, this.#env, contextOf(background))) as Response;
    const text = await response.text();
    await Promise.all(background);
    if (!response.ok) throw new Error(`${request.url}: ${response.status} ${text}`);
    return JSON.parse(text) as unknown;
  }
}

/** Writes the event files of a lake into a folder. */
export async function copyEvents(lake: LakeObjects, folder: string): Promise<void> {
  for (const { key } of await lake.list("events/")) {
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await writeFile(join(folder, key), await lake.bytes(key));
  }
}

/** An isolate whose clock moves only while it waits, so that no deadline depends on the machine. */
function isolateOf(name: string): IsolateGlobals {
  let waitedMs = 0;
  return {
    nowMs: () => nowMs + waitedMs,
    setTimeout: (run, delayMs) => {
      setImmediate(() => {
        waitedMs += delayMs;
        run();
      });
      return 0;
    },
    clearTimeout: () => undefined,
    random: randomOf(1, name),
    log: (line) => {
      throw new Error(`${name} says: ${line}`);
    },
  };
}

const bucketWorld = { nowMs: () => nowMs, pageSize: () => 1000, isFalselyRefused: () => false };
const calm = {
  assertAlive: () => undefined,
  assertWorks: () => undefined,
  alarmCall: async <Value>(_what: string, effect: () => Value): Promise<Value> => effect(),
  // Publishing is asked for here; no alarm has to ring.
  alarmChanged: () => undefined,
};

function contextOf(background: Promise<unknown>[]): object {
  return { waitUntil: (work: Promise<unknown>) => background.push(work), passThroughOnException: () => undefined };
}
