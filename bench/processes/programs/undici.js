import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { done } from './done.js'

// The floor of undici: only its Agent and its request, one GET and one JSON.parse.
const require = createRequire(import.meta.url)
const lib = join(dirname(require.resolve('undici')), 'lib')
const begun = performance.now()
const Agent = require(join(lib, 'dispatcher/agent.js'))
const request = require(join(lib, 'api/api-request.js'))
const importMs = performance.now() - begun
const { body } = await request.call(new Agent(), {
  origin: process.env.BENCH_URL,
  path: '/sdk/poll',
  method: 'GET',
})
const chunks = []
for await (const chunk of body) chunks.push(chunk)
done(typeof JSON.parse(Buffer.concat(chunks).toString()), { importMs })
