/**
 * One self-contained HTML page: tiles, tables, figures, and a table of runs that is searched, sorted and paged in the page.
 *
 * Nothing in it comes from elsewhere and no text in it can run: content is escaped, the table is JSON with every `<` as \u003c,
 * and a policy names the one script and the one style by their hashes. Surprise: under such a policy a style attribute is
 * refused, but the same colour as an SVG attribute is not.
 */
import { fromHex, sha256 } from '../core/sha256.ts';
import { toBase64 } from '../core/snapshot.ts';
import { escape, themes } from './sheet.ts';

export interface Column {
  readonly name: string;
  /** One a row; null is an empty cell; numbers that JSON does not have are the texts NaN, Infinity, -Infinity. Texts of which many are equal travel once. */
  readonly values: readonly (number | string | null)[];
}
export interface Section {
  readonly title: string;
  /** A sentence or two under the title. */
  readonly about?: string;
  /** SVG texts of theme `page`, trusted: ours escape what they show. */
  readonly figures?: readonly string[];
  /** Head first; cells are text, aligned to the right where a column is all numbers. */
  readonly table?: readonly (readonly string[])[];
  /** Rows of the table to stress, from 0 without the head. */
  readonly strong?: readonly number[];
}
export interface Page {
  readonly title: string;
  readonly about: string;
  /** Default: what the reader's system prefers. */
  readonly theme?: 'light' | 'dark';
  readonly tiles: readonly { readonly label: string; readonly value: string }[];
  readonly sections: readonly Section[];
  /** Of the table of runs, or of what `rows` says they are: one, many, and what one may search for. */
  readonly columns: readonly Column[];
  readonly rows?: { readonly one: string; readonly many: string; readonly hint: string };
  readonly foot: string;
}

/**
 * The page as text.
 * @example
 * page({ title: 'a < b', about: '', tiles: [], sections: [], columns: [], foot: '' }).includes('<title>a &#60; b</title>'); // true
 */
export function page({ title, about, theme, tiles, sections, columns, rows: { one, many, hint } = { one: 'run', many: 'runs', hint: 'algorithm=adam, best_f<1e-3' }, foot }: Page): string {
  const policy = `default-src 'none'; script-src '${hashed(script)}'; style-src '${hashed(style)}'; base-uri 'none'; form-action 'none'`;
  const rows = columns[0]?.values.length ?? 0;
  return `<!doctype html>
<html lang="en"${theme ? ` data-theme="${theme}"` : ''}>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<header><div><h1>${escape(title)}</h1><p>${escape(about)}</p></div><button type="button" id="theme" aria-label="light or dark" title="light or dark">\u25d0</button></header>
<main>
<dl class="tiles">${tiles.map(({ label, value }) => `<div><dt>${escape(label)}</dt><dd>${escape(value).replaceAll('_', '_<wbr>')}</dd></div>`).join('')}</dl>
${sections.map(sectionOf).join('\n')}
<section id="runs"><h2>${escape(many[0]!.toUpperCase() + many.slice(1))}</h2>
<p class="controls"><input type="search" id="search" placeholder="search: words, ${escape(hint)}" aria-label="search the ${escape(many)}"><span id="count" role="status" data-one="${escape(one)}" data-many="${escape(many)}">${rows.toLocaleString('en')} ${escape(rows === 1 ? one : many)}</span></p>
<div class="scroll"><table id="table"><thead></thead><tbody></tbody></table></div>
<p class="controls" id="pages"><button type="button" id="first">\u00ab</button><button type="button" id="before">\u2039 back</button><span id="at"></span><button type="button" id="after">on \u203a</button><button type="button" id="last">\u00bb</button></p>
<noscript><p>The table of ${escape(many)} needs JavaScript.</p></noscript></section>
</main>
<footer><p>${escape(foot)}</p></footer>
<script type="application/json" id="data">${inert(columns.map(packed))}</script>
<script>${script}</script>
</body>
</html>
`;
}

function sectionOf({ title, about, figures = [], table, strong = [] }: Section): string {
  const lines = table?.slice(1) ?? [];
  const right = (c: number): string => (lines.length > 0 && lines.every((row) => /^[-\u2212+\d.,e %]*$|^(NaN|-?Infinity)$/.test(row[c]!)) ? ' class="n"' : '');
  const cells = (row: readonly string[], tag: string): string => row.map((cell, c) => `<${tag}${right(c)}>${escape(cell)}</${tag}>`).join('');
  const body = table ? `<div class="scroll"><table><thead><tr>${cells(table[0]!, 'th')}</tr></thead><tbody>${lines.map((row, r) => `<tr${strong.includes(r) ? ' class="strong"' : ''}>${cells(row, 'td')}</tr>`).join('')}</tbody></table></div>` : '';
  const drawn = figures.length > 0 ? `<div class="figures${figures.length > 1 ? ' many' : ''}">${figures.map((svg) => `<figure>${svg}</figure>`).join('\n')}</div>` : '';
  return `<section><h2>${escape(title)}</h2>${about ? `<p>${escape(about)}</p>` : ''}${body}${drawn}</section>`;
}

