import { eventColumns, type Row } from "@sluice/lake";
import { fail, type Json, ok, type Result } from "@sluice/schema";
import { invalid, type Problem } from "../problem.ts";

/*
 * Fields that a question may name: a column of the lake, a path into one of its JSON columns, or `actor`.
 * Names are looked up in a Map and paths are followed through own fields only, so that no text of the asker's reaches a prototype.
 */

/** Columns that hold JSON. */
const jsonColumns = ["properties", "traits", "context", "extra", "consent"] as const;
type JsonColumn = (typeof jsonColumns)[number];

/** A field that rows have values of. */
export type FieldRef =
  | { readonly kind: "column"; readonly label: string; readonly column: keyof Row; readonly type: PlainType }
  | { readonly kind: "json"; readonly label: string; readonly column: JsonColumn; readonly path: readonly string[] }
  /** The user id, else the anonymous id. Not resolved across logins. */
  | { readonly kind: "actor"; readonly label: string }
  /** What follows from some columns of a row; not for questions to name. */
  | {
      readonly kind: "computed";
      readonly label: string;
      readonly columns: readonly (keyof Row)[];
      readonly valueOf: (row: Partial<Row>) => string | null;
    };

type PlainType = "string" | "timestamp" | "boolean" | "int32" | "int64" | "decimal";

/** Keys of a path, and characters of one. */
const pathKeysMax = 8;
const pathKeyLengthMax = 200;

const plainColumns: ReadonlyMap<string, { readonly column: keyof Row; readonly type: PlainType }> = new Map(
  eventColumns.flatMap(({ name, type }) => (type === "json" ? [] : [[name, { column: name, type }] as const])),
);

/** Columns whose values are about one person or lead to one. */
const personalColumns: ReadonlySet<string> = new Set([
  ...[
    "user_id",
    "anonymous_id",
    "previous_id",
    "group_id",
    "session_id",
    "ip",
    "user_agent",
    "page_url",
    "page_referrer",
  ],
  ...["click_id", "traits", "context", "extra"],
]);

/**
 * Reads a field: `"country"`, `"properties.plan"`, `"actor"`, or, for keys that hold dots, a list (`["properties", "a.b"]`).
 *
 * @param parameter where it stands in the question, for the refusal.
 */
export function fieldRef(value: Json | undefined, parameter: string): Result<FieldRef, Problem> {
  const keys = typeof value === "string" ? value.split(".") : textsOf(value);
  const [first = "", ...path] = keys;
  const plain = path.length === 0 ? plainColumns.get(first) : undefined;
  if (plain !== undefined) return ok({ kind: "column", label: first, ...plain });
  if (path.length === 0 && first === "actor") return ok({ kind: "actor", label: first });
  const json = jsonColumns.find((name) => name === first);
  const isPath = path.length > 0 && path.length <= pathKeysMax && path.every(isKey);
  if (json !== undefined && isPath) return ok({ kind: "json", label: keys.join("."), column: json, path });
  const detail =
    `${parameter} must name a column of the lake, actor, or a path of at most ${pathKeysMax} keys below ` +
    `${jsonColumns.join(", ")}, such as properties.plan or ["properties","a.b"].`;
  return fail(invalid(parameter, detail));
}

function textsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) && value.length <= pathKeysMax + 1 ? value.filter((key) => typeof key === "string") : [];
}

function isKey(key: string): boolean {
  return key !== "" && key.length <= pathKeyLengthMax;
}

/** Whether values of a field tell of one person, or lead to one. */
export function isPersonal(ref: FieldRef): boolean {
  if (ref.kind === "computed") return ref.columns.some((column) => personalColumns.has(column));
  return ref.kind === "actor" || personalColumns.has(ref.column);
}

/** The columns that a field is read from. */
export function columnsOf(ref: FieldRef): readonly (keyof Row)[] {
  if (ref.kind === "computed") return ref.columns;
  return ref.kind === "actor" ? ["user_id", "anonymous_id"] : [ref.column];
}
