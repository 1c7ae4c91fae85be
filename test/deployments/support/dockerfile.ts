/** A line of a Dockerfile, with its continuations. */
export interface Instruction {
  readonly name: string
  readonly text: string
}

export interface Stage {
  /** The image, with arguments in place. */
  readonly from: string
  readonly name: string | undefined
  readonly instructions: readonly Instruction[]
}

/** Returns the stages of a Dockerfile. `values` are build arguments, which replace the defaults. */
export function stagesOf(text: string, values: Readonly<Record<string, string>> = {}): readonly Stage[] {
  const global: Record<string, string> = { BUILDPLATFORM: 'builder' }
  const stages: { from: string; name: string | undefined; instructions: Instruction[] }[] = []
  for (const instruction of instructionsOf(text)) {
    const stage = stages.at(-1)
    if (instruction.name === 'FROM') {
      const words = expand(instruction.text, global).split(/\s+/)
      const [from = '', as, name] = words.filter((word) => !word.startsWith('--'))
      stages.push({ from, name: as?.toUpperCase() === 'AS' ? name : undefined, instructions: [] })
    } else if (stage) stage.instructions.push(instruction)
    else Object.assign(global, argumentOf(instruction.text, values))
  }
  return stages
}

/** Returns the name and the value of an ARG. */
export function argumentOf(
  text: string,
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const [, name = '', initial = ''] = /^(\w+)(?:=(.*))?$/.exec(text) ?? []
  return { [name]: values[name] ?? initial }
}

/** Returns the pairs of an ENV or a LABEL. */
export function pairsOf(text: string): Readonly<Record<string, string>> {
  const pairs = text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S*))/g)
  return Object.fromEntries([...pairs].map(([, name = '', quoted, plain]) => [name, quoted ?? plain ?? '']))
}

export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{?(\w+)\}?/g, (_, name: string) => variables[name] ?? '')
}

function instructionsOf(text: string): readonly Instruction[] {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line))
  const joined = lines.join('\n').replaceAll(/\\\n\s*/g, ' ')
  return joined
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line.trim()) ?? []
      return { name: name.toUpperCase(), text: rest.trim() }
    })
}