/** Levels and codes where that is shorter. */
function packed({ name, values }: Column): object {
  const levels = [...new Set(values.filter((value): value is string => typeof value === 'string'))];
  if (levels.every((level) => /^(NaN|-?Infinity)$/.test(level))) return { name, values }; // numbers that JSON does not have
  if (levels.length * 2 > values.length || values.some((value) => typeof value === 'number')) return { name, text: true, values };
  const codes = new Map(levels.map((level, i) => [level, i]));
  return { name, text: true, levels, values: values.map((value) => (value === null ? null : codes.get(value as string)!)) };
}

/** JSON that a script element cannot end, whatever is in it. */
function inert(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function hashed(text: string): string {
  return `sha256-${toBase64(fromHex(sha256(text)))}`;
}

const variables = (theme: 'light' | 'dark'): string => {
  const { ground, ink, faint, grid, lines } = themes[theme];
  return `color-scheme:${theme};--ground:${ground};--ink:${ink};--faint:${faint};--grid:${grid};--back:${theme === 'light' ? '#f4f6f8' : '#0b0e12'};${lines.map((color, i) => `--line${i + 1}:${color}`).join(';')}`;
};
const style: string = `
:root{${variables('light')}}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){${variables('dark')}}}
:root[data-theme=dark]{${variables('dark')}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,"DejaVu Sans",sans-serif}
header,main,footer{max-width:1200px;margin:0 auto;padding:0 20px}
header{display:flex;justify-content:space-between;align-items:flex-start;gap:16px;padding-top:24px}
h1{font-size:26px;line-height:1.2;margin:0;overflow-wrap:anywhere}
h2{font-size:18px;margin:0 0 4px}
p{margin:4px 0 12px;color:var(--faint);overflow-wrap:anywhere}
section{background:var(--ground);border:1px solid var(--grid);border-radius:10px;padding:18px 20px;margin:16px 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:12px;margin:16px 0}
.tiles div{background:var(--ground);border:1px solid var(--grid);border-radius:10px;padding:10px 14px;min-width:0}
dt{color:var(--faint);font-size:13px}
dd{margin:0;font-size:20px;font-weight:600;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:13px;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:5px 10px;border-bottom:1px solid var(--grid);white-space:nowrap;max-width:320px;overflow:hidden;text-overflow:ellipsis}
th{color:var(--faint);font-weight:600}
td.n,th.n{text-align:right}
tr.strong td{font-weight:700}
tbody tr:hover{background:var(--back)}
.figures{display:grid;gap:12px}
.many{grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr))}
figure{margin:0;overflow-x:auto}
svg{display:block;width:100%;height:auto;min-width:760px}
.many svg{min-width:440px}
button,input{font:inherit;color:inherit;background:var(--ground);border:1px solid var(--grid);border-radius:7px;padding:5px 11px}
button{cursor:pointer}
button:disabled{opacity:.4;cursor:default}
#theme{font-size:18px;line-height:1.2}
th button{border:0;padding:0;color:inherit;font-weight:600;background:none}
.controls{display:flex;gap:10px;align-items:center;flex-wrap:wrap;margin:8px 0}
#search{flex:1 1 260px;min-width:0}
footer{padding-bottom:32px;font-size:13px}
@media (max-width:600px){header,main,footer{padding-left:10px;padding-right:10px}section{padding:14px 12px}}
@media print{:root,:root[data-theme=dark],:root:not([data-theme=light]){${variables('light')};--back:#fff}
body{font-size:11px}header,main,footer{max-width:none;padding:0}button,.controls{display:none}th button{display:inline}
section{border:0;padding:0;margin:12px 0}figure,tr,.tiles div{break-inside:avoid}h2{break-after:avoid}.many{grid-template-columns:1fr 1fr}svg,.many svg{min-width:0}table{font-size:9px}td,th{white-space:normal;padding:2px 4px}.scroll,figure{overflow:visible}}
`;

// What the table of runs does, in plain JavaScript: texts go in by textContent alone.
const script: string = `'use strict';
const $ = (id) => document.getElementById(id);
const root = document.documentElement;
$('theme').onclick = () => {
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
};
const columns = JSON.parse($('data').textContent);
const total = columns.length ? columns[0].values.length : 0;
const SIZE = 50;
let found = Array.from({ length: total }, (_, i) => i), page = 0, by = -1, down = false, texts;
const cell = (c, i) => { const v = c.values[i]; return c.levels && v !== null ? c.levels[v] : v; };
const make = (tag, text, name) => { const e = document.createElement(tag); e.textContent = text; if (name) e.className = name; return e; };
const show = (c, i) => { const v = cell(c, i); return v === null ? '' : String(v); };
const numeric = columns.map((c) => !c.text);
function compare(c) {
  return (a, b) => {
    const x = cell(c, a), y = cell(c, b);
    const none = (v) => v === null || v === 'NaN';
    if (none(x) || none(y)) return none(x) === none(y) ? a - b : none(x) ? 1 : -1;
    let d;
    if (!c.text || (typeof x === 'number' && typeof y === 'number')) d = Number(x) - Number(y) || 0;
    else d = String(x).localeCompare(String(y), 'en', { numeric: true });
    return (down ? -d : d) || a - b;
  };
}
function matcher(word) {
  const m = /^(.+?)(<=|>=|!=|=|<|>)(.*)$/.exec(word);
  const c = m && columns.find((each) => each.name.toLowerCase() === m[1]);
  if (!c) return (i) => texts[i].includes(word);
  const want = m[3], n = Number(want), number = want !== '' && !Number.isNaN(n);
  const test = { '=': (a, b) => a === b, '!=': (a, b) => a !== b, '<': (a, b) => a < b, '>': (a, b) => a > b, '<=': (a, b) => a <= b, '>=': (a, b) => a >= b }[m[2]];
  return (i) => {
    const v = cell(c, i);
    if (v === null) return m[2] === '!=' || (m[2] === '=' && want === '');
    return number && v !== '' && !Number.isNaN(Number(v)) ? test(Number(v), n) : test(String(v).toLowerCase(), want);
  };
}
function search() {
  const words = $('search').value.toLowerCase().split(/\\s+/).filter(Boolean);
  if (words.length && !texts) texts = Array.from({ length: total }, (_, i) => columns.map((c) => show(c, i)).join('\\n').toLowerCase());
  const tests = words.map(matcher);
  found = [];
  for (let i = 0; i < total; i++) if (tests.every((t) => t(i))) found.push(i);
  sort();
}
function sort() {
  if (by >= 0) found.sort(compare(columns[by]));
  page = 0;
  draw();
}
function draw() {
  const pages = Math.max(1, Math.ceil(found.length / SIZE));
  page = Math.min(Math.max(page, 0), pages - 1);
  const head = make('tr', '');
  columns.forEach((c, k) => {
    const th = make('th', '', numeric[k] ? 'n' : ''), b = make('button', c.name + (k === by ? (down ? ' \\u2193' : ' \\u2191') : ''));
    b.type = 'button';
    b.onclick = () => { if (by === k) down = !down; else { by = k; down = false; } sort(); $('table').tHead.rows[0].cells[k].firstChild.focus(); };
    if (k === by) th.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    th.append(b);
    head.append(th);
  });
  $('table').tHead.replaceChildren(head);
  $('table').tBodies[0].replaceChildren(...found.slice(page * SIZE, (page + 1) * SIZE).map((i) => {
    const tr = make('tr', '');
    columns.forEach((c, k) => { const text = show(c, i), td = make('td', text, numeric[k] ? 'n' : ''); if (text.length > 30) td.title = text; tr.append(td); });
    return tr;
  }));
  $('count').textContent = (found.length === total ? '' : found.length.toLocaleString('en') + ' of ') + total.toLocaleString('en') + ' ' + (total === 1 ? $('count').dataset.one : $('count').dataset.many);
  $('at').textContent = 'page ' + (page + 1).toLocaleString('en') + ' of ' + pages.toLocaleString('en');
  $('first').disabled = $('before').disabled = page === 0;
  $('last').disabled = $('after').disabled = page === pages - 1;
}
let typing;
$('search').oninput = () => { clearTimeout(typing); typing = setTimeout(search, total > 5000 ? 200 : 0); };
const go = (id, to) => { $(id).onclick = () => { page = to(); draw(); }; };
go('first', () => 0);
go('before', () => page - 1);
go('after', () => page + 1);
go('last', () => Infinity);
draw();
`;
