import type { Delivery } from "../client.ts";
import type { FoundRow, LakeWatch } from "./lake-watch.ts";

/**
 * What must hold of every event when everything has arrived: with an id of its own it is in the lake once, if anybody was told
 * that it is safe; without one, and as a reject, once for each request that brought it. `null` where it does.
 */
export function deliveriesFault(deliveries: Iterable<Delivery>, lake: LakeWatch): string | null {
  const stored = countByNumber(lake.rowsOf("events"));
  const rejected = countByNumber(lake.rowsOf("rejected"));
  for (const { event, sent, promised } of deliveries) {
    const { number, isValid } = event;
    const found = (isValid ? stored : rejected).get(number) ?? 0;
    const [least, most] = isValid && event.messageId !== null ? [Math.min(promised, 1), 1] : [promised, sent];
    if (found < least) return `event ${number} was promised ${promised} times and is lost`;
    if (found > most) return `event ${number} was sent ${sent} times and is there ${found} times`;
  }
  return null;
}

/** The events of each of these phones stand in the lake in the order of its calls, whatever its clock said. `null` where they do. */
export function orderFault(
  deliveries: ReadonlyMap<number, Delivery>,
  lake: LakeWatch,
  phones: ReadonlySet<string>,
): string | null {
  const last = new Map<string, FoundRow>();
  for (const row of lake.rowsOf("events").toSorted((a, b) => a.number - b.number)) {
    const phone = deliveries.get(row.number)?.event.phone;
    if (phone === undefined || !phones.has(phone.name)) continue;
    const before = last.get(phone.name);
    if (before !== undefined && before.timeMs > row.timeMs) {
      return `event ${row.number} is filed ${before.timeMs - row.timeMs} ms before event ${before.number}, which was called first`;
    }
    last.set(phone.name, row);
  }
  return null;
}

function countByNumber(rows: readonly FoundRow[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { number } of rows) counts.set(number, (counts.get(number) ?? 0) + 1);
  return counts;
}
