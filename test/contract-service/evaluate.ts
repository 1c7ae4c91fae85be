import type { Context, Detail, FlagClient } from '../../src/index.ts'
import type { EvaluateAllParams, EvaluateParams } from './command-request.ts'
import { subjectOf } from './subject.ts'

/** Evaluates a flag by the method for its type; with `detail`, the result has the reason. */
export async function evaluate(client: FlagClient, params: EvaluateParams): Promise<object> {
  const context = subjectOf(params)
  return params.detail ? inDetail(client, context, params) : { value: await plainly(client, context, params) }
}

/** Returns the state of all flags. */
export async function evaluateAll(client: FlagClient, params: EvaluateAllParams): Promise<object> {
  const { withReasons, clientSideOnly, detailsOnlyForTrackedFlags } = params
  const options = { withReasons, clientSideOnly, detailsOnlyForTrackedFlags }
  const state = await client.allFlagsState(subjectOf(params), options)
  return { state: state.toJSON() }
}

function plainly(client: FlagClient, context: Context, params: EvaluateParams): Promise<unknown> {
  const { flagKey } = params
  switch (params.valueType) {
    case 'bool':
      return client.boolVariation(flagKey, context, params.defaultValue)
    case 'int':
    case 'double':
      return client.numberVariation(flagKey, context, params.defaultValue)
    case 'string':
      return client.stringVariation(flagKey, context, params.defaultValue)
    case 'any':
      return client.variation(flagKey, context, params.defaultValue)
    default:
      return params satisfies never
  }
}

function inDetail(client: FlagClient, context: Context, params: EvaluateParams): Promise<Detail> {
  const { flagKey } = params
  switch (params.valueType) {
    case 'bool':
      return client.boolVariationDetail(flagKey, context, params.defaultValue)
    case 'int':
    case 'double':
      return client.numberVariationDetail(flagKey, context, params.defaultValue)
    case 'string':
      return client.stringVariationDetail(flagKey, context, params.defaultValue)
    case 'any':
      return client.variationDetail(flagKey, context, params.defaultValue)
    default:
      return params satisfies never
  }
}
