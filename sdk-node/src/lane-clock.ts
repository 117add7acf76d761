import { type BatchClock, clockAfterDelivery, type ClockReading, offsetForBatchMs } from "@sluice/core";
import type { Entry } from "./lanes.ts";

/**
 * What the client knows about its machine's clock: one offset, and for each lane the latest corrected time that was delivered.
 * Lanes go at their own pace. Were there one such time for all, events that waited behind a slow batch would be filed under
 * the time of events of other users that were faster.
 */
export class LaneClock {
  #offsetMs: number | null;
  readonly #highWaterMs = new Map<number, number>();

  /** @param offsetMs `null` before an answer has taught it. */
  constructor(offsetMs: number | null) {
    this.#offsetMs = offsetMs;
  }

  /** Whether an answer has taught the offset. */
  isKnown(): boolean {
    return this.#offsetMs !== null;
  }

  /**
   * The offset for a batch of these events; `null` while none is known. Nothing else of their lanes is under way, so that what was
   * delivered decides; see `offsetForBatchMs` of @sluice/core.
   */
  offsetFor(entries: readonly Entry[]): number | null {
    let offsetMs = this.#offsetMs;
    for (const [lane, { firstMs }] of stampsOf(entries)) {
      offsetMs = Math.max(offsetMs ?? 0, offsetForBatchMs(this.#ofLane(lane), firstMs, []) ?? 0);
    }
    return this.#offsetMs === null ? null : offsetMs;
  }

  /** A batch of these events was delivered. */
  learn(entries: readonly Entry[], { offsetMs }: Pick<BatchClock, "offsetMs">, reading: ClockReading): void {
    let learned = this.#offsetMs;
    for (const [lane, { lastMs }] of stampsOf(entries)) {
      const next = clockAfterDelivery(this.#ofLane(lane), { lastStampMs: lastMs, offsetMs }, reading);
      this.#highWaterMs.set(lane, next.highWaterMs);
      learned = next.offsetMs;
    }
    this.#offsetMs = learned;
  }

  #ofLane(lane: number): { readonly offsetMs: number | null; readonly highWaterMs: number } {
    return { offsetMs: this.#offsetMs, highWaterMs: this.#highWaterMs.get(lane) ?? 0 };
  }
}

/** First and last device time of each lane, ms; infinite where the client stamped none. */
function stampsOf(entries: readonly Entry[]): ReadonlyMap<number, { firstMs: number; lastMs: number }> {
  const lanes = new Map<number, { firstMs: number; lastMs: number }>();
  for (const { lane, stampMs } of entries) {
    const stamps = lanes.get(lane) ?? { firstMs: Infinity, lastMs: -Infinity };
    if (stampMs !== null) {
      stamps.firstMs = Math.min(stamps.firstMs, stampMs);
      stamps.lastMs = Math.max(stamps.lastMs, stampMs);
    }
    lanes.set(lane, stamps);
  }
  return lanes;
}
