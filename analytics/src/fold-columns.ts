import type { Row } from "@sluice/lake";

/** Columns of an event that the folds of a day read. */
export const foldColumns = [
  "message_id",
  "type",
  "event",
  "time",
  "user_id",
  "anonymous_id",
  "previous_id",
  "key_kind",
  "is_bot",
  "revenue",
  "currency",
] as const satisfies readonly (keyof Row)[];
