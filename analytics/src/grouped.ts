/** The entry of a map, made if it is not there yet. */
export function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const held = map.get(key);
  if (held !== undefined) return held;
  const made = make();
  map.set(key, made);
  return made;
}

/** Rows by a key, in the order given: what `Map.groupBy` does on newer runtimes than Node 20. */
export function grouped<Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    entryOf(groups, keyOf(row), () => []).push(row);
  }
  return groups;
}
