import { martVersion } from "../marts.ts";
import { metrics } from "../metrics.ts";
import { hashText } from "../slice-hash.ts";

/**
 * Stands for the definitions of all KPIs of this build, as each roll-up states it: another number as soon as a KPI is added or
 * the version of one is raised, or that of the marts. Never 0.
 */
export const definitionsNumber: number =
  1 +
  (hashText([martVersion, ...[...metrics.values()].map(({ name, version }) => `${name} ${version}`)].join("\n")) %
    2 ** 31);
