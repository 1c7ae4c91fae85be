import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import {
  type AttributeValue,
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb'
import { Transactions } from './dynalite-transactions.ts'

/** One operation that was sent to the database. */
export interface Operation {
  /** Name of the operation, such as `PutItem`. */
  readonly name: string
  readonly input: Record<string, unknown>
}

/**
 * The result of an operation: it passes; it gets no answer; its connection breaks before (`cut`) or after (`lost`) the execution; it gets
 * this answer instead; it passes and its answer is changed.
 */
export type Fate =
  | { readonly type: 'pass' | 'hang' | 'cut' | 'lost' }
  | { readonly type: 'answer'; readonly status: number; readonly body: unknown }
  | { readonly type: 'change'; readonly input?: unknown; readonly answer: (body: unknown) => unknown }

type Decide = (operation: Operation) => Fate | undefined | Promise<Fate | undefined>

export interface Dynalite {
  readonly clientOptions: DynamoDBClientConfig & { readonly endpoint: string }
  /** All operations, in order. */
  readonly operations: Operation[]
  /** Number of connections since the start. */
  readonly connections: number
  /** Number of open connections. */
  readonly open: number
  /** Number of operations without an answer. */
  readonly underWay: number
  /**
   * Returns the result of each operation, or `undefined` to let it pass. The operation waits for it. Default: all operations
   * pass.
   */
  script(decide?: Decide): void
  /** A client for the test. Its operations are scripted like any others. */
  readonly client: DynamoDBClient
  /** Creates a table with the keys that every SDK expects, or with other keys. */
  createTable(name: string, keys?: readonly [string, string]): Promise<void>
  /** Returns all items of a partition. */
  items(tableName: string, namespace: string): Promise<Item[]>
  /** Puts an item, as other software would. */
  put(tableName: string, item: Item): Promise<void>
  close(): Promise<void>
}

export type Item = Record<string, AttributeValue>

/** Returns an error in DynamoDB's format. */
export function awsError(type: string, message = 'scripted', status = 400): Fate {
  const body = { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message, Message: message }
  return { type: 'answer', status, body }
}

export const SECRETS = {
  accessKeyId: 'AKIAEXAMPLE',
  secretAccessKey: 'secret-of-the-key',
  sessionToken: 'token-of-the-session',
}

/** Starts a local DynamoDB server, and in front of it a server with scripted failures. */
export async function startDynalite(): Promise<Dynalite> {
  const dynalite = createRequire(import.meta.url)('dynalite') as (options: object) => Server
  const inner = dynalite({ createTableMs: 0 })
  const innerPort = await listen(inner)
  const operations: Operation[] = []
  let decide: Decide = () => undefined
  const open = new Set<unknown>()
  const underWay = new Set<unknown>()
  let connections = 0
  const transactions = new Transactions((name, input) =>
    forward(innerPort, { headers: headersOf(name), method: 'POST', url: '/' }, input),
  )

  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    underWay.add(res)
    res.on('close', () => underWay.delete(res))
    const input = JSON.parse(await textOf(req)) as Record<string, unknown>
    const name = String(req.headers['x-amz-target']).split('.')[1] ?? ''
    operations.push({ name, input })
    const pass = (given: unknown): Promise<{ status: number; text: string }> =>
      name === 'TransactWriteItems' ? transactions.run(given as object) : forward(innerPort, req, given)
    const fate = (await decide({ name, input })) ?? { type: 'pass' }
    switch (fate.type) {
      case 'hang':
        return
      case 'cut':
        res.destroy()
        return
      case 'lost':
        await pass(input)
        res.destroy()
        return
      case 'answer':
        reply(res, fate.status, typeof fate.body === 'string' ? fate.body : JSON.stringify(fate.body))
        return
      case 'pass': {
        const { status, text } = await pass(input)
        reply(res, status, text)
        return
      }
      case 'change': {
        const { status, text } = await pass(fate.input ?? input)
        reply(res, status, JSON.stringify(fate.answer(JSON.parse(text))))
        return
      }
      default:
        fate satisfies never
    }
  }
  const front = createServer((req, res) => void answer(req, res))
  front.on('connection', (socket) => {
    connections++
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  const endpoint = `http://127.0.0.1:${await listen(front)}`
  const clientOptions = { endpoint, region: 'eu-west-1', credentials: SECRETS, maxAttempts: 1 }

  const client = new DynamoDBClient(clientOptions)

  return {
    clientOptions,
    client,
    operations,
    get connections() {
      return connections
    },
    get open() {
      return open.size
    },
    get underWay() {
      return underWay.size
    },
    script(decision = () => undefined) {
      decide = decision
      operations.length = 0
    },
    async createTable(TableName, [partition, sort] = ['namespace', 'key']) {
      const attributes = [partition, sort].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S' as const,
      }))
      await client.send(
        new CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: attributes,
          KeySchema: [
            { AttributeName: partition, KeyType: 'HASH' },
            { AttributeName: sort, KeyType: 'RANGE' },
          ],
        }),
      )
      // The table is created in the background.
      const describe = new DescribeTableCommand({ TableName })
      while ((await client.send(describe)).Table?.TableStatus !== 'ACTIVE');
    },
    async items(TableName, namespace) {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: '#namespace = :namespace',
          ExpressionAttributeNames: { '#namespace': 'namespace' },
          ExpressionAttributeValues: { ':namespace': { S: namespace } },
        }),
      )
      return Items
    },
    async put(TableName, Item) {
      await client.send(new PutItemCommand({ TableName, Item }))
    },
    async close() {
      client.destroy()
      front.closeAllConnections()
      inner.closeAllConnections()
      await Promise.all([front, inner].map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  )
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** Returns headers that dynalite accepts; it does not verify the signature. */
function headersOf(operation: string): IncomingMessage['headers'] {
  return {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `DynamoDB_20120810.${operation}`,
    'x-amz-date': '20260101T000000Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=a/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
  }
}

function forward(
  port: number,
  { headers, method, url }: Pick<IncomingMessage, 'headers' | 'method' | 'url'>,
  input: unknown,
): Promise<{ status: number; text: string }> {
  const body = Buffer.from(JSON.stringify(input))
  return new Promise((resolve, reject) => {
    const passed = { ...headers, 'content-length': String(body.length) }
    const options = { port, host: '127.0.0.1', method, path: url, headers: passed }
    request(options, (res) => {
      textOf(res).then((text) => resolve({ status: res.statusCode ?? 500, text }), reject)
    })
      .on('error', reject)
      .end(body)
  })
}

function reply(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(text)
}
