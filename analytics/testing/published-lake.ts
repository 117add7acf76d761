import { encodeEvents, partKey, type Row } from "@sluice/lake";
import { type HourChange, hourOf } from "@sluice/schema";
import type { AnalyticsHarness } from "./harness.ts";

/** Plays the shard log of a project: puts parts into the lake and notes them in its outbox. */
export class PublishedLake {
  readonly #worker: AnalyticsHarness;
  readonly #project: string;
  readonly #parts = new Map<string, Row[]>();
  readonly #changes: HourChange[] = [];
  #sequence = 0;
  birthId = "birth-1";
  /** Said by the log's status before a flush. */
  pendingRows = 0;

  constructor(worker: AnalyticsHarness, project: string) {
    this.#worker = worker;
    this.#project = project;
  }

  /** Publishes rows: each goes to the part of its hour that `partOf` chooses, which is replaced if it exists. */
  async publish(rows: readonly Row[], partOf: (row: Row) => number = () => 0): Promise<void> {
    const touched = new Map<string, { readonly hourMs: number; readonly part: number }>();
    for (const row of rows) {
      const place = { hourMs: hourOf(row.time), part: partOf(row) };
      const key = partKey({ dataset: "events", project: this.#project, shard: 0, ...place });
      this.#parts.set(key, [...(this.#parts.get(key) ?? []), row]);
      touched.set(key, place);
    }
    for (const [key, { hourMs }] of touched) {
      const held = this.#parts.get(key) ?? [];
      this.#sequence += 1;
      const bytes = encodeEvents(held, { birthId: this.birthId, logSequence: this.#sequence });
      const { etag } = await this.#worker.lake.put(key, bytes);
      const logSequence = this.#sequence;
      this.#changes.push({
        change: this.#sequence,
        dataset: "events",
        hourMs,
        key,
        etag,
        rows: held.length,
        logSequence,
      });
    }
    await this.tell();
  }

  /** Writes the outbox to the log. */
  async tell(isBroken = false): Promise<void> {
    const { birthId, pendingRows } = this;
    await this.#worker.fillOutbox({ project: this.#project, birthId, changes: this.#changes, pendingRows, isBroken });
  }
}
