import {
  type CallOptions,
  createEngine,
  createUlid,
  type Engine,
  type Fields,
  type FlushReport,
  type IdentityState,
  newIdentity,
  parseIdentity,
  touchSession,
} from "@sluice/core";
import type { EventType } from "@sluice/schema";
import type { MobileOptions, MobileStorage } from "./ports.ts";
import { createSend, now, random, setTimer } from "./shell/platform.ts";
import { createStore } from "./store.ts";
import { sdkName, sdkVersion } from "./version.ts";

const identityKey = "sluice.identity";
const clockKey = "sluice.clock";

/** Bytes sent at once when the app leaves the foreground; the system gives it a few seconds. */
const urgentBytesMax = 450_000;

/** What a call resolves to: on disk, only in memory (the storage failed), or dropped (`onResult` says why). */
export interface Acknowledgement {
  readonly messageId: string;
  readonly outcome: "stored" | "memory" | "dropped";
}

/** The Sluice client of an app. Calls resolve when the event is on disk, and never reject. */
export interface MobileClient {
  /** Somebody did something. */
  track(event: string, properties?: Fields, options?: CallOptions): Promise<Acknowledgement>;
  /** Says who this is; the user id goes with every later event until `reset`. Without id only traits are sent. */
  identify(userId?: string, traits?: Fields, options?: CallOptions): Promise<Acknowledgement>;
  /** A screen was seen. */
  screen(name: string, properties?: Fields, options?: CallOptions): Promise<Acknowledgement>;
  /** This user belongs to a group. */
  group(groupId: string, traits?: Fields, options?: CallOptions): Promise<Acknowledgement>;
  /** `userId` is the person known as `previousId` (default: the current user or anonymous id). */
  alias(userId: string, previousId?: string, options?: CallOptions): Promise<Acknowledgement>;
  /** Forgets the user: a new anonymous id and a new session. */
  reset(): Promise<void>;
  /** Sends everything now; resolves when it is settled, or after `timeoutMs` (default 10,000). Never rejects. */
  flush(timeoutMs?: number): Promise<FlushReport>;
  /** Stops listening and sending; what is not delivered stays on disk for the next start. */
  close(): void;
}

/** Starts a client. Events of earlier runs are sent first. */
export function createClient(options: MobileOptions): MobileClient {
  const { storage } = options;
  const fill = options.random ?? random;
  const ulid = createUlid(fill);
  const newId = (): string => ulid(now());
  const store = createStore(storage, `sluice.${options.writeKey}.`);
  let identity: IdentityState = newIdentity(newId);
  const save = (key: string, value: string): void => void storage.setItem(key, value).catch(ignoreFailure);

  const started = start();

  async function start(): Promise<Engine> {
    const [saved, clock, restored] = await Promise.all([
      readItem(storage, identityKey),
      readItem(storage, clockKey),
      store.load(),
    ]);
    identity = parseIdentity(saved, newId);
    const engine = createEngine(
      { ...options, clockOffsetMs: clock === null ? null : Number.parseInt(clock, 10) || 0 },
      { name: sdkName, version: sdkVersion },
      {
        now,
        random: fill,
        send: createSend(options.host, options.fetch),
        setTimer,
        store,
        onResult: (result) => shielded(() => options.onResult?.(result)),
        onClockOffset: (offsetMs) => save(clockKey, String(offsetMs)),
      },
    );
    engine.start(restored);
    return engine;
  }

  async function call(type: EventType, fields: object, given?: CallOptions, userId?: string): Promise<Acknowledgement> {
    const calledMs = now();
    const engine = await started;
    const touched = touchSession(identity, calledMs, newId);
    identity = userId ? { ...touched, userId } : touched;
    save(identityKey, JSON.stringify(identity));
    const { messageId, stored } = engine.enqueue(type, {
      anonymousId: identity.anonymousId,
      userId: identity.userId || undefined,
      ...fields,
      ...given,
      context: { ...options.context, session: { id: identity.sessionId }, ...given?.context },
    } as CallOptions);
    if (stored === undefined) return { messageId, outcome: "dropped" };
    return { messageId, outcome: (await stored) ? "stored" : "memory" };
  }

  const stopListening = listen(options, started);

  return {
    track: (event, properties, given) => call("track", { event, properties }, given),
    identify: (userId, traits, given) => call("identify", { traits }, given, userId),
    screen: (name, properties, given) => call("screen", { name, properties }, given),
    group: (groupId, traits, given) => call("group", { groupId, traits }, given),
    async alias(userId, previousId, given) {
      await started;
      return call("alias", { userId, previousId: previousId || identity.userId || identity.anonymousId }, given);
    },
    async reset() {
      await started;
      identity = newIdentity(newId);
      save(identityKey, JSON.stringify(identity));
    },
    flush: async (timeoutMs = 10_000) => (await started).flush(timeoutMs),
    close() {
      stopListening();
      void started.then((engine) => engine.close());
    },
  };
}

async function readItem(storage: MobileStorage, key: string): Promise<string | null> {
  try {
    return await storage.getItem(key);
  } catch {
    return null; // storage that cannot be read: the device begins anew, in memory
  }
}

/** Sends when the app leaves the foreground, resumes when it or the network is back. Returns what ends it. */
function listen(options: MobileOptions, started: Promise<Engine>): () => void {
  const app = options.appState?.addEventListener("change", (state) => {
    void started.then((engine) => (state === "active" ? engine.wake() : engine.flushUrgently(urgentBytesMax)));
  });
  const network = options.netInfo?.addEventListener(({ isConnected }) => {
    if (isConnected) void started.then((engine) => engine.wake());
  });
  return () => {
    app?.remove();
    network?.();
  };
}

function shielded(run: () => void): void {
  try {
    run();
  } catch {
    // the app's own listener failed; delivery goes on
  }
}

function ignoreFailure(): void {
  // the identity stays in memory; the next event writes it again
}
