/*
 * Generated from the API document by tools/query-client.ts; a test compares the two. Changes belong into the routes and schemas
 * of the query API.
 */

export interface AdhocFilter {
  /** A column of the lake, `actor`, or a path such as `properties.plan`; a list (["properties","a.b"]) for keys with dots. */
  readonly field: string | readonly string[];
  readonly op:
    | "eq"
    | "ne"
    | "in"
    | "notIn"
    | "exists"
    | "notExists"
    | "contains"
    | "startsWith"
    | "lt"
    | "lte"
    | "gt"
    | "gte";
  readonly value?: string | number | boolean | readonly (string | number | boolean)[];
}

export interface AdhocMeasure {
  readonly fn: "count" | "unique" | "sum" | "avg" | "min" | "max" | "percentile";
  /** A column of the lake, `actor`, or a path such as `properties.plan`; a list (["properties","a.b"]) for keys with dots. */
  readonly field?: string | readonly string[];
  readonly name?: string;
  readonly p?: number;
}

export interface AdhocQuestion {
  /** First day of the time zone (YYYY-MM-DD), or an instant in ISO 8601; inclusive. */
  readonly from: string;
  /** Likewise, exclusive; at most 400 days later. */
  readonly to: string;
  /** IANA name. */
  readonly timezone?: string;
  /** Length of a bucket; the whole range is one when absent. */
  readonly interval?: "hour" | "day" | "week" | "month";
  readonly filters?: readonly AdhocFilter[];
  readonly groupBy?: readonly (string | readonly string[])[];
  readonly measures?: readonly AdhocMeasure[];
  /** Name of a measure, or group; with - before it, descending. */
  readonly orderBy?: string;
  readonly limit?: number;
}

export interface AdhocRow {
  readonly bucket?: string;
  readonly group: readonly (string | null)[];
  readonly values: readonly (number | string | null)[];
}

export interface AdhocAnswer {
  readonly project: string;
  readonly from: string;
  readonly to: string;
  readonly timezone: string;
  readonly interval: "hour" | "day" | "week" | "month" | null;
  readonly groupBy: readonly string[];
  readonly measures: readonly string[];
  readonly rows: readonly AdhocRow[];
  /** How many there are, before limit. */
  readonly groups: number;
  readonly truncated: boolean;
  readonly scanned: ScanCost;
}

