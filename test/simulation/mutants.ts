import type { Mutant } from "./mutant-search.ts";
import { numberMutants } from "./mutants-of-numbers.ts";
import { sdkMutants } from "./mutants-of-sdk.ts";

const consume = "queue-consumer/src/shell/consume.ts";
const publisher = "queue-consumer/src/shell/publisher.ts";
const logState = "queue-consumer/src/shell/log-state.ts";
const coldStore = "queue-consumer/src/shell/cold-store.ts";
const appendPlan = "queue-consumer/src/log/append-plan.ts";

/** Bugs of the kinds that pipelines have. A patch that no longer fits its file fails the test that plants it. */
export const mutants: readonly Mutant[] = [
  {
    name: "the edge answers 200 before the queue has taken the request",
    patches: [
      {
        file: "worker/src/shell/deliver.ts",
        find: 'queue.send(bytes, { contentType: "bytes" })',
        replace: 'Promise.resolve(void queue.send(bytes, { contentType: "bytes" }).catch(() => undefined))',
      },
    ],
  },
  {
    name: "a spilled message is deleted before it is sent",
    patches: [
      {
        file: "worker/src/shell/replay.ts",
        find: "if (!(await enqueue(bytes, ports))) return false;",
        replace: "await ports.lake.delete(key);\n  if (!(await enqueue(bytes, ports))) return false;",
      },
    ],
  },
  {
    name: "messages are acknowledged before the append",
    patches: [
      {
        file: "queue-consumer/src/index.ts",
        find: 'await (batch.queue.endsWith("-dlq")',
        replace: 'batch.ackAll();\n    await (batch.queue.endsWith("-dlq")',
      },
    ],
  },
  {
    name: "messages are acknowledged whose append failed",
    patches: [
      {
        file: consume,
        find: "if (failures.has(message)) retry(message, failures.get(message), ports);\n    else settle",
        replace: "settle",
      },
    ],
  },
  {
    name: "a dead letter is acknowledged before it is stored",
    patches: [
      {
        file: consume,
        find: "await storeDeadLetter(ports.lake, queue, message, reason);",
        replace: "void storeDeadLetter(ports.lake, queue, message, reason).catch(() => undefined);",
      },
    ],
  },
  {
    name: "ids are stored before their events, in a transaction of their own",
    patches: [
      {
        file: logState,
        find: "blocks.forEach((block, i) => this.storage.insertBlock(this.tables.open, first + i, block));\n    });\n    blocks.forEach((block, i) => this.#remember(this.tables.open, first + i, block));",
        replace: `const none = { segments: [] };
      blocks.forEach((block, i) => this.storage.insertBlock(this.tables.open, first + i, { ...block, header: { ...block.header, ...none } }));
    });
    blocks.forEach((block, i) => this.#remember(this.tables.open, first + i, { ...block, header: { ...block.header, segments: [] } }));
    setTimeout(() => {
      const empty = { ids: [], slices: [], ledger: [] };
      for (const block of blocks) {
        const header = { ...block.header, ...empty };
        const sequence = this.#lastSequence + 1;
        this.storage.insertBlock(this.tables.open, sequence, { ...block, header, hashes: new Uint8Array(0) });
        this.#remember(this.tables.open, sequence, { ...block, header, hashes: new Uint8Array(0) });
      }
    }, 50);`,
      },
    ],
  },
  {
    name: "a redelivered message is not known by its receipt",
    patches: [
      {
        file: "queue-consumer/src/log/append-plan.ts",
        find: "if (isTaken === false && fresh",
        replace: "if (fresh",
      },
    ],
  },
  {
    name: "the messages of a split request are taken for one",
    patches: [
      {
        file: "queue-consumer/src/log/request-hashes.ts",
        find: "`${name} ${firstIndex}`",
        replace: "name",
      },
    ],
  },
  {
    name: "an id of a public key is taken for a server's",
    patches: [
      {
        file: "queue-consumer/src/consume/message-slice.ts",
        find: "textKinds[receipt.keyKind]",
        replace: "textKinds.server",
      },
    ],
  },
  {
    name: "folded counts are added to the ledger again after a restart",
    patches: [{ file: logState, find: "if (sequence <= this.#foldedThrough) continue;", replace: "" }],
  },
  {
    name: "published rows wait again after a restart",
    patches: [{ file: logState, find: "return sequence <= through;", replace: "return sequence < 0 * through;" }],
  },
  {
    name: "blocks are dropped before their part is confirmed",
    patches: [
      {
        file: publisher,
        find: "this.#log.storage.transaction(() => this.#log.storage.putPlan(place, key, planned.plan));",
        replace: `this.#log.storage.transaction(() => this.#log.storage.putPlan(place, key, planned.plan));
    this.#log.pending.confirm(hour.dataset, hour.hourMs, planned.plan.throughSequence);`,
      },
    ],
  },
  {
    name: "a part is put without its condition",
    patches: [
      {
        file: publisher,
        find: 'onlyIf: plan.previousEtag === null ? { etagDoesNotMatch: "*" } : { etagMatches: plan.previousEtag },',
        replace: "",
      },
    ],
  },
  {
    name: "the plan of a PUT is not stored",
    patches: [
      {
        file: publisher,
        find: "this.#log.storage.putPlan(place, key, planned.plan));",
        replace: "this.#log.storage.putPlan(place, key, null));",
      },
    ],
  },
  {
    name: "an older plan's object is taken for the newest plan's",
    patches: [
      {
        file: publisher,
        find: 'if (verdict === "adopt" && stored !== null) return this.#confirm(place, stored);',
        replace: `if (stored !== null && plan !== null && verdict === "adopt")
      return this.#confirm(place, { ...stored, sequence: plan.throughSequence, rows: plan.rows });`,
      },
    ],
  },
  {
    name: "rows move on to the next part",
    patches: [
      {
        file: publisher,
        find: "const present = before === null ? null : await this.#readPresent(place, key, before);",
        replace: `const old = last === null || last.closed || last.etag === null ? null : { ...place, part: last.part };
    const present = old === null || last === null ? null : await this.#readPresent(old, this.#keyOf(old), last);`,
      },
    ],
  },
  {
    name: "a lost alarm is not set again",
    patches: [
      {
        file: "queue-consumer/src/shell/shard-log.ts",
        find: "async status(): Promise<LogStatus> {\n    this.#armedForMs = null;\n    await this.#arm(this.#policy.publishMs);",
        replace: "async status(): Promise<LogStatus> {",
      },
    ],
  },
  {
    name: "events are filed under the hour of their receipt",
    patches: [
      {
        file: "queue-consumer/src/consume/message-slice.ts",
        find: 'files.indexOf("events", place.fileHourMs)',
        replace: 'files.indexOf("events", hourOf(receipt.receivedAtMs))',
      },
    ],
  },
  {
    name: "the cursor moves before the days are rolled up",
    patches: [
      {
        file: "analytics/src/shell/rollup-run.ts",
        find: "  const lateDays: number[] = [];",
        replace: `  await ports.store.advance(ports.owner, state.project, changes.cursors, { asOfMs: clock.startedMs, dueMs: 0 });
  const lateDays: number[] = [];`,
      },
    ],
  },
  {
    name: "a shard that split off does not ask its parent for ids",
    patches: [
      {
        file: logState,
        find: "return own === true ? true : eitherHas(own, inherited.ids.has(bucketMs, packed, at));",
        replace: "return own;",
      },
    ],
  },
  {
    name: "a shard that split off does not ask its parent for messages",
    patches: [
      {
        file: logState,
        find: "return this.tookSlice(bucketMs, packed, at) || inherited.slices.has(bucketMs, packed, at);",
        replace: "return this.tookSlice(bucketMs, packed, at);",
      },
    ],
  },
  {
    name: "a parent takes its own part of a message for its child's",
    patches: [{ file: logState, find: "child ?? this.#shards);", replace: "this.#shards);" }],
  },
  {
    name: "a parent forgets in a restart what it gave up",
    patches: [
      {
        file: logState,
        find: 'this.storage.transaction(() => this.storage.setMeta("shards", String(shards)));\n    this.#shards = shards;\n    const hashKey',
        replace: "this.#shards = shards;\n    const hashKey",
      },
    ],
  },
  {
    name: "ids that could not be checked are stored",
    patches: [
      {
        file: appendPlan,
        find: "if (answer === null) unchecked.add(owners[event] ?? 0);",
        replace: "if (answer === null) continue;",
      },
    ],
  },
  {
    name: "ids leave the log before their object is confirmed",
    patches: [
      {
        file: coldStore,
        find: "this.#state.takeCold(isStored ? plan.pages : [])",
        replace: "this.#state.takeCold(plan.pages)",
      },
    ],
  },
  {
    name: "ids that came while their page was moved leave with it",
    patches: [
      {
        file: logState,
        find: "versions.get(place)?.version === version);",
        replace: "versions.get(place)?.version !== version - version);",
      },
    ],
  },
  {
    name: "cold ids are not looked for",
    patches: [
      {
        file: "queue-consumer/src/log/cold-ids.ts",
        find: "if (page !== null && this.#mayHold(page, entry)) candidates.push(page);",
        replace: "if (page !== null && !this.#mayHold(page, entry)) candidates.push(page);",
      },
    ],
  },
  {
    name: "an id that states no time is looked for on the day of its receipt only",
    patches: [
      {
        file: "queue-consumer/src/log/seen-index.ts",
        find: "for (let days = -undatedDaysKept; days <= undatedDaysKept; days++) {",
        replace: "for (let days = 0; days <= 0; days++) {",
      },
    ],
  },
  {
    name: "a log asks its own parent only for what it has not taken later",
    patches: [
      {
        file: "queue-consumer/src/shell/shard-log.ts",
        find: "state.tookSlice(...slice, child)",
        replace: "state.tookSlice(...slice)",
      },
    ],
  },
  {
    name: "a parent does not tell its child of ids that are born ahead",
    patches: [{ file: logState, find: "ahead: ids.ahead === null ? ahead : [...ahead, ids.ahead]", replace: "ahead" }],
  },
  ...numberMutants,
  ...sdkMutants,
];
