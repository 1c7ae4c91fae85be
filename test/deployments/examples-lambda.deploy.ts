import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Example, type Program } from './support/example.ts'

describe('the example of AWS Lambda', () => {
  const example = new Example('lambda')

  /** Runs the bundle in a folder that has nothing else, as the package of a function. */
  function deploy(env: Readonly<Record<string, string>>): Program {
    const folder = mkdtempSync(join(tmpdir(), 'halyard-lambda-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    cpSync(join(example.folder, 'dist'), join(folder, 'dist'), { recursive: true })
    expect(readdirSync(join(folder, 'dist'))).toEqual(['flags.snapshot', 'handler.mjs'])
    cpSync(join(example.folder, 'invoke.ts'), join(folder, 'invoke.ts'))
    cpSync(join(example.folder, 'package.json'), join(folder, 'package.json'))
    return example.start('npm run invoke', env, { cwd: folder })
  }

  it('evaluates from the snapshot, receives changes after a freeze, and delivers events before it', async () => {
    const flags = await example.startFlags('--events')
    const env = { FLAGS_URL: flags.url }
    expect(await example.run('npm run build')).toMatchObject({ code: 0 })
    expect(await example.run('npm run snapshot', env)).toMatchObject({ code: 0 })

    const environment = deploy(env)
    environment.write('{"user":"ada"}\n')
    await environment.seen(/\{"greeting":"Ahoy","flags":"(cached|refreshed)"\}/)
    environment.signal('SIGSTOP')
    await flags.program.seen(/summary.*greeting/)

    example.replace('flags.yaml', 'Ahoy', 'Hello')
    // Longer than the shortest freeze that a client detects.
    await setTimeout(4_000)
    environment.signal('SIGCONT')
    const invoke = (): string => {
      environment.write('{"user":"bob"}\n')
      return environment.output()
    }
    await expect.poll(invoke).toContain('{"greeting":"Hello","flags":"refreshed"}')
    environment.write()
    expect(await environment.ended).toBe(0)
    expect(await flags.program.stop()).toBe(0)
  })

  it('evaluates during an outage', async () => {
    const environment = deploy({ FLAGS_URL: 'http://127.0.0.1:9' })
    environment.write('{"user":"ada"}\n')
    await environment.seen(/\{"greeting":"Ahoy","flags":"cached"\}/)
    environment.write()
    expect(await environment.ended).toBe(0)
  })

  it('compiles', async () => {
    expect(await example.typeErrors()).toBe('')
  })
})
