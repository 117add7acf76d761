import type { CounterReport, HistogramName } from "./counters.ts";
import type { HistogramReport } from "./histogram.ts";
import type { Verdicts } from "./verdict-tally.ts";

/** Media type of the text below. */
export const prometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

/**
 * An isolate's report in Prometheus' text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). Every series
 * carries the isolate, since one scrape reaches one of many.
 */
export function prometheusText(report: CounterReport, isolateId: string): string {
  const isolate: Labels = [["isolate", isolateId]];
  const total = (name: string, help: string, value: number): string =>
    metric(`${name}_total`, "counter", help, [sample(`${name}_total`, isolate, value)]);
  const byLabel = (name: string, help: string, label: string, counts: Readonly<Record<string, number>>): string =>
    metric(
      `${name}_total`,
      "counter",
      help,
      Object.entries(counts).map(([value, count]) => sample(`${name}_total`, [...isolate, [label, value]], count)),
    );
  return [
    total("sluice_messages_sent", "Messages that the queue took.", report.messagesSent),
    total("sluice_messages_spilled", "Messages that went to R2 instead.", report.messagesSpilled),
    total("sluice_messages_replayed", "Spilled messages brought to the queue.", report.messagesReplayed),
    total("sluice_sends_failed", "Tries to send that failed or took too long.", report.sendsFailed),
    total("sluice_requests_accepted", "Ingest requests answered with 200.", report.requestsAccepted),
    byLabel("sluice_requests_refused", "Requests refused as a whole.", "code", report.requestsRefused),
    total("sluice_events_accepted", "Events accepted.", report.eventsAccepted),
    byLabel("sluice_events_rejected", "Events rejected.", "reason", report.eventsRejected),
    verdicts("sluice_source_events", "Events by source.", "source", report.eventsBySource, isolate),
    verdicts("sluice_library_events", "Events by sending library.", "library", report.eventsByLibrary, isolate),
    total("sluice_client_metrics", "Calls of /v1/m.", report.clientMetrics),
    total("sluice_key_alarms", "Write keys that passed the alarm.", report.keyAlarms),
    total("sluice_brake_failures", "Unanswered questions to the brake.", report.brakeFailures),
    metric("sluice_requests_in_flight", "gauge", "Requests not answered yet.", [
      sample("sluice_requests_in_flight", isolate, report.requestsInFlight),
    ]),
    ...histogramNames.map(([key, name, help]) => histogram(name, help, report.histograms[key], isolate)),
  ].join("");
}

const histogramNames: readonly (readonly [HistogramName, name: string, help: string])[] = [
  ["requestBytes", "sluice_request_bytes", "Bytes over the wire of accepted requests."],
  ["bodyBytes", "sluice_body_bytes", "Bytes of JSON of accepted requests."],
  ["batchEvents", "sluice_batch_events", "Events per accepted request."],
  ["sendMs", "sluice_send_milliseconds", "Time until the queue took a message."],
  ["requestMs", "sluice_request_milliseconds", "Time until a request was answered."],
];

type Labels = readonly (readonly [name: string, value: string])[];

function metric(
  name: string,
  type: "counter" | "gauge" | "histogram",
  help: string,
  samples: readonly string[],
): string {
  return [`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`, ...samples].join("");
}

function verdicts(
  name: string,
  help: string,
  label: string,
  tallies: Readonly<Record<string, Verdicts>>,
  isolate: Labels,
): string {
  const samples = Object.entries(tallies).flatMap(([value, { accepted, rejected }]) => [
    sample(`${name}_total`, [...isolate, [label, value], ["verdict", "accepted"]], accepted),
    sample(`${name}_total`, [...isolate, [label, value], ["verdict", "rejected"]], rejected),
  ]);
  return metric(`${name}_total`, "counter", help, samples);
}

/** Buckets are cumulated here, as the format wants them. */
function histogram(name: string, help: string, report: HistogramReport, isolate: Labels): string {
  let cumulated = 0;
  const buckets = report.counts.map((count, i) => {
    cumulated += count;
    return sample(`${name}_bucket`, [...isolate, ["le", String(report.bounds[i] ?? "+Inf")]], cumulated);
  });
  const sums = [sample(`${name}_sum`, isolate, report.sum), sample(`${name}_count`, isolate, report.count)];
  return metric(name, "histogram", help, [...buckets, ...sums]);
}

function sample(name: string, labels: Labels, value: number): string {
  const text = labels.map(([label, labelValue]) => `${label}="${escaped(labelValue)}"`).join(",");
  return `${name}{${text}} ${value}\n`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
