import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, test } from "vitest";
import { receiptOf, trackOf } from "../testing/fixtures.ts";
import { eventColumns, type Row } from "./columns.ts";
import { encodeEvents } from "./encode.ts";
import { compareRows } from "./order.ts";
import { readRows } from "./read.ts";
import { rowOf } from "./row.ts";

/** A Worker that encodes the rows it is sent; with `?read`, it reads the file it is sent and returns the rows. */
const script = `
  import { encodeEvents, eventColumns, readRows } from "./index.ts";
  export default {
    async fetch(request) {
      if (request.url.endsWith("?read")) {
        const names = eventColumns.map((column) => column.name);
        return Response.json(await readRows(await request.arrayBuffer(), names));
      }
      return new Response(encodeEvents(await request.json(), { birthId: "b", logSequence: 1 }));
    },
  };`;

const names = eventColumns.map((column) => column.name);
const rows = Array.from({ length: 11_000 }, (_, index) =>
  rowOf(trackOf({ messageId: `m${index}`, properties: { index, revenue: index / 100 } }), receiptOf(), index),
);
let miniflare: Miniflare;

beforeAll(async () => {
  const bundle = await build({
    stdin: { contents: script, loader: "ts", resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*"],
    write: false,
  });
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: bundle.outputFiles[0]?.text ?? "",
      compatibilityDate: "2026-10-01",
      compatibilityFlags: ["nodejs_compat"],
    }),
  );
  await miniflare.ready;
});

afterAll(async () => {
  await miniflare.dispose();
});

test("L24: a file encoded in workerd reads in Node as the same rows", async () => {
  const response = await miniflare.dispatchFetch("http://lake/", { method: "POST", body: JSON.stringify(rows) });
  expect(response.status).toBe(200);
  expect(await readRows(await response.arrayBuffer(), names)).toEqual(rows.toSorted(compareRows));
});

test("L24: a file encoded in Node reads in workerd as the same rows", async () => {
  const body = encodeEvents(rows, { birthId: "b", logSequence: 1 });
  const response = await miniflare.dispatchFetch("http://lake/?read", { method: "POST", body });
  expect(response.status).toBe(200);
  expect((await response.json()) as Row[]).toEqual(rows.toSorted(compareRows));
});
