import type { JsonObject } from "@sluice/schema";
import type { Call } from "../judge/calls.ts";

/** The person who logs in on the page. */
export const webUser = "zoe";

/** The id that the person is given last. */
export const aliasOfWebUser = "zoe-2";

/**
 * What a page does with an SDK: a visit without a name, a log-in, orders, a company, another id. More events than
 * fit into one batch of Segment's, and two full ones and a rest of RudderStack's as it is set up here.
 *
 * @param prefix begins every mark.
 */
export function webCalls(prefix: string): Call[] {
  const calls: Call[] = [];
  const none = { event: null, name: null, groupId: null, anonymousId: null, properties: null, traits: null, timeMs: 0 };
  const add = (userId: string | null, what: Partial<Call> & Pick<Call, "type">): void => {
    const mark = `${prefix}-${calls.length}`;
    const { properties = null, traits = null } = what;
    const marked = (object: JsonObject | null): JsonObject | null => object && { ...object, mark };
    calls.push({ ...none, ...what, mark, userId, properties: marked(properties), traits: marked(traits) });
  };
  add(null, { type: "page", name: "Home", properties: { theme: "dark" } });
  add(null, { type: "track", event: "Product Viewed", properties: { price: 4.5, label: "Zürich 🚲" } });
  add(webUser, { type: "identify", traits: { plan: "club" } });
  for (const revenue of [0.1, 0.2, "0.30", 14.99, "1234567.891234"]) {
    add(webUser, { type: "track", event: "Order Completed", properties: { revenue, currency: "eur" } });
  }
  const nested = { list: [1, "two", null, { three: 3.5 }] };
  add(webUser, { type: "track", event: "Promotion Clicked", properties: { nested } });
  add(webUser, { type: "group", groupId: "company", traits: { seats: 3 } });
  add(aliasOfWebUser, { type: "alias" });
  return calls;
}
