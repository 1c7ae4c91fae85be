import type {
  integrations,
  interfaces,
  LDClientContext,
  LDContext,
  LDDataSystemOptions,
  LDEvaluationDetail,
  LDEvaluationReason,
  LDFeatureStore,
  LDFlagSet,
  LDFlagsState,
  LDOptions,
} from '@launchdarkly/node-server-sdk'
import {
  type Client,
  type Context,
  createMigration,
  IsMigrationStage,
  LDConcurrentExecution,
  LDExecution,
  LDExecutionOrdering,
  type LDMethodResult,
  type LDMigration,
  LDMigrationError,
  type LDMigrationEvaluation,
  type LDMigrationMeasurement,
  type LDMigrationOp,
  type LDMigrationOpEvent,
  type LDMigrationOptions,
  type LDMigrationOrigin,
  type LDMigrationReadResult,
  LDMigrationStage,
  LDMigrationSuccess,
  type LDMigrationTracker,
  type LDMigrationVariation,
  type LDMigrationWriteResult,
  LDSerialExecution,
  open,
} from 'sdk'

/** Compiled against the official SDK and against Halyard; only the meaning of `sdk` differs (S146). */

interface AppUser {
  kind: 'user'
  key: string
  email: string
  address?: { street: string; lines: string[] }
}

interface AnyKind {
  kind: string
  key: string
  plan: 'free' | 'paid'
}

class Account {
  readonly kind = 'account'
  readonly key: string
  readonly createdAt: Date

  constructor(key: string, createdAt: Date) {
    this.key = key
    this.createdAt = createdAt
  }

  get isNew(): boolean {
    return this.createdAt.getTime() > 0
  }
}

interface Limits {
  readonly perMinute: number
}

type Listener = (change: { key: string }) => void

export function contexts(fromElsewhere: LDContext, user: AppUser, account: Account, any: AnyKind): Context[] {
  const multi = { kind: 'multi', user: { key: 'u', email: 'ada@example.com' }, org: { key: 'o' } } as const
  const legacy = { key: 'u', email: 'ada@example.com', custom: { groups: ['a', 'b'] } }
  const literal: LDContext = {
    kind: 'user',
    key: 'u',
    name: 'Ada',
    anonymous: false,
    nested: { list: [1, null] },
    _meta: { privateAttributes: ['nested'] },
  }
  return [fromElsewhere, user, account, any, multi, legacy, literal]
}

export async function evaluate(client: Client, user: AppUser, context: LDContext): Promise<unknown[]> {
  const account = new Account('a', new Date())
  const text: string = await client.variation('f', user, 'x')
  const limits: Limits = await client.variation('f', account, { perMinute: 1 })
  const detail = await client.variationDetail('f', context, 'x')
  const fromDetail: string = detail.value
  const index: number | null | undefined = detail.variationIndex
  const kind: string = detail.reason.kind
  const bool: boolean = await client.boolVariation('f', user, false)
  const count: number = await client.numberVariation('f', account, 1)
  const label: string = await client.stringVariation('f', context, 'x')
  const json: unknown = await client.jsonVariation('f', context, { perMinute: 1 })
  const boolDetail: { value: boolean } = await client.boolVariationDetail('f', user, false)
  const countDetail: { value: number } = await client.numberVariationDetail('f', user, 1)
  const labelDetail: { value: string } = await client.stringVariationDetail('f', user, 'x')
  const jsonDetail: { value: unknown } = await client.jsonVariationDetail('f', user, null)
  const listed: LDContext[] = [user, account, { kind: 'multi', user: { key: 'u' }, account: { key: 'a' } }]
  const many: boolean[] = await Promise.all(listed.map((one) => client.boolVariation('f', one, false)))
  return [text, limits.perMinute, fromDetail, index, kind, bool, count, label, json, many].concat(
    boolDetail.value,
    countDetail.value,
    labelDetail.value,
    jsonDetail.value,
  )
}

