import { type DeviceStep, type Session, sessionOf, sessionRuns } from "./session.ts";
import type { KeyedFold } from "./user-pass.ts";

/**
 * Folds the steps of devices into the sessions that began from `fromMs` (inclusive) to `toMs` (exclusive). Give it the
 * steps from half an hour before to a day after.
 */
export class SessionsOfDevices implements KeyedFold<DeviceStep, DeviceStep[], readonly Session[]> {
  readonly #fromMs: number;
  readonly #toMs: number;
  #sessions: Session[] = [];

  constructor({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }) {
    this.#fromMs = fromMs;
    this.#toMs = toMs;
  }

  start(): DeviceStep[] {
    return [];
  }

  add(state: DeviceStep[], step: DeviceStep): number {
    state.push(step);
    return 1;
  }

  end(state: DeviceStep[]): void {
    for (const run of sessionRuns(state)) {
      const startMs = run[0]?.time ?? 0;
      if (startMs >= this.#fromMs && startMs < this.#toMs) this.#sessions.push(sessionOf(run));
    }
  }

  answer(): readonly Session[] {
    return this.#sessions;
  }

  /** The sessions found since they were last taken, so that memory holds those of one slice. */
  take(): Session[] {
    const taken = this.#sessions;
    this.#sessions = [];
    return taken;
  }
}
