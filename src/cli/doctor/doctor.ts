import { systemClock } from '../../async/clock.ts'
import { VERSION } from '../../config/request-headers.ts'
import { printable } from '../../model/text.ts'
import { parseArguments, UsageError } from '../arguments.ts'
import { type CommandContext, printResult } from '../command.ts'
import { HELP_ROW, helpText } from '../help.ts'
import { styleOf } from '../style.ts'
import { Checkup, type Finding, ok } from './checks.ts'
import { OPTIONS, planOfCommandLine, readTimeout, TIMEOUT, type Values } from './plan.ts'
import { type ConfigPlan, configOption, planOfConfig } from './plan-of-config.ts'
import { countOf, describeResults, describeTotals, resultsAsJson } from './print.ts'
import { runPlan } from './run-plan.ts'

const USAGE = helpText({
  usage: 'doctor [options]',
  about: [
    'Checks from this machine what an application or a relay needs: the way to the service (proxy, DNS, TCP, TLS, clock), the SDK key, the protocol, the stream, events, and the database. Prints a line for each check, and a remedy below each that is not ok. Sends no data, and writes nothing.',
  ],
  sections: [
    {
      title: 'Options',
      rows: [
        ['--sdk-key KEY', 'SDK key; better in a variable, because other users can see a command line'],
        ['--url URL', 'base URL of a relay or another service, for everything'],
        ['--streaming URL', "base URL of streams (default: that of polling, or LaunchDarkly's)"],
        ['--polling URL', "base URL of polling (default: that of streams, or LaunchDarkly's)"],
        ['--events URL', 'base URL of events (default: none for another service)'],
        ['--store STORE', 'database or snapshot, in the forms that halyard inspect --help lists'],
        ['--prefix PREFIX', 'prefix of the rows in the database'],
        ['--config FILE', 'configuration of a relay; checks its environments and their databases'],
        [
          '--allow-missing-file',
          'checks the default configuration of a relay, /ldr/ld-relay.conf and variables',
        ],
        ['--from-env', 'checks the configuration of a relay in environment variables only'],
        ['--proxy URL', 'URL of a proxy, or none (default: that of the variables)'],
        ['--ca FILE', 'certificate authority in PEM, instead of those of Node.js'],
        ['--timeout TIME', `time limit of each check (default ${TIMEOUT})`],
        ['--json', 'print one JSON document'],
        HELP_ROW,
      ],
    },
    {
      title: 'Environment variables',
      rows: [
        ['LAUNCHDARKLY_SDK_KEY', 'SDK key; LD_SDK_KEY if it is not set'],
        ['HALYARD_DATA_SAVING_MODE', 'protocol of the clients: on for FDv2, off for FDv1 (default: either)'],
        ['HTTPS_PROXY', 'proxy; also HTTP_PROXY and NO_PROXY'],
        ['NODE_EXTRA_CA_CERTS', 'certificate authorities to trust in addition to those of Node.js'],
      ],
    },
  ],
  examples: [
    'halyard doctor --url https://relay.internal:8030',
    'halyard doctor --config ld-relay.conf --json',
  ],
  exitCodes: [
    ['0', 'no check failed; there may be warnings'],
    ['1', 'a check failed'],
    ['2', 'the command line is wrong'],
  ],
  page: 'docs/doctor.md',
})

/** Checks services and databases from this machine. Resolves with the exit code. */
export async function doctor(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, OPTIONS)
  if (values.help) return printResult(USAGE, context)
  if (positionals.length > 0)
    throw new UsageError('doctor takes no arguments; use --url for a service, and --store for a database')
  const timeoutMs = readTimeout(values)
  const { findings, plan } = await planFor(values, context)
  const { stdout, signal } = context
  const style = styleOf(context)
  let subject: string | undefined
  const checkup = new Checkup({
    clock: systemClock,
    timeoutMs,
    signal,
    onResults(results) {
      const [first] = results
      if (values.json || !first) return
      if (first.subject !== subject) stdout(`\n${style.bold(printable(first.subject ?? ''))}`)
      ;({ subject } = first)
      stdout(describeResults(results, style))
    },
  })
  checkup.add('runtime', runtimeFinding(process.versions))
  for (const finding of findings) checkup.add('config', finding)
  if (plan) await runPlan(plan, checkup, context.env)
  const { results } = checkup
  stdout(values.json ? resultsAsJson(results) : `\n${describeTotals(results)}`)
  return countOf(results, 'failed') > 0 ? 1 : 0
}

async function planFor(values: Values, context: CommandContext): Promise<ConfigPlan> {
  return configOption(values) === undefined
    ? { findings: [], plan: planOfCommandLine(values, context) }
    : planOfConfig(values, context)
}

function runtimeFinding({ node, bun, deno }: Readonly<Record<string, string | undefined>>): Finding {
  const name = bun === undefined ? (deno === undefined ? `Node.js ${node}` : `Deno ${deno}`) : `Bun ${bun}`
  const system = `${process.platform} ${process.arch}`
  return ok(`Halyard ${VERSION} on ${name}, ${system}`, { halyard: VERSION, runtime: name, system })
}