/** Uses a detail, a reason and all flags with the official types only. */
export async function handOn(client: Client, user: AppUser): Promise<unknown[]> {
  const detail: LDEvaluationDetail = await client.variationDetail('f', user, 0)
  const reason: LDEvaluationReason = detail.reason
  const state: LDFlagsState = await client.allFlagsState(user, {
    clientSideOnly: true,
    withReasons: true,
    detailsOnlyForTrackedFlags: false,
  })
  const flags: LDFlagSet = state.allValues()
  const label: string = flags.label
  const value: boolean = state.getFlagValue('f')
  const bootstrap: object = state.toJSON()
  const ruleIndex: number | undefined = reason.ruleIndex
  const errorKind: string | undefined = state.getFlagReason('f')?.errorKind
  return [label, value, bootstrap, ruleIndex, errorKind, state.valid, client.secureModeHash(user)]
}

export async function listen(client: Client): Promise<void> {
  const listener: Listener = ({ key }) => console.log(key)
  const key: string = 'f'
  client.once('ready', () => console.log('ready'))
  client.on('failed', (error: Error) => console.error(error.message))
  client.on('error', (error) => console.error(error))
  client
    .on('update', listener)
    .on('update:f', listener)
    .on(`update:${key}`, () => {
      void client.boolVariation(key, { kind: 'user', key: 'u' }, false)
    })
  client.on('update:f', () => {})
  client.off('update', listener)
  await client.waitForInitialization()
  await client.waitForInitialization({ timeout: 5 })
  if (!client.initialized() || client.isOffline()) console.log('no data')
}

interface Order {
  readonly id: string
  readonly total: number
}

class Orders implements LDMigrationOptions<Order, boolean, string, Order> {
  readonly execution = new LDSerialExecution(LDExecutionOrdering.Random)
  readonly readOld = async (id?: string): Promise<LDMethodResult<Order>> => {
    return id === undefined ? LDMigrationError(new Error('no id')) : LDMigrationSuccess({ id, total: 1 })
  }
  readonly readNew = this.readOld
  async writeOld(order?: Order): Promise<LDMethodResult<boolean>> {
    return LDMigrationSuccess(order !== undefined)
  }
  writeNew(order?: Order): Promise<LDMethodResult<boolean>> {
    return this.writeOld(order)
  }
  check(a: Order, b: Order): boolean {
    return a.total === b.total
  }
}

export async function migrate(client: Client, context: LDContext, user: AppUser): Promise<unknown[]> {
  const text: string = typeof context.key === 'string' ? context.key : ''
  const fallback: LDMigrationStage = IsMigrationStage(text) ? LDMigrationStage.Live : LDMigrationStage.Off
  const migration: LDMigration<Order, boolean, string, Order> = createMigration(client, new Orders())
  const read: LDMigrationReadResult<Order> = await migration.read('orders', context, fallback, 'order-1')
  const origin: LDMigrationOrigin = read.origin
  const total: number = read.success ? read.result.total : 0
  const message: string = read.success ? '' : read.error.message
  const write: LDMigrationWriteResult<boolean> = await migration.write(
    'orders',
    user,
    LDMigrationStage.DualWrite,
    { id: 'order-1', total },
  )
  const both: boolean = write.authoritative.success && write.nonAuthoritative?.success === true
  const inferred = createMigration(client, {
    execution: new LDConcurrentExecution(),
    latencyTracking: false,
    errorTracking: true,
    readOld: async (id?: string) => LDMigrationSuccess(`old ${id}`),
    readNew: async () => LDMigrationSuccess('new'),
    writeOld: async () => LDMigrationSuccess(1),
    writeNew: async () => LDMigrationError(new Error('full')),
    check: (a, b) => a.length === b.length,
  })
  const { value, tracker }: LDMigrationVariation = await client.migrationVariation('orders', user, fallback)
  switch (value) {
    case LDMigrationStage.Off:
    case LDMigrationStage.Complete:
      record(tracker, 'read')
      break
    default:
      record(tracker, 'write')
  }
  const event: LDMigrationOpEvent | undefined = tracker.createEvent()
  if (event) client.trackMigration(event)
  const measurements: LDMigrationMeasurement[] = event?.measurements ?? []
  const consistent = measurements.find((each) => each.key === 'consistent')
  const evaluation: LDMigrationEvaluation | undefined = event?.evaluation
  const stage: LDMigrationStage | undefined = evaluation?.default
  const errorKind: string | undefined = evaluation?.reason.errorKind
  const type: LDExecution = new LDConcurrentExecution().type
  const isSerial: boolean = type === LDExecution.Serial
  const { success } = await inferred.read('orders', user, LDMigrationStage.Shadow)
  return [origin, message, both, consistent?.value, stage, errorKind, isSerial, success]
}

