/*
 * `npm run demo`: a month of plausible traffic for the running local pipeline, and a table of its KPIs beside the
 * truth. Called by tools/bootstrap.mjs, which has built everything.
 * It sends through the Node SDK like any customer, never past the queue, and writes nothing but demo.json.
 */
import { demoOptionsOf, demoUsage } from "./demo/options.ts";
import { runDemo } from "./demo/run.ts";
import { type LocalConfig, readJsonFile, statePaths } from "./local/state-files.ts";
import { operatorTarget } from "./operator/target.ts";
import { createProgress } from "./terminal/progress.ts";

const barCells = 30;
const redrawMs = 100;
/** Without a terminal a line is printed for each tenth. */
const linesInAll = 10;

const progress = createProgress();
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = demoOptionsOf(args, Date.now());
  if (!options.ok) {
    console.error(options.error === "" ? demoUsage : `${options.error}\n\n${demoUsage}`);
    return options.error === "" ? 0 : 1;
  }
  const state = options.value.stateFolder ?? undefined;
  const paths = statePaths(state);
  const target = operatorTarget({ url: undefined, state, tokenFromEnvironment: undefined });
  const local = readJsonFile<LocalConfig>(paths.local);
  if (!target.ok || local === null) {
    console.error(`No local pipeline runs on ${paths.folder}. Start it in another terminal: npm start`);
    return 1;
  }
  try {
    const { operatorToken } = target.value;
    const result = await runDemo({ ...{ plan: options.value.plan, local, operatorToken, paths }, ...terminal() });
    return result.agrees ? 0 : 1;
  } catch (error) {
    progress.end();
    console.error(`The demo failed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    progress.end();
  }
}

function terminal(): Pick<Parameters<typeof runDemo>[0], "print" | "onStep" | "onSent"> {
  const isTerminal = process.stderr.isTTY === true;
  let drawnMs = 0;
  let tenths = 0;
  return {
    print(text) {
      progress.end();
      console.log(text);
    },
    onStep: (text) => progress.step(text),
    onSent(share, sent) {
      if (!isTerminal) {
        if (Math.floor(share * linesInAll) <= tenths) return;
        tenths = Math.floor(share * linesInAll);
        progress.step(`  ${Math.round(share * 100)} % (${sent} events)`);
        return;
      }
      const nowMs = performance.now();
      if (nowMs - drawnMs < redrawMs && share < 1) return;
      drawnMs = nowMs;
      const full = Math.round(share * barCells);
      progress.detail(`${"█".repeat(full)}${"░".repeat(barCells - full)} ${Math.floor(share * 100)} %`);
    },
  };
}
