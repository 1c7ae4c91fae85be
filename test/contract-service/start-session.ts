import { createClient, type FlagClient, type Logger } from '../../src/index.ts'
import { clientOptions } from './client-options.ts'
import type { Configuration, CreateRequest } from './create-request.ts'
import { taggedLogger, type Write } from './log.ts'
import { Outbox } from './outbox.ts'
import { ServiceError } from './service-error.ts'
import { Session } from './session.ts'
import { startWaitMs } from './start-wait.ts'

/** Text of the only failure after which the suite keeps its client. */
const CERTIFICATE_FAILURE = /(^|: )the certificate is not trusted: /

/** Creates a client and waits until it is ready, or until the time-out. */
export async function startSession({ tag, configuration }: CreateRequest, write: Write): Promise<Session> {
  const logger = taggedLogger(tag ?? 'unnamed', write)
  const outbox = new Outbox(logger)
  const client = makeClient(configuration, outbox, logger)
  const failures = failuresOf(client)
  const timeoutMs = startWaitMs(configuration.startWaitTimeMs)
  const { initialized } = await client.waitForInitialization({ timeoutMs })
  if (!initialized && !configuration.initCanFail && !onlyCertificates(failures)) {
    await client.close()
    throw new ServiceError(500, `the client is not initialized: ${[...failures].join('; ') || 'too late'}`)
  }
  return new Session(client, outbox)
}

function makeClient(configuration: Configuration, outbox: Outbox, logger: Logger): FlagClient {
  try {
    return createClient(configuration.credential, clientOptions(configuration, outbox, logger))
  } catch (error) {
    if (error instanceof ServiceError) throw error
    throw new ServiceError(500, `there is no client: ${String(error)}`)
  }
}

/** Errors so far; the list grows. */
function failuresOf(client: FlagClient): ReadonlySet<string> {
  const failures = new Set<string>()
  client.on('status', ({ lastError }) => {
    if (lastError) failures.add(lastError.message)
  })
  return failures
}

function onlyCertificates(failures: ReadonlySet<string>): boolean {
  return failures.size > 0 && [...failures].every((failure) => CERTIFICATE_FAILURE.test(failure))
}
