// The playground: the engine compiled to WebAssembly, an editor, and views of its JSON. Plain scripts, so that it opens from a file too.
(() => {
  const here = document.currentScript ? new URL('.', document.currentScript.src).href : '';

  // ---- the engine: the program itself, called with arguments and files ----

  let starting = null;
  function engine() {
    starting ??= new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = here + 'mlsysim.js';
      script.onload = resolve;
      script.onerror = () => reject(new Error('the engine (mlsysim.js) could not be loaded'));
      document.head.append(script);
    }).then(async () => {
      const io = { out: [], err: [] };
      const module = await window.createMlsysim({
        print: (line) => io.out.push(line),
        printErr: (line) => io.err.push(line),
        preRun: [(m) => { if (m.ENV) m.ENV.NO_COLOR = '1'; }],
      });
      module.FS.mkdir('/work');
      module.FS.chdir('/work');
      return {
        /** Runs `mlsysim args…` beside `files`; returns what it printed and wrote. */
        run(args, files = {}, wanted = []) {
          io.out = [];
          io.err = [];
          for (const [name, text] of Object.entries(files)) module.FS.writeFile(name, text);
          let code = 1;
          try {
            code = module.callMain([...args]) ?? 0;
          } catch (error) {
            code = typeof error?.status === 'number' ? error.status : 1;
            if (typeof error?.status !== 'number') io.err.push(String(error));
          }
          const written = {};
          for (const name of wanted) {
            try {
              written[name] = module.FS.readFile(name, { encoding: 'utf8' });
              module.FS.unlink(name);
            } catch { /* the command did not get so far */ }
          }
          return { code, out: io.out.join('\n'), err: io.err.join('\n'), written };
        },
      };
    });
    return starting;
  }

  // ---- permalinks: the whole scenario, compressed, behind # ----

  const toText = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  async function through(stream, bytes) {
    return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
  }
  async function pack(text) {
    return toText(await through(new CompressionStream('deflate-raw'), new TextEncoder().encode(text)));
  }
  async function unpack(packed) {
    return new TextDecoder().decode(await through(new DecompressionStream('deflate-raw'), toBytes(packed)));
  }

  // ---- numbers and elements ----

  const prefixes = [[1e18, 'E'], [1e15, 'P'], [1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, ''], [1e-3, 'm'], [1e-6, 'µ'], [1e-9, 'n'], [1e-12, 'p']];
  const digits = (x) => String(Number(x.toPrecision(4)));
  function show(value, unit) {
    if (typeof value === 'string') return value;
    if (value === null || value === undefined) return '';
    if (unit === '1' || unit === '') return Math.abs(value) >= 1e6 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(3) : digits(value);
    if (unit === 's' && value >= 172800) return `${digits(value / 86400)} d`;
    if (unit === 's' && value >= 7200) return `${digits(value / 3600)} h`;
    if (unit.startsWith('USD')) return `${digits(value)} ${unit}`;
    const size = Math.abs(value);
    const [scale, prefix] = size === 0 ? [1, ''] : prefixes.find(([s]) => size >= s) ?? prefixes.at(-1);
    return `${digits(value / scale)} ${prefix}${unit}`;
  }
  function el(tag, attributes = {}, ...children) {
    const e = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith('on')) e.addEventListener(key.slice(2), value);
      else if (value !== undefined && value !== null && value !== false) e.setAttribute(key, value === true ? '' : value);
    }
    e.append(...children.flat().filter((c) => c !== null && c !== undefined));
    return e;
  }
  const svgNames = 'http://www.w3.org/2000/svg';
  function svg(tag, attributes = {}, ...children) {
    const e = document.createElementNS(svgNames, tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith('on')) e.addEventListener(key.slice(2), value);
      else e.setAttribute(key, value);
    }
    e.append(...children.flat());
    return e;
  }
  const titled = (e, text) => (e.append(svg('title', {}, text)), e);

  // ---- one chart for all: log or linear axes, lines and points ----

  function chart({ x, y, lines = [], points = [], marks = [], legend = [] }) {
    const width = 640, height = 380, left = 70, right = 16, top = 14, bottom = 46;
    const axis = (a, from, to) => {
      const log = a.log !== false;
      const f = log ? Math.log10 : (v) => v;
      let low = f(a.min), high = f(a.max);
      if (log) low = Math.floor(low * 2) / 2, high = Math.ceil(high * 2) / 2;
      if (!(high > low)) high = low + 1;
      const at = (v) => from + ((f(v) - low) / (high - low)) * (to - from);
      const ticks = [];
      if (log) for (let d = Math.ceil(low); d <= Math.floor(high); ++d) ticks.push(10 ** d);
      else for (let i = 0; i <= 5; ++i) ticks.push(low + ((high - low) * i) / 5);
      return { at, ticks, low: log ? 10 ** low : low, high: log ? 10 ** high : high };
    };
    const ax = axis(x, left, width - right), ay = axis(y, height - bottom, top);
    const root = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', class: 'mp-chart', 'aria-label': `${y.label} against ${x.label}` });
    for (const t of ax.ticks) {
      root.append(svg('line', { x1: ax.at(t), x2: ax.at(t), y1: top, y2: height - bottom, class: 'grid' }));
      root.append(svg('text', { x: ax.at(t), y: height - bottom + 16, 'text-anchor': 'middle' }, show(t, x.unit)));
    }
    for (const t of ay.ticks) {
      root.append(svg('line', { x1: left, x2: width - right, y1: ay.at(t), y2: ay.at(t), class: 'grid' }));
      root.append(svg('text', { x: left - 6, y: ay.at(t) + 4, 'text-anchor': 'end' }, show(t, y.unit)));
    }
    root.append(svg('text', { x: (left + width - right) / 2, y: height - 8, 'text-anchor': 'middle', class: 'label' }, x.label));
    root.append(svg('text', { x: 14, y: (top + height - bottom) / 2, 'text-anchor': 'middle', transform: `rotate(-90 14 ${(top + height - bottom) / 2})`, class: 'label' }, y.label));
    for (const m of marks) {
      const v = m.x !== undefined;
      const p = v ? ax.at(m.x) : ay.at(m.y);
      root.append(svg('line', v ? { x1: p, x2: p, y1: top, y2: height - bottom, class: 'mark' } : { x1: left, x2: width - right, y1: p, y2: p, class: 'mark' }));
      root.append(svg('text', v ? { x: p + 4, y: top + 12, class: 'note' } : { x: width - right - 4, y: p - 5, 'text-anchor': 'end', class: 'note' }, m.label));
    }
    for (const l of lines)
      root.append(svg('polyline', { points: l.points.map(([a, b]) => `${ax.at(a)},${ay.at(b)}`).join(' '), class: `line ${l.style ?? ''}` }));
    for (const p of points) root.append(titled(svg('circle', { cx: ax.at(p.x), cy: ay.at(p.y), r: p.r ?? 4, class: `dot ${p.style ?? ''}`, tabindex: 0 }), p.title));
    const box = el('figure', { class: 'mp-figure' }, root);
    if (legend.length) box.append(el('figcaption', {}, legend.map(([style, text]) => el('span', { class: `key ${style}` }, text))));
    return box;
  }

  // ---- the views ----

  const words = { pass: 'pass', fail: 'fail', 'not judged': 'not judged' };
  const badge = (verdict) => el('span', { class: `mp-badge ${verdict.replace(' ', '-')}` }, words[verdict] ?? verdict);
  const bar = (share, style) => el('span', { class: 'mp-bar' }, el('span', { class: style ?? '', style: `width:${Math.max(0, Math.min(1, share)) * 100}%` }));

  function scorecard(r) {
    const card = r.scorecard;
    const out = el('div', { class: 'mp-card' });
    out.append(el('p', { class: 'mp-headline' }, badge(card.verdict), ' ', el('strong', {}, r.title || 'Scenario'), el('span', { class: 'mp-dim' }, ` ${r.summary}`)));
    for (const [i, level] of card.levels.entries()) {
      out.append(el('div', { class: 'mp-level' }, el('span', { class: 'mp-step' }, String(i + 1)), el('span', {}, level.id), badge(level.verdict), level.why_not ? el('span', { class: 'mp-dim' }, level.why_not) : null));
      for (const c of level.checks) {
        const used = c.limit ? (c.kind === 'at_most' ? c.value / c.limit : c.limit / c.value) : 1;
        out.append(el('div', { class: 'mp-check' }, el('span', {}, c.label), el('span', {}, `${show(c.value, c.unit)} ${c.kind === 'at_most' ? '≤' : '≥'} ${show(c.limit, c.unit)}`), bar(used, c.verdict), badge(c.verdict)));
        for (const m of c.remedies ?? []) out.append(el('div', { class: 'mp-remedy' }, '→ ', el('code', {}, m.change ?? ''), ` ${m.effect ?? ''}`));
        if (c.detail) out.append(el('div', { class: 'mp-remedy' }, c.detail));
      }
    }
    if (card.binding) out.append(el('p', {}, el('b', {}, 'Binds: '), card.binding, card.next ? el('span', { class: 'mp-dim' }, `; next: ${card.next}`) : null));
    if (card.knobs?.length) {
      out.append(el('p', {}, el('b', {}, 'What would change it')));
      const most = Math.max(...card.knobs.map((k) => k.factor), 1.01);
      for (const k of card.knobs) out.append(el('div', { class: 'mp-check' }, el('code', {}, k.change), el('span', {}, k.effect), bar(k.factor > 0 ? (k.factor - 1) / (most - 1) : 0, 'pass')));
    }
    for (const w of r.warnings ?? []) out.append(el('p', { class: 'mp-warning' }, typeof w === 'string' ? w : w.message));
    return out;
  }

  function memoryBars(r) {
    const m = r.sections.memory;
    if (!m) return null;
    const needed = Object.entries(m.metrics).filter(([id]) => id.endsWith('_needed'));
    const parts = Object.entries(m.metrics).filter(([, v]) => v.unit === 'B' && /^in /.test(v.definition ?? ''));
    const out = el('div', {});
    for (const [id, total] of needed) {
      const level = id.replace(/_needed$/, '');
      const there = m.metrics[`${level}_capacity`];
      const whole = Math.max(total.value, there?.value ?? 0);
      const row = el('div', { class: 'mp-stack', role: 'img', 'aria-label': `${level}: ${show(total.value, 'B')} needed` });
      const mine = parts.filter(([, v]) => v.definition === `in ${level}`);
      mine.forEach(([, v], i) => row.append(el('span', { class: `part c${i % 7}`, style: `width:${(v.value / whole) * 100}%`, title: `${v.label}: ${show(v.value, 'B')}` })));
      if (there && there.value < whole) row.append(el('span', { class: 'end', style: `left:${(there.value / whole) * 100}%`, title: `${level} there: ${show(there.value, 'B')}` }));
      out.append(el('p', { class: 'mp-dim' }, `${level} memory: ${show(total.value, 'B')} needed${there ? ` of ${show(there.value, 'B')}` : ''}`), row,
        el('p', { class: 'mp-legend' }, mine.map(([, v], i) => el('span', { class: `key c${i % 7}` }, `${v.label} ${show(v.value, 'B')}`))));
    }
    return needed.length ? out : null;
  }

  function roofline(r) {
    const p = r.sections.performance;
    if (!p?.tables?.operators || !p.metrics.peak || !p.metrics.bandwidth) return null;
    const peak = p.metrics.peak.value, bandwidth = p.metrics.bandwidth.value, ridge = peak / bandwidth;
    const rows = p.tables.operators.rows.filter((o) => o.intensity > 0 && o.reached > 0);
    if (!rows.length) return null;
    const xs = rows.map((o) => o.intensity), ys = rows.map((o) => o.reached);
    const minX = Math.min(ridge / 10, ...xs), maxX = Math.max(ridge * 10, ...xs);
    const minY = Math.max(Math.min(...ys, peak / 100), peak * 1e-6);
    return el('div', {},
      chart({
        x: { min: minX, max: maxX, unit: '', label: 'arithmetic intensity, FLOP per byte of main memory' },
        y: { min: minY, max: peak, unit: 'FLOP/s', label: 'reached' },
        lines: [{ points: [[Math.max(minX, minY / bandwidth), Math.max(minY, minX * bandwidth)], [ridge, peak], [maxX, peak]], style: 'roof' }],
        points: rows.map((o) => ({ x: o.intensity, y: Math.max(o.reached, minY), r: 3 + 12 * Math.sqrt(o.share), style: o.bound, title: `${o.operator}${o.repeat > 1 ? ` × ${o.repeat}` : ''}: ${show(o.reached, 'FLOP/s')}, ${(100 * o.share).toFixed(1)} % of the time, bound by ${o.bound}` })),
        marks: [{ x: ridge, label: `ridge ${digits(ridge)} FLOP/B` }],
        legend: [['compute', 'compute-bound'], ['memory', 'memory-bound'], ['dispatch', 'bound by kernel dispatch'], ['roof', `roof: ${show(peak, 'FLOP/s')}, ${show(bandwidth, 'B/s')}`]],
      }),
      el('p', { class: 'mp-dim' }, 'The area of a point is its share of the time. Point at one, or reach it with the tab key.'));
  }

  function frontier(r, yaml) {
    const s = r.sections.serving;
    if (!s?.tables?.frontier) return null;
    const rows = s.tables.frontier.rows.filter((f) => f.itl > 0 && f.token_throughput > 0);
    const fits = rows.filter((f) => f.fits === 'yes');
    const shown = fits.length ? fits : rows;
    const now = { itl: s.metrics.itl.value, throughput: s.metrics.token_throughput.value };
    const limit = r.scorecard.levels.flatMap((l) => l.checks).find((c) => c.id === 'itl')?.limit;
    const itls = [...shown.map((f) => f.itl), now.itl, ...(limit ? [limit] : [])];
    const rates = [...shown.map((f) => f.token_throughput), now.throughput];
    return el('div', {},
      chart({
        x: { min: Math.min(...itls), max: Math.max(...itls), unit: 's', label: 'inter-token latency' },
        y: { min: Math.min(...rates), max: Math.max(...rates), unit: 'token/s', label: 'output tokens per replica' },
        lines: [{ points: shown.map((f) => [f.itl, f.token_throughput]), style: 'roof' }],
        points: [...shown.map((f) => ({ x: f.itl, y: f.token_throughput, style: 'memory', title: `${f.concurrency} requests at once: ITL ${show(f.itl, 's')}, ${show(f.token_throughput, 'token/s')}, request latency ${show(f.request_latency, 's')}` })),
          { x: now.itl, y: now.throughput, r: 7, style: 'now', title: `this scenario: ITL ${show(now.itl, 's')}, ${show(now.throughput, 'token/s')}` }],
        marks: limit ? [{ x: limit, label: `limit ${show(limit, 's')}` }] : [],
        legend: [['memory', 'requests at once: 1, 2, 4, … to the most which fit'], ['now', 'this scenario']],
      }),
      table(s.tables.frontier));
  }

  function table(t) {
    return el('div', { class: 'mp-scroll' }, el('table', {}, el('thead', {}, el('tr', {}, t.columns.map((c) => el('th', {}, c.label)))),
      el('tbody', {}, t.rows.map((row) => el('tr', {}, t.columns.map((c) => el('td', {}, show(row[c.id], c.unit))))))));
  }

  function metrics(r, explain) {
    const out = el('div', {});
    for (const [id, section] of Object.entries(r.sections)) {
      const entries = Object.entries(section.metrics ?? {});
      if (!entries.length) continue;
      out.append(el('h4', {}, section.title ?? id));
      out.append(el('div', { class: 'mp-scroll' }, el('table', {}, el('tbody', {}, entries.map(([key, m]) => el('tr', {},
        el('td', {}, el('button', { class: 'mp-link', title: `why? ${id}.${key}`, onclick: () => explain(`${id}.${key}`) }, m.label ?? key)),
        el('td', { class: 'num' }, show(m.value, m.unit)),
        el('td', { class: 'mp-dim' }, m.interval ? `90 %: ${show(m.interval.low, m.unit)} … ${show(m.interval.high, m.unit)}` : ''),
        el('td', { class: 'mp-dim' }, m.definition ?? m.confidence ?? '')))))));
    }
    return out;
  }

  // ---- reading and changing a scenario's text: sliders edit what you see, so a permalink holds it ----

  const fieldLine = (key) => new RegExp(`^(\\s*|.*[{,]\\s*)(${key}):\\s*([0-9][0-9_.]*(?:e[0-9]+)?)(?=\\s*(?:[,}#]|$))`, 'm');
  function readNumber(yaml, key) {
    const found = yaml.match(fieldLine(key));
    return found ? Number(found[3].replaceAll('_', '')) : null;
  }
  const writeNumber = (yaml, key, value) => yaml.replace(fieldLine(key), (whole, before, name) => `${before}${name}: ${value}`);

  function setParallel(yaml, plan) {
    const text = `{${Object.entries(plan).map(([k, v]) => `${k}: ${v}`).join(', ')}}`;
    const inline = /^(\s*)parallel:\s*\{[^}]*\}/m;
    if (inline.test(yaml)) {
      const kept = yaml.match(inline)[0].replace(/^[^{]*\{|\}$/g, '').split(',').map((p) => p.trim()).filter((p) => p && !Object.keys(plan).includes(p.split(':')[0].trim()));
      return yaml.replace(inline, (_, indent) => `${indent}parallel: {${[...Object.entries(plan).map(([k, v]) => `${k}: ${v}`), ...kept].join(', ')}}`);
    }
    const block = /^(\s*)parallel:\s*\n((?:\1\s+.*\n?)+)/m;
    if (block.test(yaml)) {
      return yaml.replace(block, (_, indent, body) => {
        const inner = body.match(/^\s+/)[0];
        const kept = body.split('\n').filter((l) => l.trim() && !Object.keys(plan).includes(l.trim().split(':')[0]));
        return `${indent}parallel:\n${[...Object.entries(plan).map(([k, v]) => `${inner}${k}: ${v}`), ...kept].join('\n')}\n`;
      });
    }
    if (/^system:\s*\{/m.test(yaml)) return yaml.replace(/^system:\s*\{/m, `system: {parallel: ${text}, `);
    return yaml.replace(/^system:\s*$/m, `system:\n  parallel: ${text}`);
  }

  const powers = (n) => Array.from({ length: Math.floor(Math.log2(n)) + 1 }, (_, i) => 2 ** i).filter((p) => n % p === 0);

  // ---- the widget ----

  const template = `# Change anything; the answer follows.
name: My scenario
workload:
  model: Llama 3.1 8B
  phase: serving
  prompt: 1024
  output: 256
  batch: 32
system:
  device: H100
limits:
  itl: 50 ms
`;

  /** Puts a playground into `host`. options: scenario (YAML text), examples ([{id, title, text}]), permalink (read and write location.hash). */
  function mount(host, options = {}) {
    const state = { yaml: options.scenario ?? template, view: options.view ?? 'scorecard', report: null, path: null, program: null, turn: 0 };
    const editor = el('textarea', { class: 'mp-editor', spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off', 'aria-label': 'scenario, YAML' });
    const gutter = el('div', { class: 'mp-gutter', 'aria-hidden': 'true' });
    const problems = el('div', { class: 'mp-problems', role: 'status' });
    const sliders = el('div', { class: 'mp-sliders' });
    const view = el('div', { class: 'mp-view' });
    const status = el('span', { class: 'mp-dim' }, 'starting the engine…');
    const tabs = el('div', { class: 'mp-tabs', role: 'tablist' });
    const views = [['scorecard', 'Scorecard'], ['metrics', 'Every number'], ['picture', 'Picture'], ['plans', 'Parallelism'], ['explain', 'Why?'], ['shell', 'Command line']];
    const buttons = new Map(views.map(([id, label]) => [id, el('button', { role: 'tab', onclick: () => open(id) }, label)]));
    tabs.append(...buttons.values());

    const picker = el('select', { 'aria-label': 'example', onchange: () => { const e = (options.examples ?? []).find((x) => x.id === picker.value); if (e) set(e.text); } },
      el('option', { value: '' }, 'examples…'), (options.examples ?? []).map((e) => el('option', { value: e.id }, e.title)));
    const link = el('button', {
      onclick: async () => {
        const url = new URL(options.permalink ? location.href : (options.home ?? location.href), location.href);
        url.hash = `s=${await pack(state.yaml)}&v=${state.view}`;
        if (options.permalink) history.replaceState(null, '', url);
        try { await navigator.clipboard.writeText(url.href); link.textContent = 'copied'; } catch { prompt('This link holds the whole scenario:', url.href); }
        setTimeout(() => { link.textContent = 'permalink'; }, 1500);
      },
    }, 'permalink');
    const save = el('button', { onclick: () => { const a = el('a', { download: 'scenario.yaml', href: URL.createObjectURL(new Blob([state.yaml])) }); a.click(); } }, 'save');
    const reset = el('button', { onclick: () => set(options.scenario ?? template) }, 'reset');

    host.classList.add('mp');
    host.replaceChildren(
      el('div', { class: 'mp-bar-top' }, options.examples?.length ? picker : null, reset, link, save, status),
      el('div', { class: 'mp-panes' },
        el('div', { class: 'mp-left' }, el('div', { class: 'mp-edit' }, gutter, editor), problems, sliders),
        el('div', { class: 'mp-right' }, tabs, view)));

    let timer = 0;
    editor.addEventListener('input', () => { state.yaml = editor.value; number(); clearTimeout(timer); timer = setTimeout(evaluate, 200); });
    editor.addEventListener('scroll', () => { gutter.scrollTop = editor.scrollTop; });
    editor.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') editor.blur();
      if (event.key !== 'Tab' || event.shiftKey || event.ctrlKey) return;
      event.preventDefault();
      editor.setRangeText('  ', editor.selectionStart, editor.selectionEnd, 'end');
      editor.dispatchEvent(new Event('input'));
    });

    function number(marked = []) {
      const lines = state.yaml.split('\n').length;
      gutter.replaceChildren(...Array.from({ length: lines }, (_, i) => el('div', { class: marked.includes(i + 1) ? 'bad' : '' }, String(i + 1))));
    }
    function set(yaml) {
      state.yaml = yaml;
      editor.value = yaml;
      editor.rows = Math.min(26, Math.max(10, yaml.split('\n').length + 1));
      number();
      evaluate();
    }
    function open(id) {
      state.view = id;
      for (const [name, b] of buttons) b.setAttribute('aria-selected', name === id);
      render();
    }
    function explain(path) {
      state.path = path;
      open('explain');
    }

    async function evaluate() {
      const turn = ++state.turn;
      try {
        state.program ??= await engine();
      } catch (error) {
        status.textContent = error.message;
        return;
      }
      if (turn !== state.turn) return;
      const begin = performance.now();
      const result = state.program.run(['eval', 'scenario.yaml', '--format', 'json', '--exit-zero'], { 'scenario.yaml': state.yaml });
      const spent = performance.now() - begin;
      problems.replaceChildren();
      if (result.code === 0) {
        state.report = JSON.parse(result.out).reports[0];
        status.textContent = `answered in ${spent.toFixed(0)} ms, registry ${state.report.registry.hash.slice(0, 12)}`;
        number();
        host.dataset.ready = 'yes';
      } else {
        state.report = null;
        status.textContent = 'not evaluated';
        let list = [];
        try { list = JSON.parse(result.err).errors ?? []; } catch { list = [{ message: result.err }]; }
        number(list.map((p) => p.line ?? p.where?.line).filter(Boolean));
        for (const p of list) {
          const line = p.line ?? p.where?.line, column = p.column ?? p.where?.column;
          problems.append(el('div', { class: 'mp-problem' }, el('b', {}, `${p.code ?? 'error'}${line ? ` line ${line}${column ? `:${column}` : ''}` : ''}: `), p.message ?? '', p.help ? el('div', { class: 'mp-dim' }, p.help) : null));
        }
        host.dataset.ready = 'refused';
      }
      slide();
      render();
    }

    function slide() {
      sliders.replaceChildren();
      const knobs = [['batch', 'batch', 1, 4096], ['prompt', 'prompt, tokens', 16, 131072], ['output', 'output, tokens', 1, 32768], ['sequence', 'sequence, tokens', 128, 131072], ['global_batch', 'global batch', 8, 16384], ['devices', 'devices', 1, 16384]];
      for (const [key, label, low, high] of knobs) {
        const value = readNumber(state.yaml, key);
        if (value === null || value <= 0) continue;
        const input = el('input', { type: 'range', min: Math.log2(Math.min(low, value)), max: Math.log2(Math.max(high, value)), step: 1, value: Math.log2(value), 'aria-label': label });
        const shown = el('output', {}, String(value));
        input.addEventListener('input', () => {
          const n = Math.round(2 ** Number(input.value));
          shown.textContent = String(n);
          state.yaml = writeNumber(state.yaml, key, n);
          editor.value = state.yaml;
          clearTimeout(timer);
          timer = setTimeout(evaluate, 60);
        });
        sliders.append(el('label', {}, el('span', {}, label), input, shown));
      }
    }

    const views_ = {
      scorecard: () => el('div', {}, scorecard(state.report), memoryBars(state.report)),
      metrics: () => metrics(state.report, explain),
      picture() {
        const own = frontier(state.report, state.yaml) ?? roofline(state.report);
        if (own) return own;
        const drawn = state.program.run(['timeline', 'scenario.yaml', '--svg', 'step.svg'], { 'scenario.yaml': state.yaml }, ['step.svg']);
        if (drawn.code === 0 && drawn.written['step.svg']) {
          const box = el('div', { class: 'mp-scroll' });
          box.innerHTML = drawn.written['step.svg'];
          return el('div', {}, el('p', { class: 'mp-dim' }, 'One training step on each pipeline rank, drawn by the program.'), box);
        }
        return el('p', { class: 'mp-dim' }, 'This scenario has no picture: ', drawn.err.split('\n')[0]);
      },
      plans,
      explain() {
        const paths = Object.entries(state.report.sections).flatMap(([id, s]) => Object.keys(s.metrics ?? {}).map((m) => `${id}.${m}`));
        state.path = paths.includes(state.path) ? state.path : paths.includes(state.report.scorecard.headline) ? state.report.scorecard.headline : paths[0];
        const choose = el('select', { 'aria-label': 'metric', onchange: () => { state.path = choose.value; render(); } }, paths.map((p) => el('option', { value: p, selected: p === state.path }, p)));
        const r = state.program.run(['explain', 'scenario.yaml', state.path], { 'scenario.yaml': state.yaml });
        return el('div', {}, el('p', {}, 'Where does ', choose, ' come from?'), el('pre', { class: 'mp-pre' }, r.code === 0 ? r.out : r.err));
      },
      shell() {
        const line = el('input', { class: 'mp-line', value: state.command ?? 'eval scenario.yaml', 'aria-label': 'command', spellcheck: 'false' });
        const out = el('pre', { class: 'mp-pre' });
        const go = () => {
          state.command = line.value;
          const args = (line.value.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((a) => a.replace(/^(["'])(.*)\1$/, '$2'));
          if (args[0] === 'mlsysim') args.shift();
          const r = state.program.run(args, { 'scenario.yaml': state.yaml });
          out.textContent = [r.out, r.err].filter(Boolean).join('\n') + (r.code ? `\n(exit code ${r.code})` : '');
        };
        line.addEventListener('keydown', (event) => { if (event.key === 'Enter') go(); });
        setTimeout(go);
        return el('div', {}, el('p', { class: 'mp-dim' }, 'The whole program runs in this page; scenario.yaml is the text on the left. Try ', el('code', {}, 'list hardware jetson'), ', ', el('code', {}, 'show H100'), ' or ', el('code', {}, '--help'), '.'),
          el('div', { class: 'mp-prompt' }, 'mlsysim ', line, el('button', { onclick: go }, 'run')), out);
      },
    };

    /** Every split of the devices into tensor × pipeline × data, each evaluated. */
    function plans() {
      const p = state.report.sections.distributed;
      if (!p && !/phase:\s*training/.test(state.yaml)) return el('p', { class: 'mp-dim' }, 'Plans are explored for training: choose an example which trains, such as “Training 7B on eight GPUs”.');
      const resolved = state.program.run(['resolve', 'scenario.yaml'], { 'scenario.yaml': state.yaml }).out;
      const degree = (key) => Number(resolved.match(new RegExp(`${key}:\\s*(\\d+)`))?.[1] ?? 1);
      const t0 = degree('tensor'), p0 = degree('pipeline'), d0 = degree('data');
      const n = t0 * p0 * d0;
      const out = el('div', {}, el('p', {}, `Every split of ${n} devices into tensor × pipeline × data. A cell is the time of a step; choose one to write it into the scenario.`));
      const head = el('tr', {}, el('th', {}, 'tensor \\ pipeline'), powers(n).map((q) => el('th', {}, String(q))));
      const body = el('tbody', {});
      const grid = el('div', { class: 'mp-scroll' }, el('table', { class: 'mp-plans' }, el('thead', {}, head), body));
      out.append(grid);
      const cells = [];
      for (const t of powers(n)) {
        const row = el('tr', {}, el('th', {}, String(t)));
        for (const q of powers(n)) {
          const cell = el('td', {}, '');
          if (t * q <= n) cells.push({ t, q, d: n / t / q, cell });
          row.append(cell);
        }
        body.append(row);
      }
      const turn = state.turn;
      const times = [];
      const step = () => {
        const next = cells.shift();
        if (!next || turn !== state.turn || !out.isConnected) {
          const best = Math.min(...times.map((x) => x.time));
          for (const x of times) x.cell.style.setProperty('--heat', String(Math.min(1, Math.log2(x.time / best) / 3)));
          times.find((x) => x.time === best)?.cell.classList.add('best');
          return;
        }
        const yaml = setParallel(state.yaml, { tensor: next.t, pipeline: next.q, data: next.d });
        const r = state.program.run(['eval', 'plan.yaml', '--format', 'json', '--exit-zero'], { 'plan.yaml': yaml });
        if (r.code === 0) {
          const report = JSON.parse(r.out).reports[0];
          const time = report.sections.distributed?.metrics.step_time?.value;
          if (time) {
            times.push({ time, cell: next.cell });
            next.cell.replaceChildren(el('button', { class: 'mp-link', title: `tensor ${next.t}, pipeline ${next.q}, data ${next.d}: MFU ${show(report.sections.distributed.metrics.mfu?.value, '1')}`, onclick: () => set(yaml) }, show(time, 's')));
          } else next.cell.replaceChildren(el('span', { class: 'mp-dim', title: report.scorecard.binding }, 'no fit'));
        } else next.cell.replaceChildren(el('span', { class: 'mp-dim', title: r.err }, '–'));
        setTimeout(step);
      };
      setTimeout(step);
      return out;
    }

    function render() {
      for (const [name, b] of buttons) b.setAttribute('aria-selected', name === state.view);
      if (!state.program) return;
      if (!state.report && state.view !== 'shell') {
        view.replaceChildren(el('p', { class: 'mp-dim' }, 'The scenario cannot be read; what is wrong stands below the text.'));
        return;
      }
      view.replaceChildren(views_[state.view]());
    }

    (async () => {
      let yaml = state.yaml;
      if (options.permalink && location.hash.includes('s=')) {
        const parts = new URLSearchParams(location.hash.slice(1));
        try { yaml = await unpack(parts.get('s')); } catch { problems.append(el('div', { class: 'mp-problem' }, 'This link is damaged: its scenario cannot be unpacked.')); }
        if (buttons.has(parts.get('v'))) state.view = parts.get('v');
      }
      set(yaml);
    })();
    return { set, open };
  }

  window.MlsysimPlayground = { mount, engine, pack, unpack };
})();
