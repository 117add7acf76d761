import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import type { createClient } from "../src/client.ts";

/** A change of one source file: a text that stands there exactly once, and another. */
interface Patch {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A bug, planted into the SDK, that a phone on which anything may happen must notice. */
export interface Mutant {
  readonly name: string;
  readonly patches: readonly Patch[];
}

function mutant(name: string, file: string, find: string, replace: string): Mutant {
  return { name, patches: [{ file, find, replace }] };
}

const sender = "sdk-core/src/sender.ts";
const eventStore = "sdk-mobile/src/event-store.ts";
const writer = "sdk-mobile/src/writer.ts";

/** Bugs of the kinds that queues on phones have. One that no longer fits its file fails the test that plants it. */
export const mutants: readonly Mutant[] = [
  mutant(
    "a call resolves before its event is on disk",
    writer,
    "return new Promise((resolve) => waiting.set(key, resolve));",
    "return Promise.resolve(true);",
  ),
  mutant(
    "a write is not awaited",
    writer,
    "await writeChanges(storage, changes);",
    "void writeChanges(storage, changes).catch(() => undefined);",
  ),
  mutant(
    "a write that failed is called stored",
    writer,
    "it stays in memory, and those who wait are told\n      answer(waiting, waiting.keys(), false);",
    "\n      answer(waiting, waiting.keys(), true);",
  ),
  mutant(
    "an event leaves the disk when it is sent",
    sender,
    "const sentMs = ports.now();",
    "const sentMs = ports.now();\n    ports.store?.remove(batch.events.map((event) => event.messageId));",
  ),
  mutant(
    "an event gets another id when it is sent again",
    "sdk-core/src/batch.ts",
    "events.map((event) => event.json)",
    'events.map((event) => event.json.replace(/("messageId":")./, `$1${sentMs % 10}`))',
  ),
  mutant("a status that may pass is final", "sdk-core/src/retry.ts", "5(?!01|05|11)", "5(?!01|03|05|11)"),
  mutant(
    "what is sent on leaving the app is not kept",
    sender,
    "if (batch) void fly(batch, true);",
    "if (batch) {\n        void fly(batch, true);\n        ports.store?.remove(batch.events.map((event) => event.messageId));\n      }",
  ),
  mutant(
    "an entry that was cut off is sent",
    eventStore,
    "isWhole: Number(length) === json.length",
    'isWhole: json !== ""',
  ),
  mutant(
    "events that were settled meanwhile are restored",
    eventStore,
    "known.delete(key);\n          disk.remove(key);",
    "",
  ),
];

const root = join(import.meta.dirname, "..", "..");

/** The SDK's `createClient` with patches. Throws when a patch does not fit the source any more. */
export async function loadClient(patches: readonly Patch[]): Promise<typeof createClient> {
  const { outputFiles } = await build({
    entryPoints: [join(root, "sdk-mobile/src/client.ts")],
    alias: { "@sluice/core": join(root, "sdk-core/src/index.ts") },
    ...({ bundle: true, format: "esm", platform: "node", write: false, logLevel: "silent" } as const),
    plugins: [
      {
        name: "patches",
        setup(bundler) {
          for (const { file, find, replace } of patches) {
            bundler.onLoad({ filter: new RegExp(`${file.replaceAll(".", "\\.")}$`) }, async ({ path }) => {
              const source = await readFile(path, "utf8");
              const parts = source.split(find);
              if (parts.length !== 2)
                throw new Error(`${JSON.stringify(find)} stands ${parts.length - 1} times in ${file}`);
              return { contents: parts.join(replace), loader: "ts" };
            });
          }
        },
      },
    ],
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString("base64");
  const module = (await import(`data:text/javascript;base64,${code}`)) as { createClient: typeof createClient };
  return module.createClient;
}
