import { done } from './done.js'

// The floor of Node.js itself: one GET and one JSON.parse.
const begun = performance.now()
const { get } = await import('node:http')
const importMs = performance.now() - begun
get(`${process.env.BENCH_URL}/sdk/poll`, (response) => {
  const chunks = []
  response.on('data', (chunk) => chunks.push(chunk))
  response.on('end', () => done(typeof JSON.parse(Buffer.concat(chunks).toString()), { importMs }))
})
