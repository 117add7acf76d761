import type { CallOptions, Fields } from "@sluice/core";
import type { EventType } from "@sluice/schema";
import type { Delivery } from "./delivery.ts";
import type { Gate } from "./gate.ts";
import type { Acknowledgement, MobileDropReason } from "./notices.ts";
import type { Plugins } from "./plugins.ts";
import { type Call, record, userIdOf } from "./recorder.ts";
import type { Visitor } from "./visitor.ts";

/** What calls need. */
export interface CallParts {
  readonly gate: Gate;
  readonly visitor: Visitor;
  readonly plugins: Plugins;
  readonly delivery: Delivery;
  readonly context: () => Fields;
  readonly now: () => number;
  readonly newId: () => string;
}

/** Takes the app's calls. Nothing here throws or rejects. */
export interface Calls {
  /** Makes one event, at `calledMs` (default: now), as soon as the storage has answered and the user agrees. */
  readonly call: (type: EventType, fields: Fields, given?: CallOptions, calledMs?: number) => Promise<Acknowledgement>;
  /** Makes one event at once, past all that waits. */
  readonly perform: (call: Call) => Promise<Acknowledgement>;
  /**
   * Does something between the calls before and after it. `unable` is called where the user does not agree, and while it has
   * to wait until he does.
   */
  readonly inOrder: (run: () => void, unable?: () => void) => void;
}

/** Calls that go through the gate. */
export function createCalls(parts: CallParts): Calls {
  const { gate, visitor, plugins, now, newId } = parts;

  function drop(messageId: string, reason: MobileDropReason): Acknowledgement {
    plugins.after({ outcome: "dropped", messageId, reason });
    return { messageId, outcome: "dropped" };
  }

  async function perform(call: Call): Promise<Acknowledgement> {
    const { type, messageId, calledMs } = call;
    let stored: boolean | Promise<boolean> | undefined;
    try {
      if (type === "identify") visitor.identify(userIdOf(call, visitor.identity()));
      const identity = visitor.touch(calledMs);
      const surroundings = { context: parts.context(), plugins };
      const enqueued = record(call, identity, surroundings, (...event) => parts.delivery.engine().enqueue(...event));
      if (enqueued === null) return drop(messageId, "hook");
      stored = enqueued.stored;
    } catch {
      return drop(messageId, "invalid_event"); // a getter of the app's that throws
    }
    if (stored === undefined) return { messageId, outcome: "dropped" };
    return { messageId, outcome: (await stored) ? "stored" : "memory" };
  }

  return {
    perform,
    call: (type, fields, given, calledMs = now()) =>
      new Promise((resolve) => {
        const messageId = given?.messageId || newId();
        let made: Call = { type, messageId, calledMs, fields, given };
        gate.enter({
          isPersonal: type === "identify" || type === "alias",
          run: () => resolve(perform(made)),
          refuse: (reason) => resolve(drop(messageId, reason)),
          hold(forConsent) {
            const copy = jsonCopy(made);
            if (copy === null) resolve(drop(messageId, "invalid_event"));
            else if (forConsent) resolve({ messageId, outcome: "memory" });
            made = copy ?? made;
            return copy !== null;
          },
        });
      }),
    inOrder(run, unable = () => undefined) {
      const hold = (forConsent: boolean): boolean => {
        if (forConsent) unable();
        return true;
      };
      gate.enter({ isPersonal: false, run, refuse: unable, hold });
    },
  };
}

/** A value as it is now, so that a later change of the app's objects does not reach it; `null` when no JSON exists for it. */
export function jsonCopy<T>(value: T): T | null {
  try {
    return JSON.parse(JSON.stringify(value)) as T;
  } catch {
    return null; // a cycle, a BigInt, a getter that throws
  }
}