function record(tracker: LDMigrationTracker, op: LDMigrationOp): void {
  tracker.op(op)
  tracker.invoked('old')
  tracker.latency('old', 1.5)
  tracker.error('old')
  tracker.consistency(() => true)
}

declare const store: LDFeatureStore
declare function members(context: LDClientContext): interfaces.BigSegmentStore

export async function start(options: LDOptions, system: LDDataSystemOptions): Promise<void> {
  const hook: integrations.Hook = {
    getMetadata: () => ({ name: 'timing' }),
    beforeEvaluation: (series, data) => ({ ...data, key: series.context.key, method: series.method }),
    afterEvaluation: ({ method, flagKey, environmentId }, data, { reason, value }) => {
      console.log(method, flagKey, environmentId, data.key, reason.kind, reason.ruleId, value)
      return data
    },
  }
  const client: Client = open('sdk-key', {
    baseUri: 'http://localhost:8030',
    streamUri: 'http://localhost:8030',
    eventsUri: 'http://localhost:8030',
    stream: true,
    pollInterval: 30,
    streamInitialReconnectDelay: 1,
    sendEvents: false,
    logger: { error: console.error, warn: console.warn, info: console.info, debug: console.debug },
    application: { id: 'shop', version: '1' },
    dataSystem: { ...system, dataSource: { dataSourceOptionsType: 'standard' }, persistentStore: store },
    featureStore: () => store,
    bigSegments: {
      store: (context: LDClientContext) => members(context),
      userCacheSize: 100,
      userCacheTime: 5,
      statusPollInterval: 5,
      staleAfter: 120,
    },
    updateProcessor: {},
    proxyOptions: { host: 'proxy', port: 3128, scheme: 'http', auth: 'user:password' },
    tlsParams: {
      rejectUnauthorized: true,
      ca: ['text', 'text'],
      cert: ['text'],
      key: [{ pem: 'text', passphrase: 'text' }],
      pfx: [Buffer.from('content')],
      passphrase: 'text',
      servername: 'flags.example.com',
      ciphers: 'ECDHE-RSA-AES128-GCM-SHA256',
      secureProtocol: 'TLSv1_2_method',
      checkServerIdentity: (name, peer) => (peer.subject.CN === name ? undefined : new Error(name)),
    },
    wrapperName: 'shop',
    hooks: [
      hook,
      { getMetadata: () => ({ name: 'inline' }), afterEvaluation: (_series, data) => ({ ...data }) },
    ],
  })
  const second = open('sdk-key', options)
  const provider = client.bigSegmentStoreStatusProvider
  provider.on('change', (status: interfaces.BigSegmentStoreStatus) => console.log(status.available))
  const known: interfaces.BigSegmentStoreStatus | undefined = provider.getStatus()
  const { available, stale }: interfaces.BigSegmentStoreStatus = await provider.requireStatus()
  console.log(known?.stale, available, stale)
  client.addHook?.(hook)
  await client.close()
  void second.close()
}
