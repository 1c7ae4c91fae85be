import fc from 'fast-check'

const ATOMS = [
  ' ',
  '\n',
  String.raw`a b . - / é 😀 { } ] a{ {,2} x{1 ^ $ \b \B \d \D \w \W \s \S \. \/ \- \_ \t \0 \cJ \Cc`,
  String.raw`\u0061 \u12 \u{2} \U0061 \x62 \x1 \X62 \ud83d \A \z \Z \Q \E \a \C \e \h \pL \p{L} [[:alpha:]]`,
  String.raw`[] [^] [ab] [^a] [a-c] [-a] [a-] [a-\d] [\w-b] [\s\S] [^\s] [^\W] [\b] [\]] [$-z] [.] [^^] [\^]`,
  String.raw`[😀] [^😀] [\ud800-\udfff] [a-\uffff] [^a-\uffff] [--a] [\x41-\u007a]`,
].flatMap((line) => (line.trim() === '' ? line : line.split(' ')))
const QUANTIFIERS = ['', '', '', ...'* + ? *? +? ?? {2} {0} {1,2} {2,} {1,3}? {01}'.split(' ')]
const OPENINGS = ['(', '(?:', '(?<name>']

const { pattern } = fc.letrec<{ readonly atom: string; readonly pattern: string }>((tie) => ({
  pattern: fc
    .array(fc.tuple(tie('atom'), fc.constantFrom(...QUANTIFIERS)), {
      maxLength: 4,
      depthIdentifier: 'pattern',
    })
    .map((parts) => parts.map((part) => part.join('')).join('')),
  atom: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'pattern' },
    { weight: 6, arbitrary: fc.constantFrom(...ATOMS) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...OPENINGS), tie('pattern'))
        .map(([opening, inside]) => `${opening}${inside})`),
    },
    { weight: 1, arbitrary: fc.tuple(tie('pattern'), tie('pattern')).map((both) => both.join('|')) },
  ),
}))

/** Patterns with all special syntax of JavaScript, some of them invalid. */
export const patternOfJavaScript: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('', '', '^', '^(?!a)', '^(?=.b)'), pattern, fc.constantFrom('', '$'))
  .map((parts) => parts.join(''))

/** Characters that those patterns may match. */
export const characterOfText: fc.Arbitrary<string> = fc.constantFrom(
  ...Array.from('abcxzALpu_120-.,/\\^$}{[]: \n\r\t\v\b\0\u0085\u00a0\u180e\u2028\ufeffé😀😁\u{10d83d}\u212a'),
  '\ud83d',
  '\ude00',
)
