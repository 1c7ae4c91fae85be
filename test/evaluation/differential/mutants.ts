import type { Mutant } from '../../simulation/mutants.ts'

/** A mistake in a module of our evaluation, and what a careless hand would have written. */
const mistake = (name: string, module: string, from: string, to: string): Mutant => ({
  name,
  file: `src/evaluation/${module}.ts`,
  from,
  to,
})

export const MUTANTS: readonly Mutant[] = [
  // Splits.
  mistake('the end of a share belongs to it', 'split', 'place < arm.end', 'place <= arm.end'),
  mistake('the seed is ignored', 'split', 'rollout.seed ? Number(rollout.seed) : ', ''),
  mistake('the salt of a flag is ignored', 'split', "flag.salt || ''", "''"),
  mistake('untracked is ignored', 'split', ' && !share.untracked', ''),
  mistake(
    'an experiment goes by bucketBy',
    'split',
    'isExperiment || !rollout.bucketBy',
    '!rollout.bucketBy',
  ),
  mistake(
    'who has no part of the kind is in the experiment',
    'split',
    'partOf(context, contextKind) === undefined ? arm.outside : arm.inExperiment',
    'arm.inExperiment',
  ),
  mistake('a gap goes to the first share', 'split', 'this.#arms.at(-1)', 'this.#arms.at(0)'),
  mistake('a split is always of users', 'split', "rollout.contextKind ?? 'user'", "'user'"),
  mistake('fractions are split by too', 'bucket', '!Number.isInteger(value)', "typeof value !== 'number'"),
  mistake('one bit of the hash is missing', 'bucket', '2 ** 60', '2 ** 61'),

  // Clauses and references.
  mistake('negate is ignored', 'clause', 'return this.negate !== (', 'return Boolean('),
  mistake('a list matches when all of it does', 'clause', 'value.some(', 'value.every('),
  mistake(
    'without a value the negation matches',
    'clause',
    'value === null) return false',
    'value === null) return this.negate',
  ),
  mistake('a question is always about users', 'clause', "contextKind ?? 'user'", "'user'"),
  mistake(
    'a name without a kind is read as a path',
    'attribute-reference',
    '  if (!contextKind) return text\n',
    '',
  ),
  mistake(
    'escapes are undone in the wrong order',
    'attribute-reference',
    "replaceAll('~1', '/').replaceAll('~0', '~')",
    "replaceAll('~0', '~').replaceAll('~1', '/')",
  ),
  mistake(
    'inherited members are attributes',
    'attribute-reference',
    'Object.hasOwn(attributes, reference) ? attributes[reference] : undefined',
    'attributes[reference]',
  ),
  mistake(
    'lists are entered',
    'attribute-reference',
    '!isJsonObject(value)',
    "typeof value !== 'object' || !value",
  ),
  mistake(
    'who does not say anonymous is neither',
    'attribute-reference',
    'Boolean(attributes.anonymous)',
    'attributes.anonymous',
  ),
  mistake(
    'only the first kind counts',
    'attribute-reference',
    'return kindsOf(context)',
    'return [context.kind]',
  ),
  mistake(
    'a malformed clause ends a rule',
    'match-clauses',
    'if (last === false) return false',
    'if (last !== true) return last',
  ),

  // Segments.
  mistake(
    'not in a segment means in it',
    'match-clauses',
    'if (match) return !negate',
    'if (match) return true',
  ),
  mistake(
    'a circle of segments is passed over',
    'match-clauses',
    "if (here === undefined) return 'malformed'",
    'if (here === undefined) continue',
  ),
  mistake(
    'big segments are told of always',
    'match-clauses',
    '    if (!partOf(run.context, segment.unboundedKind)?.key) return false\n',
    '',
  ),
  mistake(
    'the share of a segment rule is ignored',
    'compiled-segment',
    'if (this.#share === undefined) return true',
    'return true',
  ),
  mistake('the salt of a segment is ignored', 'compiled-segment', "segment.salt || ''", "''"),
  mistake(
    'the kind of a segment split is ignored',
    'compiled-segment',
    "rolloutContextKind ?? 'user'",
    "'user'",
  ),
  mistake(
    'a segment split goes by the key',
    'compiled-segment',
    'bucketBy ? parseReference(bucketBy, rolloutContextKind) : ',
    '',
  ),
  mistake(
    'includedContexts are ignored',
    'compiled-segment',
    'compileMembers(included, includedContexts)',
    'compileMembers(included, undefined)',
  ),
  mistake(
    'excludedContexts are ignored',
    'compiled-segment',
    'compileMembers(excluded, excludedContexts)',
    'compileMembers(excluded, undefined)',
  ),
  mistake(
    'included is ignored',
    'compiled-segment',
    'compileMembers(included, includedContexts)',
    'compileMembers(undefined, includedContexts)',
  ),
  mistake('an empty key can be included', 'compiled-segment', 'if (key && ', 'if (key !== undefined && '),
  mistake(
    'excluded are included',
    'compiled-segment',
    'excluded ? false : undefined',
    'excluded ? true : undefined',
  ),

  // Prerequisites, targets, the order of things.
  mistake('a prerequisite that is off is met', 'evaluate', "reason.kind === 'OFF' || ", ''),
  mistake(
    'a missing prerequisite is met',
    'evaluate',
    'if (wanted === undefined) return offVariation',
    'if (wanted === undefined) continue\n    if (wanted === null) return offVariation',
  ),
  mistake(
    'a circle of prerequisites is passed over',
    'evaluate',
    '      failure = malformed(flag.keysBefore(index))\n',
    '',
  ),
  mistake(
    'a broken prerequisite has failed',
    'evaluate',
    "    if (reason.kind === 'ERROR') return malformed(flag.keysBefore(index + 1))\n",
    '',
  ),
  mistake(
    'rules come before targets',
    'evaluate',
    '    matchTargets(flag, run.context) ??\n    matchRules(flag, run) ??\n',
    '    matchRules(flag, run) ??\n    matchTargets(flag, run.context) ??\n',
  ),
  mistake('on is ignored', 'evaluate', '  if (!flag.on) return flag.off\n', ''),
  mistake(
    'the index of a rule counts from one',
    'compiled-rule',
    'ruleIndex: this.#index',
    'ruleIndex: this.#index + 1',
  ),
  mistake(
    'targets of users count though there are targets of kinds',
    'targets',
    'if (contextTargets.length === 0) return targets',
    'if (targets.length > 0) return targets',
  ),
  mistake('a target is always a user', 'targets', "contextKind ?? 'user'", "'user'"),

  // Operators.
  mistake('before means at or before', 'operators', 'date < bound', 'date <= bound'),
  mistake('lessThanOrEqual means lessThan', 'operators', 'number <= bound', 'number < bound'),
  mistake('greaterThan means greaterThanOrEqual', 'operators', 'number > bound', 'number >= bound'),
  mistake('startsWith means contains', 'operators', 'text.startsWith(value)', 'text.includes(value)'),
  mistake(
    'only the first value counts',
    'operators',
    'for (const text of texts) if',
    'for (const text of texts.slice(0, 1)) if',
  ),
  mistake('any text is a date', 'date', 'RFC_3339.test(value)', 'value'),
  mistake('a prerelease comes after its release', 'semver', 'b.length - a.length', 'a.length - b.length'),
  mistake(
    'numbers of a prerelease are compared as words',
    'semver',
    'if (aIsNumber && bIsNumber) return Number(a) - Number(b)\n',
    '',
  ),
  mistake('a version must have three numbers', 'semver', '(isIndented && missing > 0)', 'missing > 0'),

  // Contexts.
  mistake(
    'custom attributes win over those of the user',
    'legacy-user',
    'attributes[name] = value',
    'attributes[name] ??= value',
  ),
  mistake('an empty key is a key', 'prepared-context', " || key === ''", ''),
  mistake('any kind goes', 'prepared-context', '!KIND.test(kind)', "kind === ''"),
]
