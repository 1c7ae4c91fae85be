// Invokes the bundle as Lambda does: one process, an invocation for each line of standard input.
import { createInterface } from 'node:readline'

const { handler } = await import(new URL('dist/handler.mjs', import.meta.url).href)

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await handler(JSON.parse(line))))
}
