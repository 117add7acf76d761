import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { createClient, type MobileClient } from "./client.ts";
import type { MobileFetch, MobileOptions, MobileStorage } from "./ports.ts";
import { sdkName, sdkVersion } from "./version.ts";

interface Sent {
  readonly url: string;
  readonly body: { readonly writeKey: string; readonly batch: readonly Record<string, unknown>[] };
}

/** An app with storage, AppState, NetInfo and a network that tests control. */
class FakeApp {
  readonly entries = new Map<string, string>();
  readonly sent: Sent[] = [];
  online = true;
  storageFails = false;
  #state: ((state: string) => void) | null = null;
  #network: ((state: { isConnected: boolean | null }) => void) | null = null;

  readonly storage: MobileStorage = {
    getItem: (key) => this.#stored(() => this.entries.get(key) ?? null),
    setItem: (key, value) => this.#stored(() => void this.entries.set(key, value)),
    removeItem: (key) => this.#stored(() => void this.entries.delete(key)),
    getAllKeys: () => this.#stored(() => [...this.entries.keys()]),
  };

  readonly fetch: MobileFetch = async (url, init) => {
    if (!this.online) throw new TypeError("Network request failed");
    const body = JSON.parse(init.body) as Sent["body"];
    this.sent.push({ url, body });
    const reply = { success: true, accepted: body.batch.length, rejected: [], serverTime: new Date().toISOString() };
    return { status: 200, headers: { get: () => null }, text: () => Promise.resolve(JSON.stringify(reply)) };
  };

  start(options: Partial<MobileOptions> = {}): MobileClient {
    return createClient({
      host: "https://in.example.com/",
      writeKey: "app.ios.p1.key",
      storage: this.storage,
      fetch: this.fetch,
      appState: {
        addEventListener: (_, listener) => ((this.#state = listener), { remove: () => (this.#state = null) }),
      },
      netInfo: { addEventListener: (listener) => ((this.#network = listener), () => (this.#network = null)) },
      context: { app: { version: "7" } },
      ...options,
    });
  }

  state(state: string): void {
    this.#state?.(state);
  }

  network(isConnected: boolean): void {
    this.online = isConnected;
    this.#network?.({ isConnected });
  }

  events(): Record<string, unknown>[] {
    return this.sent.flatMap((request) => request.body.batch);
  }

  queued(): string[] {
    return [...this.entries.keys()].filter((key) => key.includes("app.ios.p1.key"));
  }

  async #stored<T>(run: () => T): Promise<T> {
    await Promise.resolve();
    if (this.storageFails) throw new Error("disk full");
    return run();
  }
}

let app: FakeApp;
beforeEach(() => {
  vi.useFakeTimers();
  app = new FakeApp();
});
afterEach(() => vi.useRealTimers());

describe("mobile client", () => {
  test("SM1: a call resolves when its event is on disk, and not before", async () => {
    app.online = false;
    const { messageId, outcome } = await app.start().track("Opened");
    expect(outcome).toBe("stored");
    expect(app.queued()).toEqual([`sluice.app.ios.p1.key.${messageId}`]);
  });

  test("SM2: events of a killed app are sent first by the next start, with the same ids, and leave the disk", async () => {
    app.online = false;
    const first = app.start();
    const ids = [await first.track("A"), await first.screen("B")].map((call) => call.messageId);
    first.close();
    app.online = true;
    const second = app.start();
    const later = await second.track("C");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(app.events().map((event) => event["messageId"])).toEqual([...ids, later.messageId]);
    expect(app.queued()).toEqual([]);
  });

  test("SM3: the calls carry ids, session, context and library to /v1/batch", async () => {
    const client = app.start();
    await client.identify("u1", { plan: "pro" });
    await client.group("g1");
    await client.alias("u2");
    const flush = client.flush();
    await vi.advanceTimersByTimeAsync(100);
    expect((await flush).delivered).toHaveLength(3);
    expect(app.sent[0]).toMatchObject({ url: "https://in.example.com/v1/batch", body: { writeKey: "app.ios.p1.key" } });
    expect(app.events()).toMatchObject([
      { type: "identify", userId: "u1", traits: { plan: "pro" } },
      { type: "group", groupId: "g1", userId: "u1" },
      { type: "alias", userId: "u2", previousId: "u1" },
    ]);
    for (const event of app.events()) {
      expect(event).toMatchObject({
        anonymousId: expect.stringMatching(/^[0-9A-Z]{26}$/) as unknown,
        context: {
          app: { version: "7" },
          session: { id: expect.any(String) as unknown },
          library: { name: sdkName, version: sdkVersion },
        },
      });
    }
  });

  test("SM4: the anonymous id and user survive a restart; reset forgets them", async () => {
    const first = app.start();
    await first.identify("u1");
    await first.flush();
    const second = app.start();
    await second.track("A");
    await second.reset();
    await second.track("B");
    const flush = second.flush();
    await vi.advanceTimersByTimeAsync(100);
    await flush;
    const [identified, a, b] = app.events();
    expect(a).toMatchObject({ userId: "u1", anonymousId: identified?.["anonymousId"] });
    expect(b).not.toHaveProperty("userId");
    expect(b?.["anonymousId"]).not.toBe(a?.["anonymousId"]);
  });

  test("SM5: leaving the foreground sends at once; coming back online ends the pause", async () => {
    const client = app.start();
    await client.track("A");
    expect(app.sent).toHaveLength(0);
    app.state("background");
    await vi.advanceTimersByTimeAsync(0);
    expect(app.events()).toHaveLength(1);
    app.network(false);
    await client.track("B");
    await vi.advanceTimersByTimeAsync(240_000);
    app.network(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(app.events()).toHaveLength(2);
  });

  test("SM6: when the storage fails the event stays in memory, says so, and is delivered", async () => {
    app.storageFails = true;
    const client = app.start();
    expect((await client.track("A")).outcome).toBe("memory");
    const flush = client.flush();
    await vi.advanceTimersByTimeAsync(100);
    expect((await flush).delivered).toHaveLength(1);
  });

  test("SM7: what cannot be taken is dropped with a reason, and no call ever rejects", async () => {
    const reasons: unknown[] = [];
    const onResult: MobileOptions["onResult"] = (result) => {
      if (result.outcome === "dropped") reasons.push(result.reason);
      throw new Error("listener");
    };
    const client = app.start({ onResult });
    expect((await client.track("A", { n: 1n })).outcome).toBe("dropped");
    expect((await client.track("A", { text: "x".repeat(40_000) })).outcome).toBe("dropped");
    expect(reasons).toEqual(["invalid_event", "event_too_large"]);
  });

  test("SM8: name and version in context.library are those of the package", () => {
    expect({ name: sdkName, version: sdkVersion }).toEqual({ name: packageJson.name, version: packageJson.version });
  });
});
