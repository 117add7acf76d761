import { join } from "node:path";
import { unstable_readConfig } from "wrangler";
import { migrationsIn } from "../local/migrations.ts";
import { projectRoot } from "../project-root.ts";

/** What a deploy reads of a wrangler.jsonc; wrangler fills in the defaults. */
interface WorkerConfig {
  readonly name?: string;
  readonly r2_buckets: readonly { readonly binding: string; readonly bucket_name?: string }[];
  readonly d1_databases: readonly {
    readonly binding: string;
    readonly database_name?: string;
    readonly database_id?: string;
    readonly migrations_dir?: string;
  }[];
  readonly queues: {
    readonly producers?: readonly { readonly binding: string; readonly queue?: string }[];
    readonly consumers?: readonly { readonly queue: string; readonly dead_letter_queue?: string }[];
  };
  readonly durable_objects: {
    readonly bindings: readonly { readonly name: string; readonly class_name: string; readonly script_name?: string }[];
  };
  readonly services?: readonly { readonly binding: string; readonly service: string }[];
  readonly triggers: { readonly crons?: readonly string[] };
  readonly vars: Readonly<Record<string, unknown>>;
  readonly migrations: readonly { readonly tag: string; readonly new_sqlite_classes?: readonly string[] }[];
}

/** One Worker to deploy. */
export interface DeployUnit {
  readonly folder: string;
  readonly configPath: string;
  readonly config: WorkerConfig;
  /** Secrets that it reads. */
  readonly secrets: readonly string[];
  /** D1 migrations to apply before it. */
  readonly migrations: readonly string[];
}

/**
 * The Workers in the order in which they go out. The consumer first: it must know every queue message, and hold every
 * log, that a newer edge or analytics speaks of. Then the edge; analytics, which calls both, last.
 */
export function deployPlan(): readonly DeployUnit[] {
  return [
    unit("queue-consumer", ["OPERATOR_TOKEN"]),
    unit("worker", ["WRITE_KEY_SECRETS", "OPERATOR_TOKEN"]),
    unit("analytics", ["WRITE_KEY_SECRETS", "OPERATOR_TOKEN"]),
  ];
}

function unit(folder: string, secrets: readonly string[]): DeployUnit {
  const configPath = join(projectRoot, folder, "wrangler.jsonc");
  const config = unstable_readConfig({ config: configPath }, { hideWarnings: true }) as unknown as WorkerConfig;
  const migrationsFolder = config.d1_databases[0]?.migrations_dir;
  const migrations = migrationsFolder === undefined ? [] : migrationsIn(join(projectRoot, folder, migrationsFolder));
  return { folder, configPath, config, secrets, migrations };
}

/** What R2 deletes by itself: rejected events are kept for a month, which is long enough to mend and re-drive them. */
export const expiryRules = [{ name: "sluice-rejected", prefix: "rejected/", days: 30 }] as const;

/** Everything that must be in the account before the Workers: buckets, queues and databases that they name. */
export function resourcesOf(units: readonly DeployUnit[]): {
  readonly buckets: readonly string[];
  readonly queues: readonly string[];
  readonly databases: readonly string[];
} {
  const configs = units.map((one) => one.config);
  const buckets = configs.flatMap((config) => config.r2_buckets.flatMap((bucket) => bucket.bucket_name ?? []));
  const queues = configs.flatMap((config) => [
    ...(config.queues.producers ?? []).flatMap((producer) => producer.queue ?? []),
    ...(config.queues.consumers ?? []).flatMap((consumer) => [consumer.queue, consumer.dead_letter_queue ?? []].flat()),
  ]);
  const databases = configs.flatMap((config) =>
    config.d1_databases.flatMap((database) => database.database_name ?? []),
  );
  return { buckets: [...new Set(buckets)], queues: [...new Set(queues)], databases: [...new Set(databases)] };
}

/** What a Worker is bound to, one line each. */
export function bindingLines(one: DeployUnit): readonly string[] {
  const { config } = one;
  return [
    ...(config.queues.producers ?? []).map((producer) => `${producer.binding}: sends to queue ${producer.queue ?? ""}`),
    ...(config.queues.consumers ?? []).map(
      (consumer) =>
        `consumes queue ${consumer.queue}` +
        (consumer.dead_letter_queue === undefined ? "" : `, dead letters to ${consumer.dead_letter_queue}`),
    ),
    ...config.durable_objects.bindings.map(
      (object) => `${object.name}: Durable Object ${object.class_name}` + ofScript(object.script_name),
    ),
    ...config.r2_buckets.map((bucket) => `${bucket.binding}: R2 bucket ${bucket.bucket_name ?? ""}`),
    ...config.d1_databases.map((database) => `${database.binding}: D1 database ${database.database_name ?? ""}`),
    ...(config.services ?? []).map((service) => `${service.binding}: Worker ${service.service}`),
    ...(config.triggers.crons ?? []).map((cron) => `cron ${cron}`),
    ...Object.entries(config.vars).map(([name, value]) => `${name} = ${JSON.stringify(value)}`),
    ...one.secrets.map((name) => `${name}: secret`),
  ];
}

/** Migrations of Durable Object classes and of D1, one line each. */
export function migrationLines(one: DeployUnit): readonly string[] {
  return [
    ...one.config.migrations.map(
      (step) => `Durable Objects ${step.tag}: new ${(step.new_sqlite_classes ?? []).join(", ")}`,
    ),
    ...one.migrations.map((name) => `D1 ${name}`),
  ];
}

function ofScript(name: string | undefined): string {
  return name === undefined ? "" : ` of ${name}`;
}
