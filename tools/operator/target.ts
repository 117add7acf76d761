import { fail, ok, type Result } from "@sluice/schema";
import { runsPipeline } from "../local/lock.ts";
import { type LocalConfig, type LocalSecrets, readJsonFile, statePaths } from "../local/state-files.ts";

/** Where the admin API is, and the token for it. */
export interface OperatorTarget {
  readonly queryUrl: string;
  readonly operatorToken: string;
}

/** What the person said about it. */
export interface TargetChoice {
  /** `--url`: the analytics Worker of an account; the local pipeline when absent. */
  readonly url: string | undefined;
  /** `--state`: another state folder of a local pipeline. */
  readonly state: string | undefined;
  /** SLUICE_OPERATOR_TOKEN. */
  readonly tokenFromEnvironment: string | undefined;
}

/** Finds the admin API: a deployed one by `--url` and SLUICE_OPERATOR_TOKEN, else the local pipeline that runs. */
export function operatorTarget(choice: TargetChoice): Result<OperatorTarget, string> {
  if (choice.url !== undefined) return remoteTarget(choice.url, choice.tokenFromEnvironment);
  const paths = statePaths(choice.state);
  const local = readJsonFile<LocalConfig>(paths.local);
  const secrets = readJsonFile<LocalSecrets>(paths.secrets);
  if (local === null || secrets === null || !runsPipeline(local.pid)) {
    return fail(
      `No local pipeline runs on ${paths.folder}. Start it with: npm start\n` +
        "For a deployed one, give --url https://… and its operator token in SLUICE_OPERATOR_TOKEN.",
    );
  }
  return ok({ queryUrl: local.queryUrl, operatorToken: secrets.operatorToken });
}

function remoteTarget(text: string, token: string | undefined): Result<OperatorTarget, string> {
  if (!URL.canParse(text)) return fail(`--url ${text} is not a URL.`);
  const url = new URL(text);
  const isLocal = url.hostname === "localhost" || url.hostname === "127.0.0.1" || url.hostname === "[::1]";
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLocal)) {
    return fail("--url must begin with https://, since the operator token travels with each request.");
  }
  if (token === undefined || token === "") return fail("--url needs the operator token in SLUICE_OPERATOR_TOKEN.");
  return ok({ queryUrl: url.origin, operatorToken: token });
}
