/*
 * The catalogue of behavioural KPIs: version and definition of each. The SQL that recounts them is in oracle-sql.ts. A
 * version is raised when the definition changes, so that old and new numbers are never compared by mistake.
 */

/** A behavioural KPI. */
export interface BehaviourKpi {
  readonly version: number;
  /** The definition in a sentence or two. */
  readonly formula: string;
}

/** Every behavioural KPI by the name of its endpoint. */
export const behaviourKpis = {
  sessions: {
    version: 1,
    formula:
      "Sessions by the period of their start: steps of one device with a public key, ended by a pause of more than 30 minutes or " +
      "another session id, of at most 24 hours. Bounce: one page or screen event and nothing else. Duration: from first to last " +
      "event. Time on page: to the next page or screen event of the session, last ones left out.",
  },
  funnels: {
    version: 1,
    formula:
      "Users by entry period, each once, by its first event of step one in it; every further step is the earliest of its name " +
      "behind the previous one in the total order (time, message id), at most the window after step one. Times by quantile_disc.",
  },
  retention: {
    version: 1,
    formula:
      "Users by the period of their first active day (or first cohort event) in the project's whole history, and how many of them " +
      "were active (or did the return event) in period n exactly, in n or later, or within a range of periods.",
  },
  paths: {
    version: 1,
    formula:
      "Transitions between neighbouring pages, or events by name, within the sessions that began in the range; a node that " +
      "repeats itself counts once; null stands for the session's begin and end.",
  },
  experiments: {
    version: 1,
    formula:
      "Users by the variant of their first Experiment Viewed in the range, those with several variants excluded and counted; " +
      "converted if they did the conversion after it. 95 % Newcombe interval (method 10) of the difference of rates, pooled " +
      "two-sided z-test, chi-square test of equal shares.",
  },
  attribution: {
    version: 1,
    formula:
      "Conversions of the range, credited to the first and to the last touch of their user at most 30 days before; a touch is the " +
      "start of a session with a campaign or the referrer of another host, so the last touch is the last one that was not direct.",
  },
  campaigns: {
    version: 1,
    formula:
      "Impressions, clicks and stated costs by the property campaign, else name, else the campaign of the event; uploaded costs by their campaign; " +
      "orders, their revenue and users whose first order ever it is, by the campaign of the last touch in the 30 days before, if that " +
      "began with a campaign. Flagged bots count for nothing.",
  },
  ltv: {
    version: 1,
    formula:
      "Revenue of Order Completed less Order Refunded, cumulated by days since each user's first active day in the project's whole " +
      "history, per currency and per cohort user, quotients rounded half to even at the sixth digit.",
  },
} as const satisfies Record<string, BehaviourKpi>;

/** Name of a behavioural KPI. */
export type BehaviourKpiName = keyof typeof behaviourKpis;
