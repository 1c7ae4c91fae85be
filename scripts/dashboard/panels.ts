import { BAD_IF_ANY, BAD_IF_OLD, graph, NEUTRAL, type PanelRow, RELAY, SELECTED, stat } from './panel.ts'

/** The panels of the dashboard. Queries without data in a relay that lacks a feature, such as a database, stay empty. */
export const ROWS: readonly PanelRow[] = [
  {
    title: 'Now',
    height: 5,
    panels: [
      stat('Relays', 'Relays that Prometheus reaches.', `count(halyard_relay_build_info{${RELAY}})`, {
        colours: NEUTRAL,
      }),
      stat(
        'Environments without flags',
        'SDKs that start receive 503 from these.',
        `sum(halyard_relay_serving{${SELECTED}, serving="nothing"})`,
        { colours: BAD_IF_ANY },
      ),
      stat(
        'Environments disconnected',
        'SDKs keep the flags that they have and receive no changes.',
        `sum(halyard_relay_environment_status{${SELECTED}, status="disconnected"})`,
        { colours: BAD_IF_ANY },
      ),
      stat(
        'Databases behind',
        'Environments whose database does not answer or lacks changes. SDKs in daemon mode read old flags.',
        `sum((halyard_relay_store_state{${SELECTED}, state="unavailable"} == bool 1) or (halyard_relay_store_stale{${SELECTED}} == bool 1)) or vector(0)`,
        { colours: BAD_IF_ANY },
      ),
      stat(
        'Oldest data',
        'Longest time since the flags of an environment were confirmed.',
        `max(halyard_relay_data_age_seconds{${SELECTED}})`,
        {
          unit: 's',
          colours: BAD_IF_OLD,
        },
      ),
      stat('Streams', 'Open streams of SDKs.', `sum(halyard_relay_clients{${SELECTED}})`, {
        colours: NEUTRAL,
      }),
    ],
  },
  {
    title: 'Data',
    height: 8,
    panels: [
      graph(
        'Age of the data',
        'Time since the data was confirmed by data or a heartbeat. A healthy stream stays below 3 minutes.',
        {
          unit: 's',
          queries: [
            { expr: `halyard_relay_data_age_seconds{${SELECTED}}`, legend: '{{instance}} {{environment}}' },
          ],
        },
      ),
      graph('Time since the last change', 'Relays that differ here for long do not have the same flags.', {
        unit: 's',
        queries: [
          {
            expr: `time() - halyard_relay_data_changed_seconds{${SELECTED}}`,
            legend: '{{instance}} {{environment}}',
          },
        ],
      }),
      graph('Flags and segments', 'Objects of an environment.', {
        unit: 'short',
        queries: [
          {
            expr: `max by (environment, kind) (halyard_relay_objects{${SELECTED}})`,
            legend: '{{environment}} {{kind}}',
          },
        ],
      }),
    ],
  },
  {
    title: 'Clients',
    height: 8,
    panels: [
      graph('Streams by protocol', 'ping: browsers, mobile SDKs and OFREP.', {
        unit: 'short',
        queries: [
          {
            expr: `sum by (environment, protocol) (halyard_relay_clients{${SELECTED}})`,
            legend: '{{environment}} {{protocol}}',
          },
          {
            expr: `sum by (environment) (halyard_relay_pollers{${SELECTED}})`,
            legend: '{{environment}} polling (estimate)',
          },
        ],
      }),
      graph('Streams by SDK', 'Names and versions from the user agent.', {
        unit: 'short',
        queries: [
          {
            expr: `sum by (sdk, sdk_version) (halyard_relay_streams{${SELECTED}})`,
            legend: '{{sdk}} {{sdk_version}}',
          },
        ],
      }),
      graph('Requests', 'Requests of SDKs by status.', {
        unit: 'reqps',
        queries: [
          {
            expr: `sum by (status) (rate(halyard_relay_requests_total{${SELECTED}}[$__rate_interval]))`,
            legend: '{{status}}',
          },
        ],
      }),
      graph(
        'Duration of requests, 99th percentile',
        'From the headers of a request until the answer was passed to the system, by route.',
        {
          unit: 's',
          queries: [
            {
              expr: `histogram_quantile(0.99, sum by (le, route) (rate(halyard_relay_request_duration_seconds_bucket{${RELAY}}[$__rate_interval])))`,
              legend: '{{route}}',
            },
          ],
        },
      ),
    ],
  },
  {
    title: 'Traffic',
    height: 8,
    panels: [
      graph('Answers', 'By type: nothing new, changes, full payload, evaluated flags.', {
        unit: 'reqps',
        queries: [
          {
            expr: `sum by (type) (rate(halyard_relay_answers_total{${SELECTED}}[$__rate_interval]))`,
            legend: '{{type}}',
          },
        ],
      }),
      graph('Bytes', 'Sent after compression, and saved by answers with changes only.', {
        unit: 'Bps',
        queries: [
          {
            expr: `sum(rate(halyard_relay_sent_bytes_total{${SELECTED}}[$__rate_interval]))`,
            legend: 'sent',
          },
          {
            expr: `sum(rate(halyard_relay_saved_bytes_total{${SELECTED}}[$__rate_interval]))`,
            legend: 'saved',
          },
        ],
      }),
      graph('Rejected', 'Requests and connections that the relay refused or closed to protect itself.', {
        unit: 'short',
        queries: [
          {
            expr: `sum(increase(halyard_relay_refused_requests_total{${SELECTED}}[$__rate_interval]))`,
            legend: 'requests for full payloads',
          },
          {
            expr: `sum by (reason) (increase(halyard_relay_closed_connections_total{${RELAY}}[$__rate_interval]))`,
            legend: 'connections: {{reason}}',
          },
          {
            expr: `sum(increase(halyard_relay_stalled_streams_total{${SELECTED}}[$__rate_interval]))`,
            legend: 'streams that did not read',
          },
        ],
      }),
    ],
  },
  {
    title: 'Database',
    height: 8,
    panels: [
      graph('Latency', 'Of the last answer of the database.', {
        unit: 's',
        queries: [
          {
            expr: `halyard_relay_store_latency_seconds{${SELECTED}}`,
            legend: '{{instance}} {{environment}}',
          },
        ],
      }),
      graph(
        'Rows that are missing or unreadable',
        'Rows that the database rejected, or that cannot be parsed.',
        {
          unit: 'short',
          queries: [
            { expr: `halyard_relay_store_refused_rows{${SELECTED}}`, legend: '{{environment}} rejected' },
            {
              expr: `halyard_relay_store_quarantined_rows{${SELECTED}}`,
              legend: '{{environment}} unreadable',
            },
          ],
        },
      ),
      graph('Age of big segments', 'Time since a relay synchronized the members.', {
        unit: 's',
        queries: [
          {
            expr: `time() - halyard_relay_big_segments_synchronized_seconds{${SELECTED}}`,
            legend: '{{environment}}',
          },
        ],
      }),
    ],
  },
  {
    title: 'Events and evaluations',
    height: 8,
    panels: [
      graph('Events', 'Analytics events by result. Dropped and failed ones are lost.', {
        unit: 'cps',
        queries: [
          {
            expr: `sum by (result) (rate(halyard_relay_events_total{${SELECTED}}[$__rate_interval]))`,
            legend: '{{result}}',
          },
        ],
      }),
      graph('Memory of waiting events', 'Payloads that are received, wait or are being sent.', {
        unit: 'bytes',
        queries: [
          {
            expr: `sum by (instance) (halyard_relay_events_queued_bytes{${SELECTED}})`,
            legend: '{{instance}}',
          },
        ],
      }),
      graph(
        'Evaluations',
        'The ten flags that are evaluated most. Only where events are counted, such as in a flag server.',
        {
          unit: 'cps',
          queries: [
            {
              expr: `topk(10, sum by (environment, flag) (rate(halyard_relay_flag_evaluations_total{${SELECTED}}[$__rate_interval])))`,
              legend: '{{environment}} {{flag}}',
            },
          ],
        },
      ),
    ],
  },
]
