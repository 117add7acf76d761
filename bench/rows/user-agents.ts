const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
const systems = [
  "Windows NT 10.0; Win64; x64",
  "Macintosh; Intel Mac OS X 10_15_7",
  "X11; Linux x86_64",
  "Linux; Android 10; K",
] as const;

/** Two hundred user agents, as many requests in a row may well bring: four systems, fifty versions of a browser each. */
export const userAgents: readonly string[] = systems.flatMap((system) =>
  Array.from(
    { length: 50 },
    (_, index) => `Mozilla/5.0 (${system}) ${webkit} Chrome/${100 + index}.0.0.0 Safari/537.36`,
  ),
);
