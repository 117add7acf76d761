import { fail, isObject, type Json, type JsonObject, ok, type Result } from "@sluice/schema";

/** What a command line of `npm run sluice` asks of the admin API. */
export type AdminCommand =
  | { readonly kind: "list"; readonly path: string; readonly list: string }
  | { readonly kind: "create"; readonly path: string; readonly body: JsonObject; readonly what: string }
  | { readonly kind: "replace"; readonly path: string; readonly body: JsonObject; readonly what: string }
  | { readonly kind: "revoke"; readonly path: string; readonly what: string }
  | { readonly kind: "ledger"; readonly path: string }
  | { readonly kind: "pages"; readonly path: string; readonly list: string }
  | {
      /** Asked again and again with the cursor of its last answer, until that is null. */
      readonly kind: "job";
      readonly path: string;
      readonly body: JsonObject;
      readonly what: string;
    }
  | { readonly kind: "jobs" }
  | { readonly kind: "flush" }
  | { readonly kind: "help" };

/** Options that some commands take. */
export interface CommandOptions {
  readonly currency?: string | undefined;
  readonly ip?: string | undefined;
  /** Comma separated. */
  readonly origins?: string | undefined;
  readonly "cookie-domain"?: string | undefined;
  readonly kind?: string | undefined;
  /** Comma separated. */
  readonly scopes?: string | undefined;
  readonly expires?: string | undefined;
  /** Events in order, joined by `>`. */
  readonly steps?: string | undefined;
  readonly window?: string | undefined;
  readonly breakdown?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly source?: string | undefined;
  readonly reason?: string | undefined;
  readonly dataset?: string | undefined;
  readonly cursor?: string | undefined;
  readonly dryRun?: boolean | undefined;
  /** The rule itself, not the name of its file. */
  readonly rule?: Json | undefined;
  /** What a declared KPI is, likewise. */
  readonly definition?: Json | undefined;
}

/** The text of `npm run sluice -- help`. */
export const helpText = `Usage: npm run sluice -- COMMAND [--url https://… | --state DIR]

  project list
  project create PROJECT [--currency EUR]
  project shards PROJECT NUMBER              raises the number of its logs, while events flow
  project revoke PROJECT                     revokes all its keys and tokens; its data stays
  project origins PROJECT --origins https://a.example,https://*.b.example
                                             pages that may ask with its read tokens; "" allows all
  source  list   PROJECT
  source  create PROJECT SOURCE [--ip drop|truncate|keep] [--origins https://a.example,https://*.b.example]
                                        [--cookie-domain shop.example]
  source  revoke PROJECT SOURCE              revokes its keys
  key     list   PROJECT
  key     create PROJECT SOURCE [--kind public|server]   the key is shown once
  key     revoke PROJECT SERIAL
  token   list   PROJECT                     read tokens of the query API
  token   create PROJECT NAME [--scopes kpis,events,users,export,costs] [--expires 90d]
                                             the token is shown once; kpis,events and no end when not said
  token   revoke PROJECT ID
  funnel  list   PROJECT
  funnel  create PROJECT NAME --steps "page:/pricing > event:Signed Up" [--window 7d|48h] [--breakdown PROPERTY]
  funnel  revoke PROJECT NAME
  kpi     list   PROJECT                     KPIs that the project declares
  kpi     create PROJECT NAME --definition FILE   the declaration as JSON; docs/kpis.md tells what it may hold
  kpi     revoke PROJECT NAME
  flush                                      publish and roll up now

  ledger  PROJECT --from T --to T [--source SOURCE]      what came in, and what became of it, by source and hour
  redrive PROJECT --from T --to T [--reason R] [--rule FILE] [--dry-run] [--cursor C]
                                             mend rejected events and send them again
  replay  PROJECT --from T --to T [--dataset events|rejected] [--cursor C]
                                             send rows of the lake to the queue bound as REPLAY
  jobs                                       what runs in the background, how it went, and what is wrong
  backfill PROJECT --from T --to T [--cursor C]
                                             build the days of a range anew
  reconcile PROJECT                          compare the lake with what was rolled up, and mend it
  dead list                                  messages that could not be taken
  dead redrive [--reason R]                  send them again, byte for byte

T is a day (2026-11-20) or a full hour (2026-11-20T13:00Z), UTC; --to is exclusive. docs/ledger.md tells more.

Without --url it talks to the local pipeline of npm start. With --url it needs SLUICE_OPERATOR_TOKEN.`;

const projects = "/v1/admin/projects";

/** Reads a command line's words. */
export function parseCommand(words: readonly string[], options: CommandOptions): Result<AdminCommand, string> {
  const [noun = "help", verb = "", ...names] = words;
  if (noun === "help") return ok({ kind: "help" });
  if (noun === "flush") return words.length === 1 ? ok({ kind: "flush" }) : fail("flush takes nothing else.");
  if (noun === "jobs") return words.length === 1 ? ok({ kind: "jobs" }) : fail("jobs takes nothing else.");
  const command = commandOf(noun, verb, names, options);
  return command === null ? fail(`Not a command: ${words.join(" ")}`) : ok(command);
}

