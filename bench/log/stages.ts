import { EventTable, SentEvents } from "@sluice/lake";
import type { Receipt } from "@sluice/schema";
import { eventOrder } from "../../lake/src/order.ts";
import { encodeColumns } from "../../lake/src/write-table.ts";
import { openText } from "../../queue-consumer/src/consume/decode-message.ts";

/** CPU of publication's stages in Node, where a clock runs while code does, in µs per event. */
export interface PublishStages {
  /** Gunzip and parse bodies. */
  readonly open: number;
  /** Make rows. */
  readonly derive: number;
  readonly sort: number;
  /** Lay columns out as Parquet and compress them. */
  readonly encode: number;
}

const rounds = 7;
/** Events of one part. */
const partEventsMax = 20_000;

/** Measures the code that the log publishes by: medians of rounds, garbage collection included. */
export function measureStages(gzips: readonly Uint8Array[], receiptOf: (index: number) => Receipt): PublishStages {
  const samples: PublishStages[] = [];
  for (let round = -3; round < rounds; round++) {
    const stages = measureOnce(gzips, receiptOf);
    if (round >= 0) samples.push(stages);
  }
  const median = (stage: keyof PublishStages): number =>
    samples.map((sample) => sample[stage]).toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
  return { open: median("open"), derive: median("derive"), sort: median("sort"), encode: median("encode") };
}

function measureOnce(gzips: readonly Uint8Array[], receiptOf: (index: number) => Receipt): PublishStages {
  const table = new EventTable();
  const sent = new SentEvents();
  let open = 0;
  let derive = 0;
  for (const [i, gzip] of gzips.entries()) {
    if (table.length >= partEventsMax) break;
    const receipt = receiptOf(i);
    const [events, openUs] = timed(() => {
      const body = openText(gzip);
      return body.ok ? sent.read(body.value.text) : null;
    });
    if (events === null) throw new Error("a body of the traffic is not read as bodies are");
    const [, deriveUs] = timed(() => events.forEach((event, index) => table.addScanned(event, receipt, index)));
    open += openUs;
    derive += deriveUs;
  }
  const [columns, sort] = timed(() => table.sorted());
  const [, encode] = timed(() => encodeColumns(columns, table.length, { sortedBy: eventOrder }));
  const perEvent = (us: number): number => us / table.length;
  return { open: perEvent(open), derive: perEvent(derive), sort: perEvent(sort), encode: perEvent(encode) };
}

function timed<Made>(work: () => Made): readonly [Made, number] {
  const start = process.cpuUsage();
  const made = work();
  const { user, system } = process.cpuUsage(start);
  return [made, user + system];
}
