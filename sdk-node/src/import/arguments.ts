import { type EventType, fail, isEventType, ok, type Result } from "@sluice/schema";
import { parseArgs } from "node:util";
import type { RowRules } from "./event-of-row.ts";

/** What the command prints when it is called wrongly or with --help. */
const usage = `Usage: sluice-import FILE [options]

Sends the events of a file to Sluice: NDJSON (.ndjson, .jsonl), CSV (.csv, .tsv) or Parquet (.parquet, which needs the
package hyparquet); .gz of the first two. The server key is taken from the environment: SLUICE_WRITE_KEY.

  --host URL          where the ingest Worker answers; default: SLUICE_HOST
  --format NAME       ndjson, csv or parquet; default: by the file's name
  --type TYPE         type of rows that state none; default track
  --event NAME        event name of track rows that state none
  --map FROM=TO       a column's other name, for example ts=timestamp or price=properties.price; may be repeated
  --delimiter CHAR    of CSV; default "," and for .tsv a tab
  --encoding NAME     of NDJSON and CSV, for example windows-1252; default utf-8, and rows that are none are refused
  --namespace TEXT    tells apart files that hold equal rows and mean different events
  --rejects FILE      one line of JSON for each row that was refused
  --fresh             begin at the first row, whatever an earlier run has done
  --dry-run           read and check every row, send nothing
`;

/** What the command is to do. */
export interface ImportArguments {
  readonly file: string;
  readonly host: string;
  readonly writeKey: string;
  readonly format: "ndjson" | "csv" | "parquet";
  readonly isGzip: boolean;
  readonly delimiter: string;
  /** A label that `TextDecoder` knows. */
  readonly encoding: string;
  readonly rules: RowRules;
  readonly rejects: string | null;
  readonly isFresh: boolean;
  readonly isDryRun: boolean;
}

const formats = ["ndjson", "csv", "parquet"] as const;

/** Reads the command's arguments; the error is a sentence for the user. */
export function readArguments(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Result<ImportArguments, string> {
  const parsed = parse(argv);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  const [file, ...more] = positionals;
  if (values.help === true || file === undefined || more.length > 0) return fail(usage);
  const host = values.host ?? environment["SLUICE_HOST"] ?? "";
  const writeKey = environment["SLUICE_WRITE_KEY"] ?? "";
  const isDryRun = values["dry-run"] === true;
  if (!isDryRun && host === "") return fail("State --host or SLUICE_HOST.");
  if (!isDryRun && writeKey === "") return fail("Put the server key into the environment: SLUICE_WRITE_KEY.");
  const format = formats.find((name) => name === (values.format ?? formatOf(file)));
  if (format === undefined) return fail(`State --format: ${formats.join(", ")}.`);
  const delimiter = values.delimiter ?? (/\.tsv(?:\.gz)?$/.test(file) ? "\t" : ",");
  if (delimiter.length !== 1 || /["\r\n]/.test(delimiter)) return fail("--delimiter is one character, and no quote.");
  const encoding = values.encoding ?? "utf-8";
  if (!isEncoding(encoding))
    return fail("--encoding is not known; see https://encoding.spec.whatwg.org/#names-and-labels");
  const rules = rulesOf(values, values.encoding === undefined && format !== "parquet");
  if (!rules.ok) return rules;
  const isGzip = file.endsWith(".gz");
  const [rejects, isFresh] = [values.rejects ?? null, values.fresh === true];
  return ok({
    file,
    host,
    writeKey,
    format,
    isGzip,
    delimiter,
    encoding,
    rules: rules.value,
    rejects,
    isFresh,
    isDryRun,
  });
}

const options = {
  host: { type: "string" },
  format: { type: "string" },
  type: { type: "string" },
  event: { type: "string" },
  map: { type: "string", multiple: true },
  delimiter: { type: "string" },
  encoding: { type: "string" },
  namespace: { type: "string" },
  rejects: { type: "string" },
  fresh: { type: "boolean" },
  "dry-run": { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

type Parsed = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;

function parse(argv: readonly string[]): Result<Parsed, string> {
  try {
    return ok(parseArgs({ args: [...argv], options, allowPositionals: true }));
  } catch (error) {
    return fail(error instanceof Error ? error.message : usage); // it names the argument at fault
  }
}

function rulesOf(values: Parsed["values"], isGarbledRefused: boolean): Result<RowRules, string> {
  const type: string = values.type ?? ("track" satisfies EventType);
  if (!isEventType(type)) return fail("--type is track, identify, page, screen, group or alias.");
  const pairs = (values.map ?? []).map((pair) => pair.split("="));
  if (pairs.some((pair) => pair.length !== 2 || pair.includes(""))) return fail("--map is FROM=TO.");
  const names = new Map(pairs.map(([from = "", to = ""]) => [from, to]));
  return ok({ type, event: values.event ?? "", names, namespace: values.namespace ?? "", isGarbledRefused });
}

function isEncoding(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== "";
  } catch {
    return false; // a RangeError: no such encoding
  }
}

function formatOf(file: string): string {
  const name = file.replace(/\.gz$/, "");
  if (/\.(?:ndjson|jsonl|json)$/.test(name)) return "ndjson";
  return /\.(?:csv|tsv)$/.test(name) ? "csv" : (/\.(parquet)$/.exec(file)?.[1] ?? "");
}
