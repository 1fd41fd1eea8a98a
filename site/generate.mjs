// Writes the pages of the site from what the program says of itself. Usage: node generate.mjs SOURCES BINARY EQUATIONS OUT
// Every table, number and picture comes from a command; prose by hand stands in pages/, with directives for what the program knows:
// `<!-- run: COMMAND -->` an output, `<!-- picture: COMMAND | TEXT -->` a picture, `<!-- equation: ID… -->` formulas, `<!-- accuracy: SET… -->` errors.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import katex from 'katex';

const [root, binary, equationsFile, out] = process.argv.slice(2).map((p) => resolve(p));
const environment = { ...process.env, LC_ALL: 'C.UTF-8', NO_COLOR: '1' };

function mlsysim(args, accepted = [0, 3]) {
  const r = spawnSync(binary, args, { cwd: root, env: environment, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (!accepted.includes(r.status)) throw new Error(`mlsysim ${args.join(' ')}: exit code ${r.status}\n${r.stderr}`);
  return r.stdout;
}
const rows = (...args) => JSON.parse(mlsysim([...args, '--format', 'json'])).rows;
const knows = (command) => mlsysim(['--help']).split('\n').some((l) => l.startsWith(`  ${command} `));

const h = (text) => String(text ?? '').replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;').replace(/\{\{/g, '&#123;&#123;');
const fence = (text, language = 'text') => `\`\`\`\`${language}\n${text.replace(/\n+$/, '')}\n\`\`\`\`\n`;
function page(path, text) {
  const file = join(out, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
const data = (path, value) => page(path, JSON.stringify(value));

// ---- sources and entries ----

const sources = new Map(rows('list', 'sources').map(({ id }) => [id, rows('show', id)[0]]));
const link = (id) => {
  const s = sources.get(id);
  if (!s) return h(id);
  const label = h(s.title);
  return /^https?:/.test(s.url) ? `<a href="${h(s.url)}" rel="noreferrer">${label}</a>` : label;
};

function entry(id) {
  const fields = rows('show', id);
  const get = (name) => fields.find((f) => f.field === name)?.value ?? '';
  const marked = fields.filter((f) => f.verified);
  const verified = marked.filter((f) => f.verified === 'yes').length;
  return { id, fields, get, verified, marked: marked.length, sources: [...new Set(fields.map((f) => f.source).filter(Boolean))] };
}
const share = (e) => (e.marked ? `${e.verified}/${e.marked}` : '');
const badge = (e) => {
  const [type, text] = e.verified === e.marked ? ['tip', `all ${e.marked} numbers verified`] : ['warning', `${e.verified} of ${e.marked} numbers verified`];
  return `<Badge type="${type}" text="${text}" />`;
};

/** Lists of layers have a row a layer; everything else a row a field. */
function layerTable(e) {
  const layers = new Map();
  for (const f of e.fields) {
    const found = f.field.match(/^layered\.layers\.(\d+)\.(.+)$/);
    if (!found) continue;
    if (!layers.has(found[1])) layers.set(found[1], new Map());
    layers.get(found[1]).set(found[2], f.value);
  }
  if (!layers.size) return '';
  const keys = [...new Set([...layers.values()].flatMap((l) => [...l.keys()]))].filter((k) => new Set([...layers.values()].map((l) => l.get(k))).size > 1);
  return `\n## Layers\n\n<div class="fields" v-pre>\n<table><thead><tr>${keys.map((k) => `<th>${h(k)}</th>`).join('')}</tr></thead><tbody>\n${[...layers.values()].map((l) => `<tr>${keys.map((k) => `<td>${h(l.get(k))}</td>`).join('')}</tr>`).join('\n')}\n</tbody></table>\n</div>\n`;
}

function fieldTable(e) {
  const mark = { yes: '<span class="ok" title="somebody opened the source and read it there">verified</span>', NO: '<span class="no" title="nobody here has opened the source">not verified</span>' };
  const body = e.fields.filter((f) => !f.field.startsWith('layered.layers.')).map((f) =>
    `<tr><td><code>${h(f.field)}</code></td><td>${h(f.value)}${f['as written'] ? ` <span class="dim">(${h(f['as written'])})</span>` : ''}</td><td>${mark[f.verified] ?? ''}</td><td>${f.source ? link(f.source) : ''}${f.read ? ` <span class="dim">${f.read}</span>` : ''}${f.note ? ` <span class="dim">${h(f.note)}</span>` : ''}</td></tr>`);
  return `<div class="fields" v-pre>\n<table><thead><tr><th>field</th><th>value</th><th></th><th>source, day it was read</th></tr></thead><tbody>\n${body.join('\n')}\n</tbody></table>\n</div>\n${layerTable(e)}`;
}

const primary = (e) => {
  const id = e.fields.find((f) => f.source && /^(peak|transformer|layered|memory|rate|intensity|devices|port_rate|pue)/.test(f.field))?.source ?? e.sources[0];
  return id ? { title: sources.get(id)?.title ?? id, url: sources.get(id)?.url ?? '', read: sources.get(id)?.read ?? '', kind: sources.get(id)?.kind ?? '' } : null;
};

/** A catalogue: one table with a filter, and a page for each entry where `pages` is set. */
function catalogue({ kind, folder, title, about, columns, pages, example }) {
  const entries = rows('list', kind).map(({ id, also }) => ({ ...entry(id), also }));
  const table = entries.map((e) => {
    const p = primary(e);
    return { id: e.id, name: e.get('name') || e.id, also: `${e.also} ${e.get('vendor')}`, href: pages ? `/${folder}/${e.id}` : '', cells: columns.map(([, of]) => of(e)), verified: share(e), complete: e.verified === e.marked, source: p };
  });
  data(`${folder}/entries.json`, { columns: columns.map(([label]) => label), entries: table });
  page(`${folder}/index.md`, `---\ntitle: ${title}\naside: false\n---\n<script setup>\nimport data from './entries.json'\n</script>\n\n# ${title}\n\n${about}\n\n<Catalogue :data="data" />\n`);
  if (pages) for (const e of entries) {
    const notes = e.fields.filter((f) => f.field.startsWith('aliases.')).map((f) => f.value);
    page(`${folder}/${e.id}.md`, `---\ntitle: ${JSON.stringify(e.get('name') || e.id)}\neditLink: false\n---\n\n# ${h(e.get('name') || e.id)}\n\n${badge(e)} <code v-pre>${e.id}</code>${notes.length ? `\n\nAlso called ${notes.map((n) => `\`${n}\``).join(', ')}.` : ''}\n\n${example(e)}\n\n## Every number\n\n${fieldTable(e)}\n`);
  }
  return entries;
}

const first = (...names) => (e) => names.map(e.get).find(Boolean) ?? '';
const memoryOf = (part) => (e) => ['hbm', 'gddr', 'lpddr', 'dram', 'sram'].map((m) => e.get(`memory.${m}.${part}`)).find(Boolean) ?? '';

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const hardware = catalogue({
  kind: 'hardware', folder: 'hardware', title: 'Hardware', pages: true,
  about: 'Every accelerator, CPU, phone, board and microcontroller of the registry. Peaks are dense; a number which nobody published is left out.',
  columns: [['kind', first('kind')], ['tier', first('tier')], ['year', first('year')],
    ['16-bit peak', first('peak.bf16', 'peak.fp16')], ['int8 peak', (e) => e.get('peak.int8').replace('FLOP', 'OP')], ['memory', memoryOf('marketed')], ['bandwidth', memoryOf('bandwidth')], ['TDP', first('power.tdp')]],
  example: (e) => {
    const r = JSON.parse(mlsysim(['eval', '--model', 'ResNet-50', '--hardware', e.id, '--batch', '1', '--format', 'json', '--exit-zero'], [0, 2]) || 'null')?.reports?.[0];
    const latency = r?.sections?.performance?.metrics?.latency;
    if (!latency) return 'ResNet-50 cannot be priced on it as the registry stands.';
    return `One image through ResNet-50:\n\n${fence(mlsysim(['eval', '--model', 'ResNet-50', '--hardware', e.id, '--batch', '1', '--exit-zero']).split('\nMemory of one device')[0])}\n::: details The command\n\`\`\`sh\nmlsysim eval --model ResNet-50 --hardware ${e.id} --batch 1\n\`\`\`\n:::`;
  },
});

const models = catalogue({
  kind: 'models', folder: 'models', title: 'Models', pages: true,
  about: 'Architectures, not sizes: parameters are counted from the shapes and held against the published number.',
  columns: [['family', first('family')], ['year', first('year')], ['published parameters', (e) => e.get('published.parameters')],
    ['kind', (e) => (e.get('transformer.experts.routed') || e.get('transformer.moe.experts') ? 'mixture of experts' : e.get('transformer.layers') ? 'transformer' : e.fields.some((f) => f.field.startsWith('layered')) ? 'layered' : e.fields.some((f) => f.field.startsWith('recommender')) ? 'recommender' : 'state space')],
    ['layers', first('transformer.layers', 'state_space.layers')], ['hidden', first('transformer.hidden', 'state_space.hidden')], ['context', first('transformer.context')]],
  example: (e) => `\`\`\`sh\nmlsysim analyze --model ${e.id} --hardware H100\n\`\`\``,
});

catalogue({
  kind: 'grids', folder: 'grids', title: 'Grids', pages: false,
  about: 'Grid intensities by country and cloud region: what each factor covers and of which year it is.',
  columns: [['zone', first('zone')], ['scope', first('scope')], ['intensity', first('intensity')], ['basis', first('basis')], ['accounting', first('accounting')], ['electricity price', first('electricity_price')], ['water', first('water_intensity')]],
});
catalogue({ kind: 'datacentres', folder: 'datacentres', title: 'Datacentres', pages: false, about: 'PUE and WUE as operators publish them.', columns: [['PUE', first('pue')], ['WUE', first('wue')]] });
catalogue({ kind: 'prices', folder: 'prices', title: 'Prices', pages: false, about: 'Rental and purchase prices, each with its day: old ones are warned of in every result which uses them.', columns: [['provider', first('provider')], ['device', first('device')], ['devices', first('devices')], ['rate', first('rate', 'price')], ['term', first('term')], ['as of', (e) => e.fields.find((f) => f.field === 'rate' || f.field === 'price')?.note.replace('as of ', '') ?? '']] });
catalogue({ kind: 'nodes', folder: 'nodes', title: 'Nodes', pages: false, about: 'Servers and boards: devices, the links between them, ports and power. Links per direction.', columns: [['device', first('device')], ['devices', first('devices')], ['scale-up, per direction', first('scale_up.per_direction')], ['ports', first('network.ports')], ['port rate', first('network.port_rate')], ['power', first('power.max')]] });
catalogue({ kind: 'fabrics', folder: 'fabrics', title: 'Fabrics', pages: false, about: 'Networks between nodes.', columns: [['technology', first('technology')], ['port rate', first('port_rate')], ['latency', first('latency')], ['topology', first('topology')], ['oversubscription', first('oversubscription')]] });
catalogue({ kind: 'fleets', folder: 'fleets', title: 'Fleets', pages: false, about: 'Clusters: nodes on a fabric, among them those of published training runs.', columns: [['node', first('node')], ['nodes', first('nodes')], ['fabric', first('fabric')]] });

// ---- scenarios: source, static answer, picture, and the playground below ----

const scenarios = rows('list', 'scenarios').map(({ id, name }) => ({ id: basename(id, '.yaml'), path: id, folder: id.split('/')[1], name, text: readFileSync(join(root, id), 'utf8') }));
const examples = scenarios.map((s) => ({ id: s.id, title: s.name, folder: s.folder, text: s.text }));
mkdirSync(join(out, 'public/play'), { recursive: true });
writeFileSync(join(out, 'public/play/examples.js'), `window.mlsysimExamples = ${JSON.stringify(examples)};\n`);
const pictures = (s) => {
  const found = [];
  for (const [what, args] of [['step', ['timeline', s.path, '--svg']], ['card', ['eval', s.path, '--exit-zero', '--svg']]]) {
    const file = `pictures/${s.id}-${what}.svg`;
    mkdirSync(join(out, 'public/pictures'), { recursive: true });
    const r = spawnSync(binary, [...args, join(out, 'public', file)], { cwd: root, env: environment, encoding: 'utf8' });
    if ((r.status === 0 || r.status === 3) && existsSync(join(out, 'public', file))) {
      // Thousands of pieces are no picture any more.
      if (statSync(join(out, 'public', file)).size < 600_000) found.push({ file, what });
      else rmSync(join(out, 'public', file));
    }
  }
  return found;
};
const groups = { lighthouse: 'lighthouse', textbook: 'textbook', anchors: 'published run beside ours', vectors: 'worked by hand' };
const found = [];
for (const s of scenarios) {
  const card = mlsysim(['eval', s.path, '--exit-zero']).split(/\n(?=Memory of one device)/);
  const line = (pattern) => card[0].match(pattern)?.[1] ?? '';
  found.push({ id: s.id, name: s.name, also: '', href: `/scenarios/${s.id}`, cells: [groups[s.folder] ?? s.folder, card[0].split('\n')[1], line(/^Scorecard +(.*)$/m).toLowerCase(), line(/^ +binds +(.*?)(?:;.*)?$/m)] });
  const drawn = pictures(s).map(({ file, what }) => `\n![${what === 'step' ? 'One training step on each pipeline rank' : 'The result as a picture'}](/${file})\n`).join('');
  page(`scenarios/${s.id}.md`, `---\ntitle: ${JSON.stringify(s.name)}\naside: false\n---\n\n# ${h(s.name)}\n\n${fence(card[0])}${drawn}\n::: details The whole report\n${fence(card[1] ?? '')}:::\n\n## Change it\n\n<Playground name="${s.id}">\n\n${fence(s.text, 'yaml')}\n</Playground>\n\nOn your own machine: \`mlsysim eval ${s.folder === 'vectors' ? s.path : s.id}\`.\n`);
}
found.sort((a, b) => Object.values(groups).indexOf(a.cells[0]) - Object.values(groups).indexOf(b.cells[0]));
data('scenarios/entries.json', { plain: true, columns: ['kind', 'what on what', 'verdict', 'what binds'], entries: found });
page('scenarios/index.md', `---\ntitle: Scenarios\naside: false\n---\n<script setup>\nimport data from './entries.json'\n</script>\n\n# Scenarios\n\nEach is one YAML file, is part of the program, and can be changed on its page. Some fail on purpose: the answer says by how much, and what would help.\n\n<Catalogue :data="data" />\n`);

// ---- equations ----

const equations = readFileSync(equationsFile, 'utf8').trim().split('\n').map((l) => l.split('\t')).map(([id, latex, plain, cites]) => ({ id, latex, plain, cites, group: id.split('.')[0] }));
// What a formula means stands above it in its header.
const meaning = new Map();
for (const f of readdirSync(join(root, 'include/mlsysim/equations')))
  for (const [, text, result, id] of readFileSync(join(root, 'include/mlsysim/equations', f), 'utf8').matchAll(/((?:^\/\/\/.*\n)+)inline constexpr auto \w+ =\s+equation<([\w:<>]+?)\(.*\)>\(\s*"([\w.]+)"/gm))
    meaning.set(id, { text: text.replace(/^\/\/\/ ?/gm, '').trim(), result: result === 'double' ? '' : result });
const cited = (c) => (sources.has(c) ? link(c) : h(c));
const math = (latex, displayMode) => katex.renderToString(latex, { output: 'mathml', displayMode, throwOnError: true });
const equation = (e, id) => `<div id="${id}"><p><code>${h(e.id)}</code> <span class="dim">${meaning.get(e.id)?.result ?? ''}</span></p><p>${h(meaning.get(e.id)?.text).replace(/`([^`]*)`/g, '<code>$1</code>')}</p>${math(e.latex, true)}<p class="dim">${e.cites === 'definition' ? 'by definition' : cited(e.cites)}</p></div>`;
page('solvers/equations.md', `---\noutline: [2, 2]\n---\n\n# Equations\n\nEach formula is written once, in \`include/mlsysim/equations/\`: the compiler checks its dimensions, the solvers run it, \`explain\` prints it with the numbers put in, and this page sets it. All ${equations.length} of them:\n\n${
  [...new Set(equations.map((e) => e.group))].map((g) => `## ${g.replaceAll('_', ' ')}\n\n<div class="equations" v-pre>\n${equations.filter((e) => e.group === g).map((e) => equation(e, e.id)).join('\n')}\n</div>\n`).join('\n')}`);

// ---- pages which commands print ----

const errors = rows('explain');
page('errors.md', `---\noutline: [2, 2]\n---\n\n# Errors and lints\n\nEvery error (E) and every suspicious choice which \`mlsysim lint\` finds (L) has a page; \`mlsysim explain E0142\` prints one, and these are all of them.\n\n${errors.map((e) => `## ${e.code}: ${h(e.title)} {#${e.code}}\n\n${h(e.text)}\n\n${e.refused ? `Refused:\n\n${fence(e.refused, /^mlsysim/.test(e.refused) ? 'sh' : 'yaml')}\n` : ''}${e.accepted ? `Accepted:\n\n${fence(e.accepted, /^mlsysim/.test(e.accepted) ? 'sh' : 'yaml')}\n` : ''}`).join('\n')}`);

mkdirSync(join(out, 'public/pictures/accuracy'), { recursive: true });
const [overview, ...sets] = mlsysim(['validate', '--format', 'markdown', '--all', '--svg', `${join(out, 'public/pictures/accuracy')}/`]).replace(/</g, '&lt;').replace(/\{\{/g, '&#123;&#123;').split(/^## /m);
const setOf = (text) => text.match(/^[\w-]+/)[0];
const overviewLines = overview.split('\n').filter((l) => l.startsWith('|'));
const columnNames = overviewLines[0].split('|').map((c) => c.trim());
const cut = (line, columns) => `| ${columns.map((n) => line.split('|')[columnNames.indexOf(n)].trim()).join(' | ')} |`;
const linked = (line, to) => line.replace(/^\| ([\w-]+)/, (whole, id) => (sets.some((t) => setOf(t) === id) ? `| [${id}](${to}#${id})` : whole));
page('accuracy.md', `---\noutline: [2, 2]\naside: false\n---\n\n# Accuracy\n\nWhat \`mlsysim validate\` said when this page was built: every set of published measurements in the folder \`validation\`, beside the best single constant anybody could have picked for it after seeing the answers. Sets marked as fitted are those from which efficiencies were taken; all others are predictions. Targets which are missed stay on the page.\n\n<div class="wide">\n\n${
  overviewLines.map((l) => linked(cut(l, columnNames.filter((n) => n && !['rows', 'used', 'mean error', 'bias'].includes(n))), '')).join('\n')}\n\n</div>\n\n${
  sets.map((t) => {
    const id = setOf(t), [first, ...rest] = t.split('\n');
    const drawn = `pictures/accuracy/${id}.svg`;
    return `## ${first.replace(/^[\w-]+: /, '')} {#${id}}\n\n\`mlsysim validate ${id}\`\n\n${existsSync(join(out, 'public', drawn)) ? `![Predicted against measured](/${drawn})\n\n` : ''}${rest.join('\n').replace(/^(#+) /gm, '#$1 ')}`;
  }).join('\n')}`);
const accuracyOf = (ids) => [...overviewLines.slice(0, 2), ...ids.map((id) => {
  const row = overviewLines.find((l) => l.startsWith(`| ${id} `));
  if (!row) throw new Error(`no validation set ${id}`);
  return row;
})].map((l) => linked(cut(l, ['set', 'points', 'median error', 'within 10 %', 'median error, constant', '90 % covers']), '../accuracy.md')).join('\n');

const commands = mlsysim(['--help']).match(/Commands:\n((?: {2}.*\n)+)/)[1].trim().split('\n').map((l) => l.trim().split(/\s{2,}/)).filter(([c, what]) => c && what);
page('commands.md', `---\noutline: [2, 2]\n---\n\n# Commands\n\n${commands.map(([c]) => `## ${c}\n\n${fence(mlsysim([...c.split(' '), '--help']))}`).join('\n')}`);

const extra = [];
if (knows('walls')) {
  const walls = rows('walls');
  page('walls.md', `---\noutline: [2, 3]\n---\n\n# Walls\n\nWhat stops systems: each wall with its law, its equations, and a scenario in which it binds. A test evaluates each of them.\n\n${[...new Set(walls.map((w) => w.layer))].map((layer) => `## ${h(layer)}\n\n${walls.filter((w) => w.layer === layer).map((w) => `### ${w.id.replaceAll('_', ' ')} {#${w.id}}\n\n${h(w.law)}\n\nBinds in [${h(w.scenario)}](./scenarios/${w.scenario}.md): ${/ /.test(w.shown_by) ? h(w.shown_by) : `\`${w.shown_by}\``}. Equations: ${w.equations.split(/\s+/).map((e) => `[\`${e}\`](./solvers/equations.md#${e})`).join(', ')}.\n\n\`\`\`sh\nmlsysim walls ${w.id}\nmlsysim eval ${w.scenario}\n\`\`\`\n`).join('\n')}`).join('\n')}`);
  extra.push(['Walls', '/walls']);
}
if (knows('glossary')) {
  page('glossary.md', mlsysim(['glossary', '--format', 'markdown']).replace(/\{\{/g, '&#123;&#123;').replace(/\$\$\s*([\s\S]*?)\s*\$\$/g, (_, latex) => `<div class="equations" v-pre>${math(latex, true)}</div>`));
  extra.push(['Glossary', '/glossary']);
}

// ---- pages written by hand, tutorials and manuals ----

const moved = [[/\]\((?:\.\.\/)?tutorials\/([\w.]+?)\.md/g, '](/tutorials/$1'], [/\]\((?:\.\.\/)?CONTRIBUTING\.md/g, '](/contributing'], [/\]\((?:\.\.\/)?validation\/README\.md/g, '](/validation'], [/\]\((?:\.\.\/)?labs\/README\.md/g, '](/labs/'], [/\]\((?:\.\.\/)?README\.md/g, '](/getting-started'], [/\]\((?:\.\.\/)?LICENSE\)/g, '](https://www.apache.org/licenses/LICENSE-2.0)']];
// Only the text outside of code is prose to Vue.
const prose = (text) => {
  let inside = false;
  return text.split('\n').map((l) => {
    if (/^\s*(`{3,}|~{3,})/.test(l)) inside = !inside;
    return inside ? l : moved.reduce((t, [from, to]) => t.replace(from, to), l);
  }).join('\n');
};
const argumentsOf = (call) => call.match(/"[^"]*"|\S+/g).map((a) => a.replace(/"/g, ''));
let drawn = 0;
const directives = {
  run: (command) => {
    const [call, until] = command.split(' | until ');
    const shown = mlsysim(argumentsOf(call));
    return fence(until ? shown.split(`\n${until}`)[0] : shown);
  },
  picture: (command) => {
    const [call, text] = command.split(' | ');
    const file = `pictures/page-${++drawn}.svg`;
    mlsysim([...argumentsOf(call), '--svg', join(out, 'public', file)]);
    return `<figure>\n\n![${text}](/${file})\n\n<figcaption>${h(text)}: <code v-pre>mlsysim ${h(call)} --svg FILE</code></figcaption>\n</figure>\n`;
  },
  equation: (ids) => `<div class="equations" v-pre>\n${ids.split(/\s+/).map((id) => {
    const e = equations.find((q) => q.id === id);
    if (!e) throw new Error(`no equation ${id}`);
    return equation(e, id.replace('.', '-'));
  }).join('\n')}\n</div>\n`,
  accuracy: (ids) => accuracyOf(ids.split(/\s+/)),
};
// Outside of code only: `\(` is a character of shells too.
const directive = /<!-- (run|picture): mlsysim (.*?) -->|<!-- (equation|accuracy): (.*?) -->|\\\((.*?)\\\)/g;
const directed = (text) => text.split(/(^(`{3,}).*\n[\s\S]*?^\2$)/m).filter((_, i) => i % 3 !== 2).map((part) => (/^`{3}/.test(part) ? part
  : part.replace(directive, (_, kind, command, other, ids, latex) => (latex ? `<span v-pre>${math(latex, false)}</span>` : directives[kind ?? other](command ?? ids))))).join('');
const tutorials = readdirSync(join(root, 'tutorials')).filter((f) => /^\d.*\.md$/.test(f)).sort();
for (const f of tutorials) page(`tutorials/${f}`, directed(prose(readFileSync(join(root, 'tutorials', f), 'utf8'))));
const heading = (f) => readFileSync(join(root, 'tutorials', f), 'utf8').match(/^# (?:\d+\. )?(.*)$/m)[1];
page('tutorials/index.md', `# Tutorials\n\nEvery command and number in them is run by the tests; what is shown is what came out.\n\n${tutorials.map((f) => `- [${heading(f)}](./${f})`).join('\n')}\n`);
page('contributing.md', prose(readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')));
page('validation.md', prose(readFileSync(join(root, 'validation/README.md'), 'utf8')));
const labs = [];
if (existsSync(join(root, 'labs/README.md'))) {
  page('labs/index.md', prose(readFileSync(join(root, 'labs/README.md'), 'utf8')));
  labs.push(['Labs: instructor guide', '/labs/']);
  for (const { lab, title } of rows('lab', 'list')) {
    page(`labs/${lab}.md`, prose(mlsysim(['lab', 'show', lab])));
    labs.push([title, `/labs/${lab}`]);
  }
}
for (const f of readdirSync(join(root, 'site/pages'), { recursive: true })) if (String(f).endsWith('.md')) page(String(f), directed(readFileSync(join(root, 'site/pages', String(f)), 'utf8')).replaceAll('@devices@', hardware.length).replaceAll('@models@', models.length).replaceAll('@equations@', equations.length).replaceAll('@scenarios@', scenarios.length).replaceAll('@sources@', sources.size));

// ---- navigation ----

const solverPages = [...readFileSync(join(root, 'site/pages/solvers/index.md'), 'utf8').matchAll(/^\| \[(.*?)\]\(\.\/(\w+)\.md\)/gm)].map(([, title, id]) => [id, title]);
const items = (list) => list.map(([text, link]) => ({ text, link }));
data('.vitepress/navigation.json', {
  sidebar: [
    { text: 'Start', items: items([['Getting started', '/getting-started'], ['Playground', '/playground'], ['Commands', '/commands'], ['Errors and lints', '/errors']]) },
    { text: 'Tutorials', items: items(tutorials.map((f) => [heading(f), `/tutorials/${f.replace('.md', '')}`])) },
    ...(labs.length ? [{ text: 'Teaching', items: items(labs) }] : []),
    { text: 'Understand', items: items([['Scenarios', '/scenarios/'], ...extra, ['Accuracy', '/accuracy'], ['Architecture', '/architecture']]) },
    { text: 'Solver guide', items: items([['Overview', '/solvers/'], ...solverPages.map(([id, title]) => [title, `/solvers/${id}`]), ['Equations', '/solvers/equations']]) },
    { text: 'Registry', items: items([['Hardware', '/hardware/'], ['Models', '/models/'], ['Grids', '/grids/'], ['Datacentres', '/datacentres/'], ['Prices', '/prices/'], ['Nodes', '/nodes/'], ['Fabrics', '/fabrics/'], ['Fleets', '/fleets/']]) },
    { text: 'Extend', items: items([['Contributing', '/contributing'], ['Tables of your own', '/validation']]).concat([{ text: 'API reference', link: '/api/index.html', target: '_self' }]) },
  ],
});
console.log(`${hardware.length} devices, ${models.length} models, ${scenarios.length} scenarios, ${equations.length} equations, ${tutorials.length} tutorials`);
