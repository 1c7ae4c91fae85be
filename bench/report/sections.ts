/** A part of `docs/benchmarks.md`: prose, plots, and tables by their ids. */
export interface Section {
  readonly heading: string
  readonly text: string
  /** Names of plots, with their descriptions for readers who do not see them. */
  readonly plots?: Readonly<Record<string, string>>
  readonly tables: readonly string[]
}

export const SECTIONS: readonly Section[] = [
  {
    heading: 'From the start of a process to the first value',
    text: `A program imports the package, opens a client with one poll, and evaluates one flag. *wall* is measured by the parent, from \`spawn\` until the value
is printed; *cpu* is the processor time of all threads, and *peak memory* the largest resident memory, both up to the value. *import* is the import alone, as
the program itself measures it. Two programs are floors: they only send one GET for the same bytes and call \`JSON.parse\`, by undici's
\`Agent\` or by \`node:http\`, and have no flags, no checks and no stream. They say what the
transport and the payload cost by themselves; Halyard contains a part of undici. *FDv1 stream* is the protocol that the official SDK uses by default.`,
    plots: {
      'start-time': 'Bars of the elapsed time to the first value, for 100, 1,000 and 10,000 flags',
      'start-cpu': 'Bars of the processor time to the first value, for 100, 1,000 and 10,000 flags',
      'start-memory': 'Bars of the peak memory up to the first value, for 100, 1,000 and 10,000 flags',
    },
    tables: ['start-100', 'start-1000', 'start-10000', 'import'],
  },
  {
    heading: 'Bundle and installation',
    text: `The bundle is made by rolldown for Node.js, minified, of a program that only creates a client. Optional packages of databases are not in it.
The *core* is what the program loads at its start, without undici; chunks *on demand* are loaded when a flag needs them. Halyard contains its dependencies, and its code twice, as modules and as CommonJS, of which a program loads one.`,
    plots: { bundle: 'Bars of the sizes of bundles' },
    tables: ['bundle', 'install'],
  },
  {
    heading: 'Beside other packages for feature flags',
    text: `The import, and a start with 1,000 boolean flags that are on for everyone. Each package speaks its own protocol with a small local service, except flagd's provider,
which reads the same flags from a file, because its service speaks gRPC. So imports, memory and sizes can be compared; the start to the first value compares
different amounts of work: the payloads differ in bytes for each flag, flagd sends no request, GrowthBook and Unleash open no stream, and each evaluates by its own rules.`,
    plots: { import: 'Bars of the time of the import' },
    tables: ['field-import', 'field-start'],
  },
  {
    heading: 'Initialization after loading',
    text: `The same start in a process that has loaded all modules, which is what a part of an application sees that opens a client later.
*turn* is the longest block of the event loop. The floor reads the same bytes with undici and calls \`JSON.parse\`.`,
    tables: ['init'],
  },
  {
    heading: 'Changes from a stream',
    text: `A burst of changes of single flags. *bulk*: many changes in one chunk of network data, for example after a reconnect or behind a proxy that collects; the
official SDK searches each chunk repeatedly. *flushed*: each change arrives alone. The floor parses the stream with eventsource-parser and \`JSON.parse\`.
*Propagation* is the time from a server's write to the changed evaluation, in a listener (*event*), or by evaluating in a loop (*spin*).`,
    tables: ['deltas', 'propagation'],
  },
  {
    heading: 'Evaluation',
    text: `Rates are evaluations per second of processor time of one thread, so that other load has little effect. Both SDKs hold the same data and return the same details. *is* compares the promise
form, which is the one that the official SDK has.`,
    plots: { evaluation: 'Bars of the rates of evaluations relative to the official SDK' },
    tables: ['evaluation', 'flags-state', 'flags-state-pauses', 'events', 'events-latency'],
  },
  {
    heading: 'Stores',
    text: `Redis is a local server, DynamoDB is dynalite, an emulation, so compare the rows of one database only. The official SDK uses its own Redis store.`,
    tables: [
      'redis-changes',
      'redis-full-write',
      'redis-daemon',
      'redis-stampede',
      'redis-push',
      'redis-restart',
      'stores',
    ],
  },
  {
    heading: 'Relay',
    text: `*other* is the other relay that this run was given, with the same variables and the same service; its version is above. Without one, its rows were not measured. The relay starts from the installed
package in the first table, and from its sources in the others. More about load is in [Capacity of the relay](relay-load.md).`,
    plots: { 'relay-start': 'Bars of the time and the memory of a start of the relay' },
    tables: [
      'relay-start',
      'relay-changes-1000',
      'relay-changes-3000',
      'relay-environments',
      'relay-streams',
      'relay-reconnect',
      'relay-stalled',
      'relay-pings',
      'relay-events',
      'evalx',
    ],
  },
]
