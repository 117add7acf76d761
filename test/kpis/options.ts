/** What the command line of `npm run oracle` asks for. */
export interface OracleOptions {
  readonly users: number;
  readonly events: number;
  /** Orders of arrival, the first among them. */
  readonly orders: number;
  /** Whether the last order is fed to the Workers on workerd. */
  readonly hasWorkerd: boolean;
}

export const oracleUsage = `npm run oracle -- [--users N] [--events N] [--orders N] [--no-workerd]

Counts every KPI of a made-up population twice, here and with DuckDB, and feeds it in so many orders, the last one to workerd
(default: 20000 users, 400000 events, 20 orders).`;

const limits = new Map([
  ["--users", 1_000_000],
  ["--events", 10_000_000],
  ["--orders", 1_000],
]);

/** Reads the command line; the message says what is wrong with it. */
export function oracleOptionsOf(
  args: readonly string[],
): { readonly options: OracleOptions } | { readonly problem: string } {
  const given = new Map<string, number>();
  const values = args.filter((arg) => arg !== "--no-workerd");
  for (let i = 0; i < values.length; i += 2) {
    const name = values[i] ?? "";
    const value = values[i + 1] ?? "";
    const max = limits.get(name);
    if (max === undefined) return { problem: `unknown argument ${name}` };
    if (!/^\d{1,8}$/.test(value) || Number(value) < 1 || Number(value) > max) {
      return { problem: `${name} must be a whole number from 1 to ${max}` };
    }
    given.set(name, Number(value));
  }
  return {
    options: {
      users: given.get("--users") ?? 20_000,
      events: given.get("--events") ?? 400_000,
      orders: given.get("--orders") ?? 20,
      hasWorkerd: values.length === args.length,
    },
  };
}
