import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../tools/project-root.ts";
import { type EdgeHarness, startEdge } from "../worker/testing/edge-harness.ts";
import { writeKey } from "../worker/testing/write-keys.ts";

/*
 * What analytics-swift 1.9.4 and analytics-kotlin 1.24.1 send when they are configured as docs/swift-kotlin.md says. The shapes
 * are those of their sources: addresses, headers, and the file that a batch is collected in.
 */
const page = readFileSync(join(projectRoot, "docs/swift-kotlin.md"), "utf8");

/** A host that the page's block for a language configures. */
function configured(language: string, option: string): string {
  const block = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(page)?.[1] ?? "";
  return new RegExp(`${option}(?:\\(| = )"([^"]+)"`).exec(block)?.[1] ?? "";
}

const key = writeKey();
const device = {
  manufacturer: "Apple",
  type: "ios",
  model: "iPhone15,2",
  id: "6B29FC40-CA47-1067-B31D-00DD010662DA",
  name: "iPhone",
};
const app = { name: "Shop", version: "7.1", build: "712", namespace: "com.example.shop" };

const swiftEvents = [
  {
    event: "Application Opened",
    type: "track",
    properties: { from_background: false, version: "7.1", build: "712" },
    messageId: "0E3A4B5C-6D7E-4F80-91A2-B3C4D5E6F708",
    anonymousId: "9B2D6F0C-1E3A-4A5B-8C7D-0E1F2A3B4C5D",
    timestamp: "2026-11-20T07:25:17.574Z",
    integrations: {},
    context: {
      app,
      device,
      library: { name: "analytics-swift", version: "1.9.4" },
      os: { name: "iOS", version: "26.1" },
    },
    _metadata: { bundled: [], unbundled: [], bundledIds: [] },
  },
  {
    type: "identify",
    traits: { plan: "pro" },
    userId: "u1",
    messageId: "1E3A4B5C-6D7E-4F80-91A2-B3C4D5E6F709",
    anonymousId: "9B2D6F0C-1E3A-4A5B-8C7D-0E1F2A3B4C5D",
    timestamp: "2026-11-20T07:25:18.004Z",
    integrations: {},
    context: { library: { name: "analytics-swift", version: "1.9.4" } },
  },
];
const kotlinEvents = [
  {
    type: "screen",
    name: "Cart",
    category: "",
    properties: {},
    messageId: "9b2d6f0c-1e3a-4a5b-8c7d-0e1f2a3b4c5e",
    anonymousId: "an1",
    userId: "",
    timestamp: "2026-11-20T07:25:17.574Z",
    integrations: {},
    context: {
      library: { name: "analytics-kotlin", version: "1.24.1" },
      network: { cellular: false, wifi: true, bluetooth: false },
    },
    _metadata: { bundled: [], unbundled: [], bundledIds: [] },
  },
];

/** The file of a batch: both SDKs append one event per line and close it with the time of that moment and the key. */
function batchFile(events: readonly object[]): string {
  const lines = events.map((event) => JSON.stringify(event)).join(",\n");
  return `{ "batch": [\n${lines}\n],"sentAt":"2026-11-20T07:25:19.575Z","writeKey":"${key}"}`;
}

function inChunks(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (let i = 0; i < bytes.length; i += 100) controller.enqueue(bytes.subarray(i, i + 100));
      controller.close();
    },
  });
}

let edge: EdgeHarness;
beforeAll(async () => {
  edge = await startEdge("real", { INGEST_HOSTS: "https://in.shop.example" });
});
afterAll(() => edge.close());

test.each([
  {
    language: "swift",
    events: swiftEvents,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "user-agent": "analytics-ios/1.9.4",
      "accept-encoding": "gzip",
    },
    bodyOf: (file: string) => file,
  },
  {
    language: "kotlin",
    events: kotlinEvents,
    headers: { "content-type": "text/plain", "content-encoding": "gzip", "user-agent": "analytics-kotlin/1.24.1" },
    bodyOf: (file: string) => inChunks(gzipSync(file)),
  },
])("SM33: analytics-$language, configured as documented, starts and uploads whole batches", async (client) => {
  const { language, events, headers, bodyOf } = client;
  const settings = await edge.fetch(`http://${configured(language, "cdnHost")}/projects/${key}/settings`);
  expect(settings.status).toBe(200);
  const reply = (await settings.json()) as { integrations: { "Segment.io": { apiHost: string; apiKey: string } } };
  const { apiHost, apiKey } = reply.integrations["Segment.io"];
  expect({ apiHost, apiKey }).toEqual({ apiHost: configured(language, "apiHost"), apiKey: key });

  const file = batchFile(events);
  const uploaded = await edge.fetch(`http://${apiHost}/b`, {
    method: "POST",
    headers,
    body: bodyOf(file),
    duplex: "half",
  });
  expect(uploaded.status).toBe(200);
  expect(await uploaded.json()).toMatchObject({ success: true, accepted: events.length, rejected: [] });
  const [received] = await edge.received(1);
  expect(received?.json).toEqual(JSON.parse(file));
  expect(received?.receipt).toMatchObject({ eventCount: events.length, rejected: [] });
});

test("SM33: a batch that is uploaded with a key that does not verify is refused with 401, which makes them delete it", async () => {
  const body = batchFile(kotlinEvents).replace(key, writeKey({}, "another secret"));
  const refused = await edge.fetch(`http://${configured("kotlin", "apiHost")}/b`, { method: "POST", body });
  expect(refused.status).toBe(401);
});
