import { createHash } from "node:crypto";
import * as nodeCrypto from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { compileFunction } from "node:vm";
import { build, type Plugin } from "esbuild";
import type { Random } from "./random.ts";

/*
 * The production code, loaded as the platform loads it: each isolate runs it afresh, with a clock, timers and chance of
 * its own. Nothing in it knows that it is simulated. Packages it imports are the real ones and shared by all isolates:
 * they read no clock and draw no random numbers.
 */

/** A change of one source file, which the simulation must notice: a text that stands there exactly once, and another. */
export interface Patch {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** The Workers and the SDK, compiled. */
export interface Production {
  readonly edge: Program;
  readonly consumer: Program;
  /** The consumer with limits that a simulation can reach: pages of a few ids, few reads of cold ones, early folds. */
  readonly consumerOfSmallPages: Program;
  readonly analytics: Program;
  /** The SDK of phones with its engine. */
  readonly phone: Program;
}

/** Runs a Worker's module in a new isolate and gives its exports. */
export type Program = (isolate: IsolateGlobals) => Record<string, unknown>;

/** What an isolate has of its own. */
export interface IsolateGlobals {
  readonly nowMs: () => number;
  readonly setTimeout: (run: () => void, delayMs: number) => number;
  readonly clearTimeout: (timer: number | undefined) => void;
  readonly random: Random;
  readonly log: (line: string) => void;
}

const root = join(import.meta.dirname, "..", "..");
const requireOfRoot = createRequire(join(root, "package.json"));

const limits = "queue-consumer/src/log/limits.ts";
/** A simulated hour has some dozens of events: they shall need several parts, and be folded before they go. */
const fewEvents: readonly Patch[] = [
  { file: limits, find: "growRowsMin = 600;", replace: "growRowsMin = 5;" },
  { file: limits, find: "foldIdsMin = 20_000;", replace: "foldIdsMin = 4;" },
];
const smallPages: readonly Patch[] = [
  ...fewEvents,
  { file: limits, find: "seenPageIdsMax = 8192;", replace: "seenPageIdsMax = 4;" },
  { file: limits, find: "liveIdsMax = 180_000;", replace: "liveIdsMax = 12;" },
  { file: limits, find: "coldWindowPagesMax = 16;", replace: "coldWindowPagesMax = 2;" },
  { file: limits, find: "coldReadsMax = 16;", replace: "coldReadsMax = 3;" },
  { file: limits, find: "coldObjectPagesMax = 50;", replace: "coldObjectPagesMax = 3;" },
];

/** What is bundled, by the folder of its entry; the SDK's engine is bundled with it. */
const bundles = {
  worker: ["worker"],
  "queue-consumer": ["queue-consumer"],
  analytics: ["analytics"],
  "sdk-mobile": ["sdk-mobile", "sdk-core"],
} as const;

type Bundle = keyof typeof bundles;

/** Bundles the three Workers and the SDK, with patches. Fails loudly when a patch does not fit the source any more. */
export async function loadProduction(patches: readonly Patch[] = []): Promise<Production> {
  const folders: readonly string[] = Object.values(bundles).flat();
  for (const { file } of patches) {
    if (!folders.includes(file.slice(0, file.indexOf("/")))) throw new Error(`${file} is part of no bundle`);
  }
  const [edge, consumer, analytics, phone, consumerOfSmallPages] = await Promise.all([
    programOf("worker", patches),
    programOf("queue-consumer", patches, fewEvents),
    programOf("analytics", patches),
    programOf("sdk-mobile", patches),
    programOf("queue-consumer", patches, smallPages),
  ]);
  return { edge, consumer, analytics, phone, consumerOfSmallPages };
}

/** A Worker as it is deployed, limits and all. */
export async function loadDeployed(folder: "queue-consumer" | "analytics"): Promise<Program> {
  return programOf(folder, []);
}

/** Workers as they are, compiled once. */
const unpatched = new Map<string, Promise<Program>>();

async function programOf(
  folder: Bundle,
  patches: readonly Patch[],
  limitPatches: readonly Patch[] = [],
): Promise<Program> {
  const own = patches.filter(({ file }) => bundles[folder].some((part) => file.startsWith(`${part}/`)));
  if (own.length > 0) return compiled(folder, [...own, ...limitPatches]);
  const name = `${folder} ${limitPatches.length}`;
  const program = unpatched.get(name) ?? compiled(folder, limitPatches);
  unpatched.set(name, program);
  return program;
}

async function compiled(folder: Bundle, own: readonly Patch[]): Promise<Program> {
  const applied = new Set<Patch>();
  const bundle = await build({
    entryPoints: [join(root, folder, "src/index.ts")],
    bundle: true,
    write: false,
    format: "cjs",
    platform: "neutral",
    target: "node22",
    packages: "external",
    alias: { "@sluice/core": join(root, "sdk-core/src/index.ts") },
    external: ["cloudflare:*", "node:*", "*.txt"],
    logLevel: "silent",
    plugins: own.length === 0 ? [] : [patching(own, applied)],
  });
  for (const patch of own) if (!applied.has(patch)) throw new Error(`${patch.file} is not part of ${folder}`);
  const code = bundle.outputFiles[0]?.text ?? "";
  const names = [
    "module",
    "exports",
    "require",
    "Date",
    "Math",
    "crypto",
    "console",
    "scheduler",
    "setTimeout",
    "clearTimeout",
  ];
  const run = compileFunction(code, names, { filename: `${folder}.js` }) as (...values: unknown[]) => void;
  return (isolate) => {
    const module = { exports: {} as Record<string, unknown> };
    const scheduler = { wait: (ms: number) => new Promise<void>((resolve) => isolate.setTimeout(resolve, ms)) };
    const values = [dateOf(isolate), mathOf(isolate), cryptoOf(isolate), consoleOf(isolate), scheduler];
    run(module, module.exports, requireOf(isolate), ...values, isolate.setTimeout, isolate.clearTimeout);
    return module.exports;
  };
}

function patching(patches: readonly Patch[], applied: Set<Patch>): Plugin {
  return {
    name: "patches",
    setup(builder) {
      builder.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const mine = patches.filter((patch) => join(root, patch.file) === path);
        if (mine.length === 0) return null;
        let contents = await readFile(path, "utf8");
        for (const patch of mine) {
          const places = contents.split(patch.find).length - 1;
          if (places !== 1) throw new Error(`«${patch.find}» stands ${places} times in ${patch.file}, not once`);
          contents = contents.replace(patch.find, () => patch.replace);
          applied.add(patch);
        }
        return { contents, loader: "ts" };
      });
    },
  };
}

