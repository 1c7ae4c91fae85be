import { get } from 'node:http'

/** Sends a request to the service, and resolves with its answer. */
export function ask(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.once('end', () => resolve(text))
    }).once('error', reject)
  })
}
