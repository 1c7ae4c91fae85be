/** How the page looks: system fonts, one column on a phone, as many as fit on a desk, by day and by night. */
export const STYLE: string = `
:root {
  color-scheme: light dark;
  --paper: #f6f6f3;
  --card: #ffffff;
  --ink: #18212f;
  --muted: #586273;
  --line: #dfe1de;
  --link: #1f5f99;
  --good: #14724f;
  --wary: #8a5a00;
  --bad: #b3261e;
  --fresh: #fdf1cf;
  --cloth: #c8432b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0f141b;
    --card: #171e28;
    --ink: #e4e8ee;
    --muted: #9aa6b6;
    --line: #2a3442;
    --link: #86b9ea;
    --good: #5cc79c;
    --wary: #e3b35a;
    --bad: #ff9187;
    --fresh: #3a3216;
    --cloth: #e06a52;
  }
}
*, ::before, ::after { box-sizing: border-box }
[hidden] { display: none !important }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
body {
  margin: 0 auto;
  padding: 0 max(1rem, env(safe-area-inset-left)) 2rem;
  max-width: 84rem;
  background: var(--paper);
  color: var(--ink);
  font: 0.9375rem/1.5 system-ui, sans-serif;
  font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere;
}
h1, h2, h3, p, dl, dd, ol, ul { margin: 0; padding: 0 }
a { color: var(--link); text-underline-offset: 0.15em }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px }

.masthead { display: flex; flex-wrap: wrap; align-items: center; gap: 0 0.75rem; padding: 1.1rem 0 }
.pennant { width: 1.6rem; height: 1.6rem; color: var(--muted) }
.cloth { fill: var(--cloth) }
.brand { margin-left: -0.4rem; font-size: 1.0625rem; font-weight: 650; letter-spacing: -0.01em }
.brand span { font-weight: 400 }
.line { color: var(--muted); font-size: 0.8125rem }
.line { margin-left: auto }

/* What is so is said in words; the shape beside them says it again, and only then does the colour. */
.line::before, .badge::before, .verdict h1::before {
  content: '';
  display: inline-block;
  width: 0.7em;
  height: 0.7em;
  margin-right: 0.5em;
  background: currentColor;
  border-radius: 50%;
  forced-color-adjust: none;
}
[data-line='connected'] .line::before { background: var(--good); animation: breathe 3s ease-in-out infinite }
[data-line='lost'] .line { color: var(--bad); font-weight: 600 }
[data-line='lost'] .line::before { background: none; border: 2px solid }
[data-tone='good'] { --tone: var(--good) }
[data-tone='wary'] { --tone: var(--wary) }
[data-tone='bad'] { --tone: var(--bad) }
[data-tone='wary'] .badge::before, .verdict[data-tone='wary'] h1::before {
  border-radius: 0;
  clip-path: polygon(50% 4%, 100% 96%, 0 96%);
}
[data-tone='bad'] .badge::before, .verdict[data-tone='bad'] h1::before { border-radius: 0 }
@keyframes breathe { 50% { opacity: 0.35 } }

.lost {
  margin-bottom: 1rem;
  padding: 0.75rem 1rem;
  border: 1px solid var(--bad);
  border-left-width: 0.4rem;
  border-radius: 0.5rem;
  background: var(--card);
  font-weight: 600;
}
[data-line='lost'] :is(.verdict, .totals, .environments) { filter: grayscale(1) }

.verdict { padding: 0.25rem 0 1.25rem }
.verdict h1 {
  display: flex;
  align-items: baseline;
  font-size: clamp(1.4rem, 1.1rem + 1.6vw, 2rem);
  font-weight: 650;
  letter-spacing: -0.02em;
  line-height: 1.25;
}
.verdict h1::before { flex: none; width: 0.6em; height: 0.6em; color: var(--tone, var(--muted)) }
.verdict ul { margin-top: 0.5rem; list-style: none; color: var(--muted) }
.verdict li { max-width: 46rem }
.verdict li a { font-weight: 600 }

.totals {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr));
  gap: 1px;
  margin-bottom: 1.25rem;
  border: 1px solid var(--line);
  border-radius: 0.6rem;
  background: var(--line);
  overflow: hidden;
}
.totals:empty { display: none }
.totals div { padding: 0.6rem 1rem; background: var(--card) }
.totals dt, .facts dt, small, h3, .key, summary { color: var(--muted); font-size: 0.8125rem }
.totals dd { font-size: 1.125rem; font-weight: 600; letter-spacing: -0.01em }

.environments {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 23rem), 1fr));
  gap: 1.25rem;
}
.environment {
  padding: 1rem 1.1rem 1.1rem;
  border: 1px solid var(--line);
  border-top: 3px solid var(--tone);
  border-radius: 0.6rem;
  background: var(--card);
  scroll-margin-top: 1rem;
}
.environment:target { outline: 2px solid var(--link); outline-offset: 2px }
.environment header { display: grid; grid-template-columns: 1fr auto; align-items: baseline; gap: 0 1rem }
h2 { font-size: 1.125rem; font-weight: 650; letter-spacing: -0.01em; line-height: 1.35 }
.badge { color: var(--tone); font-weight: 600; white-space: nowrap }
.key { grid-column: 1 / -1 }
.key bdi, .changes bdi { font-family: ui-monospace, 'SFMono-Regular', Menlo, Consolas, monospace; font-size: 0.92em }

.facts { margin-top: 0.75rem }
.facts div {
  display: grid;
  grid-template-columns: 5.25rem 1fr;
  gap: 0.75rem;
  padding: 0.3rem 0;
  border-top: 1px solid var(--line);
}
time { white-space: nowrap }
small { display: block; line-height: 1.4 }
.facts dt { line-height: 1.75 }

h3 { margin-top: 0.9rem; font-weight: 600 }
.changes { list-style: none }
.changes li { display: flex; gap: 0.75rem; padding: 0.1rem 0.35rem; margin: 0 -0.35rem; border-radius: 0.3rem }
.changes time { flex: none; color: var(--muted) }
.fresh { animation: fresh 8s ease-out }
@keyframes fresh { from, 40% { background: var(--fresh) } }
summary { padding: 0.15rem 0; cursor: pointer }

footer { display: flex; flex-wrap: wrap; gap: 0.25rem 2rem; margin-top: 1.5rem; color: var(--muted); font-size: 0.8125rem }
footer a { margin-left: 0.5rem }

@media (max-width: 30rem) {
  .masthead { padding: 0.8rem 0 }
  .facts div { grid-template-columns: 4.75rem 1fr }
}
@media (prefers-reduced-motion: reduce) {
  *, ::before, ::after { animation: none !important }
}
`