export interface ScanCost {
  readonly files: number;
  readonly rowGroups: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface KpiRatio {
  readonly numerator: number;
  readonly denominator: number;
  readonly value: number | null;
}

export interface KpiMoneyRatio {
  /** Exact, six digits. */
  readonly numerator: string;
  readonly denominator: number;
  readonly value: string | null;
}

export interface KpiMoneyQuotient {
  /** Exact, six digits. */
  readonly numerator: string;
  /** Exact, six digits. */
  readonly denominator: string;
  readonly value: string | null;
}

/** count: a number; money, money ratio and money quotient: by currency; ratio: one. */
export type KpiValue =
  | number
  | KpiRatio
  | Readonly<Record<string, string>>
  | Readonly<Record<string, KpiMoneyRatio>>
  | Readonly<Record<string, KpiMoneyQuotient>>;

export interface KpiPrevious {
  readonly start: string;
  readonly value: KpiValue;
  readonly difference?: number | Readonly<Record<string, string>>;
  readonly ratio?: KpiRatio;
}

export interface KpiBucket {
  readonly start: string;
  readonly complete: boolean;
  readonly value: KpiValue;
  readonly previous?: KpiPrevious;
}

export interface KpiGroup {
  readonly group: string | null;
  readonly buckets: readonly KpiBucket[];
}

export interface KpiSeries {
  readonly version: number;
  readonly unit: string;
  readonly asOf: string;
  /** Whether events that were not rolled up at `asOf` are in the days that were still open. */
  readonly live: boolean;
  readonly buckets: readonly KpiBucket[];
  readonly groups?: readonly KpiGroup[];
  readonly groupsLeftOut?: number;
}

export interface KpiAnswer {
  readonly project: string;
  readonly interval: "hour" | "day" | "week" | "month";
  readonly timezone: string;
  readonly tzdata: string;
  readonly from: string;
  readonly to: string;
  readonly asOf: string;
  /** Whether events that were not rolled up at `asOf` are in the days that were still open. */
  readonly live: boolean;
  readonly metrics: Readonly<Record<string, KpiSeries>>;
}

export interface CostUpload {
  readonly rows: readonly {
    /** A local day: it counts as that day in every time zone. */
    readonly day: string;
    readonly campaign: string;
    readonly source?: string;
    readonly medium?: string;
    /** The project's when absent. */
    readonly currency?: string;
    /** From 0 to below 1,000,000,000; six digits are kept. */
    readonly cost: string | number;
  }[];
}

export interface CostsStored {
  readonly project: string;
  readonly rows: number;
  /** Rows that are new, or state another cost than before. */
  readonly changed: number;
}

export interface Cost {
  /** A local day: it counts as that day in every time zone. */
  readonly day: string;
  readonly campaign: string;
  readonly source: string;
  readonly medium: string;
  readonly currency: string;
  /** Exact, six digits. */
  readonly cost: string;
}

export interface Costs {
  readonly project: string;
  readonly costs: readonly Cost[];
  readonly cursor: string | null;
}

/** As declared: fn, field, p, money, filters, breakdown, bots; of a ratio numerator and denominator. */
export interface DeclaredKpi {
  readonly kpi: string;
  readonly version: number;
  readonly fn: "count" | "unique" | "sum" | "average" | "percentile" | "ratio";
  readonly [name: string]: unknown;
}

export interface DeclaredKpis {
  readonly project: string;
  readonly kpis: readonly DeclaredKpi[];
}

export interface DeclaredRatio {
  /** A count; a decimal as text. */
  readonly numerator: number | string | null;
  /** A count; a decimal as text. */
  readonly denominator: number | string | null;
  readonly value: string | null;
}

export interface DeclaredBucket {
  readonly start: string;
  readonly complete: boolean;
  /** count and decimal: one; ratio: one; money and money ratio: by currency. */
  readonly value:
    | number
    | string
    | null
    | DeclaredRatio
    | Readonly<Record<string, number | string | null>>
    | Readonly<Record<string, DeclaredRatio>>;
}

export interface DeclaredGroup {
  readonly group: string | null;
  readonly buckets: readonly DeclaredBucket[];
}

export interface DeclaredAnswer {
  readonly project: string;
  readonly kpi: DeclaredKpi;
  readonly version: number;
  readonly timezone: string;
  readonly tzdata: string;
  readonly interval: "day" | "week" | "month";
  readonly from: string;
  readonly to: string;
  readonly asOf: string;
  readonly complete: boolean;
  readonly unit: "count" | "decimal" | "money" | "ratio" | "money ratio";
  readonly buckets: readonly DeclaredBucket[];
  readonly groups?: readonly DeclaredGroup[];
  readonly groupsLeftOut?: number;
  /** null where roll-ups or marts held the numbers. */
  readonly scanned: ScanCost | null;
}

export interface BehaviourRatio {
  readonly numerator: number;
  readonly denominator: number;
  readonly value: number | null;
}

export interface SessionBucket {
  readonly start: string;
  readonly sessions: number;
  readonly duration: BehaviourRatio;
  readonly pagesPerSession: BehaviourRatio;
  readonly bounceRate: BehaviourRatio;
  readonly timeOnPage: BehaviourRatio;
}

export interface SessionAnswer {
  readonly project: string;
  readonly kpi: string;
  readonly version: number;
  readonly timezone: string;
  readonly tzdata: string;
  readonly interval: "day" | "week" | "month";
  readonly from: string;
  readonly to: string;
  readonly asOf: string;
  readonly complete: boolean;
  readonly incompleteFrom: string | null;
  readonly buckets: readonly SessionBucket[];
}

export interface Funnel {
  readonly funnel: string;
  readonly version: number;
  readonly steps: readonly string[];
  readonly windowHours: number;
  readonly breakdown: string | null;
}

export interface FunnelList {
  readonly project: string;
  readonly funnels: readonly Funnel[];
}

export interface FunnelSegment {
  readonly value: string | null;
  readonly reached: readonly number[];
  readonly conversion: BehaviourRatio;
  readonly timeToConvertMs: {
    readonly p50: number | null;
    readonly p90: number | null;
  };
}

export interface FunnelBucket {
  readonly start: string;
  readonly reached: readonly number[];
  readonly conversion: BehaviourRatio;
  readonly timeToConvertMs: {
    readonly p50: number | null;
    readonly p90: number | null;
  };
  readonly segments: readonly FunnelSegment[];
  readonly other: {
    readonly reached: readonly number[];
    readonly conversion: BehaviourRatio;
    readonly timeToConvertMs: {
      readonly p50: number | null;
      readonly p90: number | null;
    };
  } | null;
}

export interface FunnelAnswer {
  readonly project: string;
  readonly kpi: string;
  readonly version: number;
  readonly timezone: string;
  readonly tzdata: string;
  readonly interval: "day" | "week" | "month";
  readonly from: string;
  readonly to: string;
  readonly asOf: string;
  readonly complete: boolean;
  readonly incompleteFrom: string | null;
  readonly funnel: Funnel;
  readonly buckets: readonly FunnelBucket[];
}

export interface RetentionMode {
  readonly kind: "exact" | "unbounded" | "bounded";
  readonly count?: number;
  readonly ranges?: readonly (readonly number[])[];
}

export interface Cohort {
  readonly start: string;
  readonly users: number;
  readonly retained: readonly number[];
}

export interface RetentionAnswer {
  readonly project: string;
  readonly kpi: string;
  readonly version: number;
  readonly timezone: string;
  readonly tzdata: string;
  readonly interval: "day" | "week" | "month";
  readonly from: string;
  readonly to: string;
  readonly asOf: string;
  readonly complete: boolean;
  readonly incompleteFrom: string | null;
  readonly mode: RetentionMode;
  readonly cohorts: readonly Cohort[];
}

export interface Transition {
  readonly from: string | null;
  readonly to: string | null;
  readonly count: number;
}

export interface PathAnswer {
  readonly project: string;
  readonly kpi: string;
  readonly version: number;
  readonly timezone: string;
  readonly tzdata: string;
  readonly interval: "day" | "week" | "month";
  readonly from: string;
  readonly to: string;
  readonly asOf: string;
  readonly complete: boolean;
  readonly incompleteFrom: string | null;
  readonly by: string;
  readonly sessions: number;
  readonly transitions: readonly Transition[];
  readonly total: number;
}

export interface RateDifference {
  readonly difference: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly z: number | null;
  readonly pValue: number | null;
}

export interface Variant {
  readonly variant: string;
  readonly users: number;
  readonly converted: number;
  readonly rate: number | null;
  readonly comparison: RateDifference | null;
}

export interface RatioCheck {
  readonly chiSquare: number;
  readonly degreesOfFreedom: number;
  readonly pValue: number;
}

export interface ExperimentAnswer {
  readonly project: string;
  readonly kpi: string;
  readonly version: number;
  readonly timezone: string;
  readonly tzdata: string;
  readonly interval: "day" | "week" | "month";
  readonly from: string;
  readonly to: string;
  readonly asOf: string;
  readonly complete: boolean;
  readonly incompleteFrom: string | null;
  readonly experiment: string;
  readonly control: string | null;
  readonly variants: readonly Variant[];
  readonly excludedUsers: number;
  readonly sampleRatio: RatioCheck | null;
}

export interface Credit {
  readonly channel: {
    readonly source: string | null;
    readonly medium: string | null;
    readonly campaign: string | null;
    readonly referrer: string | null;
  } | null;
  readonly conversions: number;
  readonly revenue: Readonly<Record<string, string>>;
}

export interface AttributionAnswer {
  readonly project: string;
  readonly kpi: string;
  readonly version: number;
  readonly timezone: string;
  readonly tzdata: string;
  readonly interval: "day" | "week" | "month";
  readonly from: string;
  readonly to: string;
  readonly asOf: string;
  readonly complete: boolean;
  readonly incompleteFrom: string | null;
  readonly firstTouch: readonly Credit[];
  readonly lastTouch: readonly Credit[];
}

export interface CampaignMoney {
  /** Exact, six digits. */
  readonly cost: string;
  /** Exact, six digits. */
  readonly revenue: string;
  readonly cpc: string | null;
  readonly cpa: string | null;
  readonly cac: string | null;
  readonly roas: string | null;
}

export interface CampaignRow {
  readonly campaign: string | null;
  readonly impressions: number;
  readonly clicks: number;
  readonly ctr: number | null;
  readonly orders: number;
  readonly newPayingUsers: number;
  readonly byCurrency: Readonly<Record<string, CampaignMoney>>;
}

export interface CampaignAnswer {
  readonly project: string;
  readonly kpi: string;
  readonly version: number;
  readonly timezone: string;
  readonly tzdata: string;
  readonly interval: "day" | "week" | "month";
  readonly from: string;
  readonly to: string;
  readonly asOf: string;
  readonly complete: boolean;
  readonly incompleteFrom: string | null;
  readonly campaigns: readonly CampaignRow[];
}

export interface CohortValue {
  readonly start: string;
  readonly users: number;
  readonly revenue: Readonly<
    Record<
      string,
      readonly {
        /** Exact, six digits. */
        readonly total: string;
        /** Exact, six digits. */
        readonly perUser: string;
      }[]
    >
  >;
}

export interface LifetimeValueAnswer {
  readonly project: string;
  readonly kpi: string;
  readonly version: number;
  readonly timezone: string;
  readonly tzdata: string;
  readonly interval: "day" | "week" | "month";
  readonly from: string;
  readonly to: string;
  readonly asOf: string;
  readonly complete: boolean;
  readonly incompleteFrom: string | null;
  readonly cohorts: readonly CohortValue[];
}

export interface CatalogueProperty {
  readonly name: string;
  readonly kinds: readonly ("text" | "number" | "boolean" | "object" | "list" | "null")[];
  readonly seen: number;
  readonly samples?: readonly string[];
}

export interface CatalogueEvent {
  readonly type: string;
  readonly event: string | null;
  readonly count: number;
  readonly bots: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** Rows whose properties were looked at, at most 200. */
  readonly examined: number;
  readonly properties: readonly CatalogueProperty[];
}

export interface EventCatalogue {
  readonly project: string;
  readonly from: string;
  readonly to: string;
  readonly events: readonly CatalogueEvent[];
  readonly total: number;
  readonly cursor: string | null;
  readonly scanned: ScanCost;
}

export interface TimelineEntry {
  readonly time: string;
  readonly messageId: string;
  readonly type: string;
  readonly isBot: boolean;
  readonly source: string;
  readonly event: string | null;
  readonly name: string | null;
  readonly userId: string | null;
  readonly anonymousId: string | null;
  readonly sessionId: string | null;
  readonly pageUrl: string | null;
  readonly revenue: string | null;
  readonly currency: string | null;
  readonly properties: Readonly<Record<string, unknown>> | null;
}

export interface UserProfile {
  readonly events: number;
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  readonly names: Readonly<Record<string, number>>;
  readonly revenue: Readonly<Record<string, string>>;
  readonly traits: Readonly<Record<string, unknown>>;
  readonly latest: Readonly<Record<string, string | null>> | null;
}

export interface UserAnswer {
  readonly project: string;
  readonly user: string;
  readonly ids: readonly string[];
  readonly anonymousIds: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly linksAsOf: string;
  readonly profile: UserProfile;
  readonly timeline: readonly TimelineEntry[];
  readonly cursor: string | null;
  readonly scanned: ScanCost;
}

export interface LedgerCounts {
  readonly received: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly inFlight: number;
  readonly suspectedLost: number | null;
  readonly missingMessages: number;
}

export interface LedgerRow {
  readonly source: string;
  readonly hour: string;
  readonly received: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly inFlight: number;
  readonly suspectedLost: number | null;
  readonly missingMessages: number;
}

export interface Ledger {
  readonly project: string;
  readonly from: string;
  readonly to: string;
  readonly asOf: string;
  readonly rows: readonly LedgerRow[];
  readonly totals: LedgerCounts;
  readonly unpublished: number;
}

export interface Receipt {
  readonly messageId: string;
  readonly status: "stored" | "pending" | "duplicate" | "rejected" | "unknown";
  readonly [name: string]: unknown;
}

export interface LiveCount {
  readonly name: string;
  readonly events: number;
}

export interface LiveMinute {
  readonly start: string;
  readonly events: number;
  readonly activeUsers: number;
}

export interface LiveAnswer {
  readonly project: string;
  readonly asOf: string;
  readonly from: string;
  readonly complete: boolean;
  readonly events: number;
  readonly activeUsers: number;
  readonly minutes: readonly LiveMinute[];
  readonly bySource: readonly LiveCount[];
  readonly byName: readonly LiveCount[];
}

/** Columns of the lake: of events, or of rejected events with their reason. */
export interface LiveEvent {
  readonly outcome: "stored" | "rejected";
  readonly [name: string]: unknown;
}

export interface LiveEvents {
  readonly project: string;
  readonly asOf: string;
  readonly events: readonly LiveEvent[];
  readonly leftOut: number;
  readonly cursor: string;
}

export interface Health {
  readonly ok: true;
}

export type Document = Readonly<Record<string, unknown>>;

/** RFC 9457; parameter names what is wrong, detail says what it may be. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly parameter?: string;
}

/** Parameters of {@link QueryApi.getKpis}. */
export interface GetKpisParameters {
  /** Comma-separated names out of events, page_views, dau, revenue, orders, aov, impressions, clicks, ctr, active_users, wau, mau, stickiness, new_users, returning_users, resurrected_users, churned_users, churn_rate, arpu, arppu, cost, cpc, cpa, cac, roas. */
  readonly metrics: string;
  /** First local day, inclusive. */
  readonly from: string;
  /** Last local day, exclusive; at most 400 days after from, 31 by hour. */
  readonly to: string;
  /** Length of a bucket; from and to begin weeks and months. */
  readonly interval?: "hour" | "day" | "week" | "month";
  /** IANA name of the zone whose days the buckets are; the project's when absent. */
  readonly timezone?: string;
  /** event, or a dimension that the project declares. */
  readonly breakdown?: string;
  /** The period before, or the same day a week before. */
  readonly compare?: "previous" | "week";
  /** What cpa counts, event:NAME; event:Order Completed when absent. */
  readonly conversion?: string;
  /** Whether bots count as users. */
  readonly bots?: "exclude" | "include";
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
}

/** Parameters of {@link QueryApi.uploadCosts}. */
export interface UploadCostsParameters {
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
}

/** Parameters of {@link QueryApi.listCosts}. */
export interface ListCostsParameters {
  /** First day, inclusive. */
  readonly from: string;
  /** Last day, exclusive; at most 400 days after from. */
  readonly to: string;
  /** Where the page begins: the cursor of the page before. */
  readonly cursor?: string;
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
}

/** Parameters of {@link QueryApi.getSessions}. */
export interface GetSessionsParameters {
  /** First local day, inclusive. */
  readonly from: string;
  /** Last local day, exclusive; at most 400 days after from. */
  readonly to: string;
  /** Length of a period; from and to must begin one. */
  readonly interval?: "day" | "week" | "month";
  /** IANA zone; the project's when absent. */
  readonly timezone?: string;
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
}

/** Parameters of {@link QueryApi.getFunnels}. */
export interface GetFunnelsParameters {
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
}

/** Parameters of {@link QueryApi.getFunnel}. */
export interface GetFunnelParameters {
  /** Name of the funnel. */
  readonly funnel: string;
  /** First local day, inclusive. */
  readonly from: string;
  /** Last local day, exclusive; at most 400 days after from. */
  readonly to: string;
  /** Length of a period; from and to must begin one. */
  readonly interval?: "day" | "week" | "month";
  /** IANA zone; the project's when absent. */
  readonly timezone?: string;
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
}

/** Parameters of {@link QueryApi.getRetention}. */
export interface GetRetentionParameters {
  /** First local day, inclusive. */
  readonly from: string;
  /** Last local day, exclusive; at most 400 days after from. */
  readonly to: string;
  /** Length of a period; from and to must begin one. */
  readonly interval?: "day" | "week";
  /** IANA zone; the project's when absent. */
  readonly timezone?: string;
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
  /** In period n, in n or later, or within ranges. */
  readonly mode?: "exact" | "unbounded" | "bounded";
  /** Periods told, for exact and unbounded. */
  readonly periods?: number;
  /** Ranges of periods for bounded, such as 1-7,8-14. */
  readonly ranges?: string;
  /** First of these instead of the first activity: event:NAME, page:PATH or screen:NAME. */
  readonly cohort?: string;
  /** One of these instead of any activity: event:NAME, page:PATH or screen:NAME. */
  readonly return?: string;
}

/** Parameters of {@link QueryApi.getPaths}. */
export interface GetPathsParameters {
  /** First local day, inclusive. */
  readonly from: string;
  /** Last local day, exclusive; at most 400 days after from. */
  readonly to: string;
  /** Length of a period; from and to must begin one. */
  readonly interval?: "day";
  /** IANA zone; the project's when absent. */
  readonly timezone?: string;
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
  /** Pages and screens, or all events by name. */
  readonly by?: "page" | "event";
  /** Only what followed this. */
  readonly after?: string;
  /** Only what preceded this. */
  readonly before?: string;
  /** Transitions listed. */
  readonly limit?: number;
}

/** Parameters of {@link QueryApi.getExperiment}. */
export interface GetExperimentParameters {
  /** experiment_id of its exposures. */
  readonly experiment: string;
  /** First local day, inclusive. */
  readonly from: string;
  /** Last local day, exclusive; at most 400 days after from. */
  readonly to: string;
  /** Length of a period; from and to must begin one. */
  readonly interval?: "day";
  /** IANA zone; the project's when absent. */
  readonly timezone?: string;
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
  /** What counts as converted: event:NAME, page:PATH or screen:NAME. */
  readonly conversion?: string;
  /** variation_id of the control; the first by name when absent. */
  readonly control?: string;
}

/** Parameters of {@link QueryApi.getAttribution}. */
export interface GetAttributionParameters {
  /** First local day, inclusive. */
  readonly from: string;
  /** Last local day, exclusive; at most 400 days after from. */
  readonly to: string;
  /** Length of a period; from and to must begin one. */
  readonly interval?: "day";
  /** IANA zone; the project's when absent. */
  readonly timezone?: string;
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
  /** What counts as converted: event:NAME, page:PATH or screen:NAME. */
  readonly conversion?: string;
}

/** Parameters of {@link QueryApi.getCampaigns}. */
export interface GetCampaignsParameters {
  /** First local day, inclusive. */
  readonly from: string;
  /** Last local day, exclusive; at most 400 days after from. */
  readonly to: string;
  /** Length of a period; from and to must begin one. */
  readonly interval?: "day";
  /** IANA zone; the project's when absent. */
  readonly timezone?: string;
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
}

/** Parameters of {@link QueryApi.getLifetimeValue}. */
export interface GetLifetimeValueParameters {
  /** First local day, inclusive. */
  readonly from: string;
  /** Last local day, exclusive; at most 400 days after from. */
  readonly to: string;
  /** Length of a period; from and to must begin one. */
  readonly interval?: "day" | "week" | "month";
  /** IANA zone; the project's when absent. */
  readonly timezone?: string;
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
  /** Days since the first one that are told. */
  readonly days?: number;
}

/** Parameters of {@link QueryApi.listDeclaredKpis}. */
export interface ListDeclaredKpisParameters {
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
}

/** Parameters of {@link QueryApi.getDeclaredKpi}. */
export interface GetDeclaredKpiParameters {
  /** Name of a declared KPI. */
  readonly kpi: string;
  /** First local day, inclusive. */
  readonly from: string;
  /** Last local day, exclusive; at most 400 days after from. */
  readonly to: string;
  /** Length of a bucket. */
  readonly interval?: "day" | "week" | "month";
  /** IANA zone; the project's when absent. */
  readonly timezone?: string;
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
}

/** Parameters of {@link QueryApi.query}. */
export interface QueryParameters {
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
}

/** Parameters of {@link QueryApi.getEvents}. */
export interface GetEventsParameters {
  /** First hour, inclusive: a day YYYY-MM-DD or a full hour YYYY-MM-DDTHH:00Z, UTC. The last 7 days when absent; at most 92. */
  readonly from?: string;
  /** Last hour, exclusive: a day YYYY-MM-DD or a full hour YYYY-MM-DDTHH:00Z, UTC. */
  readonly to?: string;
  /** Only the track event of this name. */
  readonly event?: string;
  /** Entries of a page. */
  readonly limit?: number;
  /** Where the page begins: the cursor of the page before. */
  readonly cursor?: string;
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
}

/** Parameters of {@link QueryApi.getUser}. */
export interface GetUserParameters {
  /** A user id or an anonymous id. */
  readonly id: string;
  /** First hour, inclusive: a day YYYY-MM-DD or a full hour YYYY-MM-DDTHH:00Z, UTC. The last 30 days when absent; at most 400. */
  readonly from?: string;
  /** Last hour, exclusive: a day YYYY-MM-DD or a full hour YYYY-MM-DDTHH:00Z, UTC. */
  readonly to?: string;
  /** Entries of a page. */
  readonly limit?: number;
  /** Where the page begins: the cursor of the page before. */
  readonly cursor?: string;
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
}

/** Parameters of {@link QueryApi.getExport}. */
export interface GetExportParameters {
  /** First hour, inclusive: a day YYYY-MM-DD or a full hour YYYY-MM-DDTHH:00Z, UTC. At most 400 days. */
  readonly from: string;
  /** Last hour, exclusive: a day YYYY-MM-DD or a full hour YYYY-MM-DDTHH:00Z, UTC. */
  readonly to: string;
  /** What to export. */
  readonly dataset?: "events" | "rejected";
  /** CSV puts an apostrophe before texts that could be formulas. */
  readonly format?: "ndjson" | "csv" | "parquet";
  /** Comma-separated columns, for ndjson and csv; all when absent. */
  readonly columns?: string;
  /** Where the page begins: the cursor of the page before. */
  readonly cursor?: string;
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
}

/** Parameters of {@link QueryApi.getLedger}. */
export interface GetLedgerParameters {
  /** First hour, inclusive: a day YYYY-MM-DD or a full hour YYYY-MM-DDTHH:00Z, UTC. At most 31 days. */
  readonly from: string;
  /** Last hour, exclusive: a day YYYY-MM-DD or a full hour YYYY-MM-DDTHH:00Z, UTC. */
  readonly to: string;
  /** Only this source. */
  readonly source?: string;
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
}

/** Parameters of {@link QueryApi.getReceipt}. */
export interface GetReceiptParameters {
  /** The event's message id. */
  readonly messageId: string;
  /** The event's time, for ids that do not state their birth. */
  readonly time?: string;
  /** Ask for the copy of this request. */
  readonly receipt?: string;
  /** Ask for the event of this kind of key. */
  readonly keyKind?: "public" | "server";
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
}

/** Parameters of {@link QueryApi.getLive}. */
export interface GetLiveParameters {
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
}

/** Parameters of {@link QueryApi.listLiveEvents}. */
export interface ListLiveEventsParameters {
  /** Only this source. */
  readonly source?: string;
  /** Entries of a page. */
  readonly limit?: number;
  /** The cursor of an earlier answer. */
  readonly after?: string;
  /** Must be the token's own project; for callers that want to be sure. */
  readonly project?: string;
}

/** How an operation is called. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly hasBody: boolean;
  readonly isStream: boolean;
}

/** Every operation of the API. */
export const operations = {
  getKpis: { method: "GET", path: "/v1/kpis", hasBody: false, isStream: false },
  uploadCosts: { method: "POST", path: "/v1/costs", hasBody: true, isStream: false },
  listCosts: { method: "GET", path: "/v1/costs", hasBody: false, isStream: false },
  getSessions: { method: "GET", path: "/v1/sessions", hasBody: false, isStream: false },
  getFunnels: { method: "GET", path: "/v1/funnels", hasBody: false, isStream: false },
  getFunnel: { method: "GET", path: "/v1/funnels/{funnel}", hasBody: false, isStream: false },
  getRetention: { method: "GET", path: "/v1/retention", hasBody: false, isStream: false },
  getPaths: { method: "GET", path: "/v1/paths", hasBody: false, isStream: false },
  getExperiment: { method: "GET", path: "/v1/experiments/{experiment}", hasBody: false, isStream: false },
  getAttribution: { method: "GET", path: "/v1/attribution", hasBody: false, isStream: false },
  getCampaigns: { method: "GET", path: "/v1/campaigns", hasBody: false, isStream: false },
  getLifetimeValue: { method: "GET", path: "/v1/ltv", hasBody: false, isStream: false },
  listDeclaredKpis: { method: "GET", path: "/v1/declared", hasBody: false, isStream: false },
  getDeclaredKpi: { method: "GET", path: "/v1/declared/{kpi}", hasBody: false, isStream: false },
  query: { method: "POST", path: "/v1/query", hasBody: true, isStream: false },
  getEvents: { method: "GET", path: "/v1/events", hasBody: false, isStream: false },
  getUser: { method: "GET", path: "/v1/users/{id}", hasBody: false, isStream: false },
  getExport: { method: "GET", path: "/v1/export", hasBody: false, isStream: true },
  getLedger: { method: "GET", path: "/v1/ledger", hasBody: false, isStream: false },
  getReceipt: { method: "GET", path: "/v1/receipts/{messageId}", hasBody: false, isStream: false },
  getLive: { method: "GET", path: "/v1/live", hasBody: false, isStream: false },
  listLiveEvents: { method: "GET", path: "/v1/live/events", hasBody: false, isStream: false },
  getHealth: { method: "GET", path: "/v1/health", hasBody: false, isStream: false },
  getOpenApi: { method: "GET", path: "/v1/openapi.json", hasBody: false, isStream: false },
} as const satisfies Readonly<Record<string, Operation>>;

/** The API: a method for each operation. */
export interface QueryApi {
  /** KPIs by local hour, day, week or month, from roll-ups and marts. Needs the scope kpis. */
  getKpis(parameters: GetKpisParameters): Promise<KpiAnswer>;
  /** Stores what campaigns cost by local day. A row takes the place of the one of the same day, campaign, source, medium and currency, so that an upload may be repeated. Either all rows are stored or none. Needs the scope costs. */
  uploadCosts(body: CostUpload, parameters?: UploadCostsParameters): Promise<CostsStored>;
  /** Uploaded costs, by day, campaign, source, medium and currency. Needs the scope kpis. */
  listCosts(parameters: ListCostsParameters): Promise<Costs>;
  /** Sessions, their duration, pages and bounces. Needs the scope kpis. */
  getSessions(parameters: GetSessionsParameters): Promise<SessionAnswer>;
  /** The project's declared funnels. Needs the scope kpis. */
  getFunnels(parameters?: GetFunnelsParameters): Promise<FunnelList>;
  /** How users went through a declared funnel. Needs the scope kpis. */
  getFunnel(parameters: GetFunnelParameters): Promise<FunnelAnswer>;
  /** How many users came back, by cohort. Needs the scope kpis. */
  getRetention(parameters: GetRetentionParameters): Promise<RetentionAnswer>;
  /** What followed what within sessions. Needs the scope kpis. */
  getPaths(parameters: GetPathsParameters): Promise<PathAnswer>;
  /** Variants of an experiment, compared. Needs the scope kpis. */
  getExperiment(parameters: GetExperimentParameters): Promise<ExperimentAnswer>;
  /** Conversions by first and last touch. Needs the scope kpis. */
  getAttribution(parameters: GetAttributionParameters): Promise<AttributionAnswer>;
  /** What campaigns showed, cost and brought. Needs the scope kpis. */
  getCampaigns(parameters: GetCampaignsParameters): Promise<CampaignAnswer>;
  /** Revenue of cohorts by days since their first. Needs the scope kpis. */
  getLifetimeValue(parameters: GetLifetimeValueParameters): Promise<LifetimeValueAnswer>;
  /** The KPIs that the project declares. Needs the scope kpis. */
  listDeclaredKpis(parameters?: ListDeclaredKpisParameters): Promise<DeclaredKpis>;
  /** One declared KPI by local day, week or month, from roll-ups and marts where they hold it, else from the lake. Needs the scope kpis. */
  getDeclaredKpi(parameters: GetDeclaredKpiParameters): Promise<DeclaredAnswer>;
  /** An aggregation over the lake, within a budget of files, bytes and time. Needs the scope events. */
  query(body: AdhocQuestion, parameters?: QueryParameters): Promise<AdhocAnswer>;
  /** The events of a range: names, volume, first and last seen, properties with kinds and, with the scope users, samples. Needs the scope events. */
  getEvents(parameters?: GetEventsParameters): Promise<EventCatalogue>;
  /** What is known of one user, and their events, newest first. Follows identity links as far as they are rolled up. Needs the scope users. */
  getUser(parameters: GetUserParameters): Promise<UserAnswer>;
  /** Rows of whole hours, streamed, a page of at most 200 files and 64 MB of Parquet at a time (of one file in the format parquet). The header Sluice-Cursor, and Link with rel=next, lead to the next page; the last one has neither. Needs the scope export. */
  getExport(parameters: GetExportParameters): Promise<Response>;
  /** What came in and what became of it, by source and hour of receipt. Needs the scope kpis. */
  getLedger(parameters: GetLedgerParameters): Promise<Ledger>;
  /** What became of one event. Needs the scope events. */
  getReceipt(parameters: GetReceiptParameters): Promise<Receipt>;
  /** Events and active users of the last 30 minutes, by minute of receipt. Needs the scope kpis. */
  getLive(parameters?: GetLiveParameters): Promise<LiveAnswer>;
  /** The last events and rejects of each source, or those since the cursor of an earlier answer. Needs the scope users. */
  listLiveEvents(parameters?: ListLiveEventsParameters): Promise<LiveEvents>;
  /** Whether the API answers. */
  getHealth(): Promise<Health>;
  /** This document. */
  getOpenApi(): Promise<Document>;
}