function requireOf(isolate: IsolateGlobals): (name: string) => unknown {
  const randomBytes = (length: number): Buffer => Buffer.from(isolate.random.bytes(length));
  return (name) => {
    if (name === "cloudflare:workers") return { DurableObject };
    if (name.endsWith(".txt")) return ""; // the web SDK, which the edge serves and nobody here asks for
    if (name === "node:crypto") return { ...nodeCrypto, randomBytes };
    return requireOfRoot(name) as unknown;
  };
}

/** The base class of the platform's Durable Objects. */
class DurableObject {
  readonly ctx: unknown;
  readonly env: unknown;

  constructor(ctx: unknown, env: unknown) {
    this.ctx = ctx;
    this.env = env;
  }
}

function dateOf(isolate: IsolateGlobals): DateConstructor {
  return class extends Date {
    constructor(...values: [] | [number | string | Date]) {
      if (values.length === 0) super(isolate.nowMs());
      else super(...values);
    }

    static override now(): number {
      return isolate.nowMs();
    }
  } as unknown as DateConstructor;
}

function mathOf(isolate: IsolateGlobals): Math {
  return Object.create(Math, { random: { value: () => isolate.random.next() } }) as Math;
}

/** The part of WebCrypto that the Workers use. It answers at once, since real threads would answer in any order. */
function cryptoOf(isolate: IsolateGlobals): object {
  const getRandomValues = (array: Uint8Array): Uint8Array => {
    array.set(isolate.random.bytes(array.length));
    return array;
  };
  const digest = async (algorithm: string, bytes: Uint8Array): Promise<ArrayBuffer> => {
    const hash = createHash(algorithm.toLowerCase().replace("-", "")).update(bytes).digest();
    return new Uint8Array(hash).buffer;
  };
  const importKey = async (_format: string, key: Uint8Array): Promise<Uint8Array> => key;
  const sign = async (_name: string, key: Uint8Array, bytes: Uint8Array): Promise<ArrayBuffer> => {
    return new Uint8Array(nodeCrypto.createHmac("sha256", key).update(bytes).digest()).buffer;
  };
  const randomUUID = (): string => {
    const hex = Buffer.from(isolate.random.bytes(16)).toString("hex");
    return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
  };
  return { getRandomValues, randomUUID, subtle: { digest, importKey, sign } };
}

function consoleOf(isolate: IsolateGlobals): object {
  const log = (...values: unknown[]): void => isolate.log(values.map((value) => textOf(value)).join(" "));
  return { log, info: log, warn: log, error: log, debug: log };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : value instanceof Error ? value.message : (JSON.stringify(value) ?? "");
}
