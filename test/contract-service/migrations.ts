import {
  createMigration,
  type FlagClient,
  LDConcurrentExecution,
  LDExecutionOrdering,
  type LDMethodResult,
  LDMigrationError,
  type LDMigrationOptions,
  type LDMigrationStage,
  LDMigrationSuccess,
  LDSerialExecution,
} from '../../src/index.ts'
import type { MigrationOperationParams, MigrationVariationParams } from './command-request.ts'

/** Returns the stage of a flag. */
export async function migrationVariation(
  client: FlagClient,
  { key, context, defaultStage }: MigrationVariationParams,
): Promise<object> {
  // The suite also sends a default that is not a stage.
  const { value } = await client.migrationVariation(key, context, defaultStage as LDMigrationStage)
  return { result: value }
}

/** Reads or writes. The origins are endpoints of the suite, which receive the payload. */
export async function migrationOperation(
  client: FlagClient,
  params: MigrationOperationParams,
): Promise<object> {
  const { operation, key, context, defaultStage, payload } = params
  const migration = createMigration(client, optionsOf(params))
  if (operation === 'read') {
    const read = await migration.read(key, context, defaultStage as LDMigrationStage, payload)
    return { result: textOf(read) }
  }
  const { authoritative } = await migration.write(key, context, defaultStage as LDMigrationStage, payload)
  return { result: textOf(authoritative) }
}

type Options = LDMigrationOptions<string, string, string, string>

function optionsOf(params: MigrationOperationParams): Options {
  const { oldEndpoint, newEndpoint, trackLatency, trackErrors, trackConsistency } = params
  const useOld: Options['readOld'] = (payload) => post(oldEndpoint, payload)
  const useNew: Options['readNew'] = (payload) => post(newEndpoint, payload)
  return {
    readOld: useOld,
    readNew: useNew,
    writeOld: useOld,
    writeNew: useNew,
    execution: executionOf(params.readExecutionOrder),
    latencyTracking: trackLatency,
    errorTracking: trackErrors,
    ...(trackConsistency && { check: (fromOld: string, fromNew: string) => fromOld === fromNew }),
  }
}

function executionOf(
  order: MigrationOperationParams['readExecutionOrder'],
): NonNullable<Options['execution']> {
  switch (order) {
    case 'serial':
      return new LDSerialExecution(LDExecutionOrdering.Fixed)
    case 'random':
      return new LDSerialExecution(LDExecutionOrdering.Random)
    case 'concurrent':
      return new LDConcurrentExecution()
    default:
      return order satisfies never
  }
}

async function post(endpoint: string, payload: string | undefined): Promise<LDMethodResult<string>> {
  const response = await fetch(endpoint, { method: 'POST', body: payload ?? null })
  const text = await response.text()
  return response.status === 200 ? LDMigrationSuccess(text) : LDMigrationError(new Error(text))
}

function textOf(result: LDMethodResult<string>): string {
  return result.success ? result.result : (result.error as Error).message
}
