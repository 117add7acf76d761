/** Like `Storage`: its keys are its own enumerable properties. */
export function storageOf(entries: Map<string, string>): Record<string, unknown> {
  return new Proxy<Record<string, unknown>>(
    {},
    {
      get: (_, key) => entries.get(String(key)),
      set: (_, key, value) => entries.set(String(key), String(value)).has(String(key)),
      deleteProperty: (_, key) => entries.delete(String(key)) || true,
      ownKeys: () => [...entries.keys()],
      getOwnPropertyDescriptor: (_, key) =>
        entries.has(String(key))
          ? { configurable: true, enumerable: true, value: entries.get(String(key)) }
          : undefined,
    },
  );
}