function commandOf(noun: string, verb: string, names: readonly string[], options: CommandOptions): AdminCommand | null {
  const [project = "", name = ""] = names;
  const inProject = `${projects}/${encodeURIComponent(project)}`;
  const one = `${encodeURIComponent(name)}`;
  const hasOne = names.length === 1 && project !== "";
  const hasTwo = names.length === 2 && project !== "" && name !== "";
  switch (`${noun} ${verb}`) {
    case "project list":
      return names.length === 0 ? { kind: "list", path: projects, list: "projects" } : null;
    case "project create":
      return hasOne
        ? {
            kind: "create",
            path: projects,
            body: body({ project, currency: options.currency }),
            what: `project ${project}`,
          }
        : null;
    case "project shards":
      return hasTwo && /^\d{1,4}$/.test(name)
        ? {
            kind: "create",
            path: `${inProject}/shards`,
            body: { shards: Number(name) },
            what: `up to ${name} shards of project ${project}, which open within a quarter of an hour`,
          }
        : null;
    case "project revoke":
      return hasOne ? { kind: "revoke", path: inProject, what: `all keys and tokens of project ${project}` } : null;
    case "project origins":
      return hasOne && options.origins !== undefined
        ? {
            kind: "replace",
            path: `${inProject}/query-origins`,
            body: listOption("allowedOrigins", options.origins),
            what: `origins that may ask for project ${project}`,
          }
        : null;
    case "source list":
    case "key list":
    case "token list":
    case "funnel list":
    case "kpi list":
      return hasOne ? { kind: "list", path: `${inProject}/${noun}s`, list: `${noun}s` } : null;
    case "source create":
      return hasTwo
        ? {
            kind: "create",
            path: `${inProject}/sources`,
            body: {
              ...body({ source: name, ipPolicy: options.ip, cookieDomain: options["cookie-domain"] }),
              ...listOption("allowedOrigins", options.origins),
            },
            what: `source ${name}`,
          }
        : null;
    case "key create":
      return hasTwo
        ? {
            kind: "create",
            path: `${inProject}/keys`,
            body: body({ source: name, kind: options.kind ?? "public" }),
            what: `key of source ${name}`,
          }
        : null;
    case "token create":
      return hasTwo
        ? {
            kind: "create",
            path: `${inProject}/tokens`,
            body: { ...body({ name, expires: options.expires }), ...listOption("scopes", options.scopes) },
            what: `read token ${name}`,
          }
        : null;
    case "source revoke":
    case "key revoke":
    case "token revoke":
    case "funnel revoke":
    case "kpi revoke":
      return hasTwo ? { kind: "revoke", path: `${inProject}/${noun}s/${one}`, what: `${noun} ${name}` } : null;
    case "funnel create":
      return hasTwo
        ? { kind: "create", path: `${inProject}/funnels`, body: funnelBody(name, options), what: `funnel ${name}` }
        : null;
    case "kpi create":
      return hasTwo && isObject(options.definition)
        ? {
            kind: "create",
            path: `${inProject}/kpis`,
            body: { ...options.definition, kpi: name },
            what: `declared KPI ${name}`,
          }
        : null;
    default:
      return jobOf(noun, verb, names, options);
  }
}

/** What the API is told of a funnel; it refuses what is wrong. `--window 7d` or `48h`. */
function funnelBody(funnel: string, { steps = "", window, breakdown }: CommandOptions): JsonObject {
  const [, count = "", unit] = /^(\d{1,5})([dh])$/.exec(window ?? "") ?? [];
  const hours = Number(count) * (unit === "d" ? 24 : 1);
  const named = { funnel, steps: steps.split(">").map((step) => step.trim()) };
  return { ...named, ...body({ breakdown }), ...(window !== undefined && { windowHours: hours }) };
}

/** Commands that are one call after the other, or a question with a range. Their first name follows the noun. */
function jobOf(noun: string, verb: string, names: readonly string[], options: CommandOptions): AdminCommand | null {
  const { from, to, source, reason, dataset, cursor, dryRun, rule } = options;
  if (noun === "dead" && names.length === 0) {
    if (verb === "list") return { kind: "pages", path: "/v1/admin/dead", list: "letters" };
    const path = "/v1/admin/dead/redrive";
    return verb === "redrive" ? { kind: "job", path, body: body({ reason }), what: "dead letters" } : null;
  }
  if (verb === "" || names.length > 0) return null;
  const inProject = `${projects}/${encodeURIComponent(verb)}`;
  switch (noun) {
    case "ledger":
      return { kind: "ledger", path: `${inProject}/ledger?${new URLSearchParams(texts({ from, to, source }))}` };
    case "redrive": {
      const extra = { ...(rule === undefined ? {} : { rule }), ...(dryRun === true ? { dryRun } : {}) };
      const question = { ...body({ from, to, reason, cursor }), ...extra };
      return { kind: "job", path: `${inProject}/redrive`, body: question, what: `rejected events of ${verb}` };
    }
    case "backfill": {
      const question = body({ from, to, cursor });
      return { kind: "job", path: `${inProject}/backfill`, body: question, what: `days of ${verb}` };
    }
    case "reconcile":
      return { kind: "job", path: `${inProject}/reconcile`, body: body({ cursor }), what: `parts of ${verb}` };
    case "replay": {
      const question = body({ from, to, dataset, cursor });
      return { kind: "job", path: `${inProject}/replay`, body: question, what: `rows of ${verb}` };
    }
    default:
      return null;
  }
}

function body(fields: Record<string, string | undefined>): JsonObject {
  return texts(fields);
}

/** The fields that are given. */
function texts(fields: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** A comma-separated option as the list that the admin API takes; nothing when it is not given, an empty list for "". */
function listOption(name: string, text: string | undefined): JsonObject {
  if (text === undefined) return {};
  return { [name]: text === "" ? [] : text.split(",").map((entry) => entry.trim()) };
}
