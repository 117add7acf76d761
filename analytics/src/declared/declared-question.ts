import type { Row } from "@sluice/lake";
import type { FieldRef } from "../adhoc/field-ref.ts";
import type { Filter } from "../adhoc/filter.ts";
import type { AdhocQuestion } from "../adhoc/question.ts";
import type { RangeQuestion } from "../behaviour/question.ts";
import type { UserOf } from "../behaviour/user.ts";
import type { DeclaredKpi, DeclaredPart } from "./declaration.ts";

/** Rows of groups and periods that are kept of a scan: as many as it may have. */
const rowsMax = 10_000;

/** What of a project decides the numbers of its declared KPIs. */
export interface DeclaredContext {
  /** Currency of events that state none. */
  readonly currency: string;
  /** Whom ids belong to; `null` where no measure is of users. */
  readonly userOf: UserOf | null;
}

/** The questions to the lake that a KPI is answered from: of each part the total, then, with a breakdown, its groups. */
export function declaredQuestions(
  kpi: DeclaredKpi,
  { periods, timezone }: RangeQuestion,
  context: DeclaredContext,
): AdhocQuestion[] {
  const { days: local, interval, fromDay, toDay } = periods;
  const range = { fromMs: local.startMs(fromDay), toMs: local.startMs(toDay), timezone, local, interval };
  return kpi.parts.flatMap((part) => {
    const money = part.isMoney ? [currencyOf(context.currency)] : [];
    const question = (groups: readonly FieldRef[]): AdhocQuestion => ({
      ...range,
      filters: kpi.includesBots ? part.filters : [...part.filters, isNoBot],
      groupBy: [...groups, ...money],
      measures: [measureOf(part, context.userOf)],
      orderBy: null,
      isDescending: false,
      limit: rowsMax,
      isPersonal: false,
    });
    return kpi.breakdown === null ? [question([])] : [question([]), question([kpi.breakdown])];
  });
}

const isNoBot: Filter = {
  ref: { kind: "column", label: "is_bot", column: "is_bot", type: "boolean" },
  holds: ({ row }) => row.is_bot === false,
  oneOf: null,
};

/** Whether a KPI has to know whom ids belong to. */
export function needsUsers({ parts }: DeclaredKpi): boolean {
  return parts.some(({ isOfUsers }) => isOfUsers);
}

function measureOf({ measure, isOfUsers }: DeclaredPart, userOf: UserOf | null): DeclaredPart["measure"] {
  if (!isOfUsers) return measure;
  if (userOf === null) throw new Error("nothing is known of users");
  const columns = ["user_id", "anonymous_id", "time"] as const;
  const valueOf = (row: Partial<Row>): string | null => {
    return userOf(row.user_id ?? null, row.anonymous_id ?? null, row.time ?? 0);
  };
  return { ...measure, ref: { kind: "computed", label: "user", columns, valueOf } };
}

function currencyOf(currency: string): FieldRef {
  return {
    kind: "computed",
    label: "currency",
    columns: ["currency"],
    valueOf: (row) => row.currency ?? currency,
  };
}
