/** How a program gets at the package. */
export const loads = {
  import: 'import { createClient } from "@sluice/node";',
  require: 'const { createClient } = require("@sluice/node");',
} as const;

/** What all programs share: a call, and the life of a client. */
const shared = `
  const track = (client, i) =>
    client.track({ userId: "u" + (i % 7), event: "Ü 😀", messageId: "m" + i, properties: { i } });

  /** Calls as fast as there is room, a flush, one call of each other kind, and the end. */
  const live = async (client, calls) => {
    const outcomes = {};
    client.on("result", ({ outcome }) => (outcomes[outcome] = (outcomes[outcome] ?? 0) + 1));
    for (let i = 0; i < calls; i++) {
      await client.ready();
      track(client, i);
    }
    const kept = (await client.flush()).kept.length;
    const who = { userId: "u", anonymousId: "a" };
    client.identify({ ...who, traits: { plan: "pro" } });
    client.page({ ...who, name: "Cart" });
    client.screen({ ...who, name: "Cart" });
    client.group({ ...who, groupId: "g" });
    client.alias({ ...who, previousId: "b" });
    const closed = (await client.closeAndFlush()).delivered.length;
    return { ...outcomes, kept, closed };
  };`;

/** A program in a process: it reports a value a line, also what should never happen. */
function program(load: string, body: string): string {
  return `${load}${shared}
  const { options, calls } = JSON.parse(process.env.SCENARIO);
  const report = (value) => console.log(JSON.stringify(value));
  process.on("unhandledRejection", (error) => report({ unhandled: String(error) }));
  const client = createClient({ ...options, log: (line) => report({ log: line }) });
  ${body}`;
}

/** Lives and ends; nothing but that lets the process end. */
export function lifeProgram(load: string): string {
  return program(load, "live(client, calls).then(report);");
}

/** Makes calls, and is done. */
export function exitProgram(load: string): string {
  return program(load, 'for (let i = 0; i < calls; i++) track(client, i); report("called");');
}

/** Makes calls, and waits to be killed. */
export function endlessProgram(load: string): string {
  return `${exitProgram(load)} setInterval(() => undefined, 1000);`;
}

/** The packed command `sluice-import`, which sends a file; what it prints is reported, but for its progress. */
export function importProgram(file: string): string {
  return `
  const { options } = JSON.parse(process.env.SCENARIO);
  const print = console.log;
  console.log = (line) => print(JSON.stringify(line));
  process.stderr.write = () => true;
  process.argv.splice(2, Infinity, ${JSON.stringify(file)}, "--host", options.host);
  process.env.SLUICE_WRITE_KEY = options.writeKey;
  await import("./node_modules/@sluice/node/dist/shell/sluice-import.js");`;
}

/** A Worker that lives a client's life for each request, and answers with what it would report. */
export function workerProgram(load: string): string {
  return `${load}${shared}
  export default {
    async fetch(request) {
      const { searchParams } = new URL(request.url);
      const reports = [];
      const options = { ...JSON.parse(searchParams.get("options")), log: (line) => reports.push({ log: line }) };
      addEventListener("unhandledrejection", (event) => reports.push({ unhandled: String(event.reason) }));
      reports.push(await live(createClient(options), Number(searchParams.get("calls"))));
      return Response.json(reports);
    },
  };`;
}
