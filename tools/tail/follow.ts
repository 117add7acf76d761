import { field, type JsonObject, textField } from "@sluice/schema";
import { type AdminClient, listOf } from "../operator/admin.ts";

/** Pause between two questions: an event is shown well within two seconds of its arrival in the log. */
const pollMs = 500;
/** Pause after a failure, and failures in a row after which it ends. */
const failedMs = 2_000;
const failuresMax = 30;

/** What following needs. */
export interface Follower {
  readonly admin: Pick<AdminClient, "call">;
  readonly question: { readonly project: string; readonly source: string | undefined; readonly isOnce: boolean };
  readonly print: (event: JsonObject) => void;
  /** Told what goes wrong or is left out, beside the events. */
  readonly tell: (message: string) => void;
  readonly pause: (ms: number) => Promise<void>;
}

/** Prints events as they come, each once; returns why it ended, `null` when that was all. */
export async function follow({ admin, question, print, tell, pause }: Follower): Promise<string | null> {
  const { project, source, isOnce } = question;
  const path = `/v1/admin/projects/${encodeURIComponent(project)}/live/events`;
  let cursor: string | null = null;
  let failures = 0;
  for (;;) {
    const search = new URLSearchParams({
      ...(source === undefined ? {} : { source }),
      ...(cursor === null ? {} : { after: cursor }),
    });
    const reply = await admin.call("GET", `${path}?${search}`);
    if (reply.ok) {
      failures = 0;
      const leftOut = field(reply.value, "leftOut");
      if (cursor !== null && typeof leftOut === "number" && leftOut > 0) tell(`… ${leftOut} more`);
      for (const event of listOf(reply.value, "events")) print(event);
      cursor = textField(reply.value, "cursor");
      if (isOnce) return null;
    } else {
      failures += 1;
      const { status, message } = reply.error;
      if ((status >= 400 && status < 500) || isOnce || failures > failuresMax) return message;
      if (failures === 1) tell(message);
    }
    await pause(failures > 0 ? failedMs : pollMs);
  }
}
