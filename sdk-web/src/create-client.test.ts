import { expect, test, vi } from "vitest";
import { createClient } from "./create-client.ts";

test("SW14: imported and called where there is no page, it does nothing", async () => {
  const client = createClient({ host: "https://in.example.com", writeKey: "k" });
  client.track("A");
  client.identify("u");
  client.page();
  client.screen();
  client.group("g");
  client.alias("u");
  client.reset();
  expect(client.anonymousId()).toBe("");
  expect(await client.flush()).toEqual({ delivered: [], rejected: [], dropped: [], kept: [] });
});

test("SW14: without host or write key it warns and does nothing", () => {
  vi.stubGlobal("document", {});
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  expect(createClient({ host: "", writeKey: "k" }).anonymousId()).toBe("");
  expect(createClient(undefined as never).anonymousId()).toBe("");
  expect(warn).toHaveBeenCalledTimes(2);
  warn.mockRestore();
  vi.unstubAllGlobals();
});
