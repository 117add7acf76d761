import { isbot } from "isbot";
import { memoized } from "../memo.ts";
import type { SettingStep } from "./step.ts";
import { isBrowserAgent, userAgentMemo } from "./user-agent.ts";

/** Whether the event is a program's that behaves like a visitor. It is flagged, never dropped. */
export const bot: SettingStep<"is_bot"> = {
  name: "bot",
  about: "whether the user agent is that of a crawler, a monitor or an automated browser",
  reads: { receipt: true, context: ["userAgent"], ownPage: false },
  columns: (_setting, { user_agent: userAgent }) => ({ is_bot: userAgent !== null && isBotAgent(userAgent) }),
};

const isBotAgent: (userAgent: string) => boolean = memoized(judge, userAgentMemo);

/** How a program that is no browser names itself when it is a bot: by that word, or by a page about it (`+https://…`). */
const namesItself = /bots?\b|crawl|spider|\+https?:/i;

/**
 * The list (isbot) is made for browsers' visits and takes every HTTP library for a bot. Here those are what apps, servers
 * and people with `curl` send by, with a write key: only a browser's user agent is judged by the whole list.
 */
function judge(userAgent: string): boolean {
  return isBrowserAgent(userAgent) ? isbot(userAgent) : namesItself.test(userAgent);
}
