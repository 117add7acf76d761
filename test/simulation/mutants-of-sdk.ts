import type { Mutant } from "./mutant-search.ts";

/** Bugs of the SDK for phones and of its engine. */
export const sdkMutants: readonly Mutant[] = [
  {
    name: "the SDK drops its queue before the answer",
    patches: [
      {
        file: "sdk-core/src/sender.ts",
        find: "const sentMs = ports.now();",
        replace: `const sentMs = ports.now();
    settle(batch.events, batch.events.map(({ messageId }) => ({ outcome: "delivered", messageId })));`,
      },
    ],
  },
  {
    name: "the SDK gives events new ids when it sends them again",
    patches: [
      {
        file: "sdk-core/src/batch.ts",
        find: "const texts = events.map((event) => event.json);",
        replace: `const twice = tried.has(events);
  tried.add(events);
  const again = ({ json, messageId }) => json.replace(messageId, messageId.slice(0, -4) + String(sentMs).slice(-4));
  const texts = events.map((event) => (twice ? again(event) : event.json));`,
      },
      {
        file: "sdk-core/src/batch.ts",
        find: "/** The request body of a batch,",
        replace: "const tried = new WeakSet();\n\n/** The request body of a batch,",
      },
    ],
  },
  {
    name: "the SDK gives events new ids when it finds them again",
    patches: [
      {
        file: "sdk-mobile/src/event-store.ts",
        find: "events.push(event);",
        replace: `const id = event.messageId.slice(0, -4) + String(nowMs).slice(-4);
          events.push({ ...event, json: event.json.replace(event.messageId, id), messageId: id });
          note(id, key);`,
      },
    ],
  },
  {
    name: "the SDK says that an event is stored before it is",
    patches: [
      {
        file: "sdk-mobile/src/writer.ts",
        find: "      start();\n      return new Promise((resolve) => waiting.set(key, resolve));",
        replace: "      start();\n      return Promise.resolve(true);",
      },
    ],
  },
  {
    name: "the SDK forgets in a restart how late its events lie",
    patches: [
      {
        file: "sdk-mobile/src/runtime.ts",
        find: "highWaterMs: Number(highWaterMs) }",
        replace: "highWaterMs: 0 * Number(highWaterMs) }",
      },
    ],
  },
  {
    name: "the SDK forgets its clock in a restart",
    patches: [
      {
        file: "sdk-mobile/src/runtime.ts",
        find: "return offsetMs === undefined ?",
        replace: "return offsetMs !== null ?",
      },
    ],
  },
];
