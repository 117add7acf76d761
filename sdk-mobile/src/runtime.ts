import { type ClockState, createUlid, type Fields, type FlushReport, unknownClock } from "@sluice/core";
import { type Calls, createCalls } from "./calls.ts";
import { createDelivery, type Delivery } from "./delivery.ts";
import { createDisk } from "./disk.ts";
import { createEventStore } from "./event-store.ts";
import { createGate } from "./gate.ts";
import { parseMobileIdentity } from "./identity.ts";
import { releaseEvent, releaseOf } from "./lifecycle.ts";
import type { Consent, MobileOptions } from "./options.ts";
import { createPlugins, type Plugins } from "./plugins.ts";
import { now, random, setTimer } from "./shell/platform.ts";
import { createSend } from "./shell/send.ts";
import { createVisitor, type Visitor } from "./visitor.ts";

/** Characters that a message id may have. */
const messageIdMax = 100;

/** The parts of one client, joined. */
export interface Runtime extends Pick<Calls, "call" | "inOrder"> {
  readonly visitor: Visitor;
  readonly plugins: Plugins;
  readonly delivery: Delivery;
  readonly setConsent: (consent: Consent) => void;
  readonly flush: (timeoutMs?: number) => Promise<FlushReport>;
}

/**
 * Joins gate (may it be recorded?), visitor (whose is it?), delivery (queue and sending) and disk. Nothing happens before the
 * first `setConsent`.
 *
 * @param context what goes with every event.
 */
export function createRuntime(options: MobileOptions, context: () => Fields): Runtime {
  const fill = options.random ?? random;
  const ulid = createUlid(fill);
  const newId = (): string => ulid(now());
  const plugins = createPlugins();
  const gate = createGate(options.pending ?? "hold");
  const prefix = storagePrefix(options.writeKey);
  const keys = { identity: `${prefix}id`, clock: `${prefix}clock`, release: `${prefix}app`, events: `${prefix}q.` };
  const disk = createDisk(options.storage, prefix, setTimer, loaded);
  const store = createEventStore(disk, keys.events, newId().slice(-6));
  const visitor = createVisitor(newId, (text) => void disk.put(keys.identity, text));
  const delivery = createDelivery(options, {
    now,
    random: fill,
    setTimer,
    store,
    send: createSend(options.host, options.fetch, options.gzip ?? true),
    onResult: plugins.after,
    onRetry: (notice) => plugins.after({ ...notice, outcome: "retry" }),
    onClock: ({ offsetMs, highWaterMs }) => void disk.put(keys.clock, `${offsetMs} ${highWaterMs}`),
  });
  const calls = createCalls({ gate, visitor, plugins, delivery, context, now, newId });
  let opened: Promise<void> = Promise.resolve();

  function loaded(entries: ReadonlyMap<string, string>): void {
    visitor.adopt(parseMobileIdentity(entries.get(keys.identity)));
    const { events, dropped } = store.restore(entries, now());
    delivery.start(events, parseClock(entries.get(keys.clock)));
    dropped.forEach(plugins.after);
    if (options.lifecycleEvents) noteRelease(entries.get(keys.release));
  }

  /** A kill between the event and the note repeats the event under the same id, which is stored once. */
  function noteRelease(stored: string | undefined): void {
    const release = releaseOf(options.context);
    const event = releaseEvent(stored, release);
    if (event === null) return;
    const text = JSON.stringify(release);
    const messageId = `${visitor.identity().anonymousId}-${event.event.slice(12)}-${text}`.slice(0, messageIdMax);
    void calls.perform({ type: "track", messageId, calledMs: now(), fields: { ...event }, given: undefined });
    void disk.put(keys.release, text);
  }

  async function open(): Promise<void> {
    await disk.open();
    delivery.start([], unknownClock);
    gate.setReady(true);
  }

  function setConsent(consent: Consent): void {
    gate.setReady(false);
    if (consent === "granted") {
      opened = open();
    } else {
      disk.close();
      delivery.start([], unknownClock);
    }
    gate.setConsent(consent);
    if (consent !== "denied") return;
    delivery.discard();
    visitor.forget();
    disk.erase();
  }

  async function flush(timeoutMs = 10_000): Promise<FlushReport> {
    const calledMs = now();
    await opened;
    return delivery.engine().flush(Math.max(0, timeoutMs - (now() - calledMs)));
  }

  return { ...calls, visitor, plugins, delivery, setConsent, flush };
}

/** Entries belong to a source, not to a key: events that wait survive a change of keys. */
function storagePrefix(writeKey: string): string {
  const [project, source] = writeKey.split(".");
  return `sluice.${project}.${source}.`;
}

/** What an earlier run has noted of the clock: the offset and the high-water mark, ms. */
function parseClock(text = ""): ClockState {
  const [, offsetMs, highWaterMs = 0] = /^(-?\d+)(?: (\d+))?$/.exec(text) ?? [];
  return offsetMs === undefined ? unknownClock : { offsetMs: Number(offsetMs), highWaterMs: Number(highWaterMs) };
}
