// Holds the built site to what it promises. Usage: node check.mjs SITE [--links|SHOTS]     --links: no browser; SHOTS: folder for pictures of the pages
// Links and anchors of every page; then, in headless Chromium: no console errors, search, playground, dark mode, phone width, and the playground from a file.
import { createServer } from 'node:http';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';

const linksOnly = process.argv[3] === '--links';
const [site, shots] = process.argv.slice(2).filter((p) => p !== '--links').map((p) => resolve(p));
let bad = 0;
const say = (text) => { if (++bad <= 40) console.log(text); };

// ---- links ----

const pages = readdirSync(site, { recursive: true }).map(String).filter((f) => f.endsWith('.html') && !f.startsWith('api/'));
const text = new Map();
const content = (file) => { if (!text.has(file)) text.set(file, readFileSync(join(site, file), 'utf8')); return text.get(file); };
const anchors = new Map();
const has = (file, id) => {
  if (!anchors.has(file)) anchors.set(file, new Set([...content(file).matchAll(/\s(?:id|name)="([^"]+)"/g)].map((m) => m[1])));
  return anchors.get(file).has(id) || anchors.get(file).has(decodeURIComponent(id));
};
// Markup which is read is markup that was not understood.
for (const file of pages) {
  const seen = content(file).replace(/<(script|style|pre|textarea|code)\b[\s\S]*?<\/\1>/g, '').replace(/<[^>]*>/g, '');
  const raw = seen.match(/```|:::|&lt;(div|table|td|Badge)|\{\{|undefined|\[object/);
  if (raw) say(`${file}: shows '${raw[0]}'`);
}
let links = 0;
for (const file of pages) {
  for (const [, raw] of content(file).matchAll(/<(?:a|link|script|img)\b[^>]*?\s(?:href|src)="([^"]*)"/g)) {
    const target = raw.replace(/&amp;/g, '&');
    if (/^(https?:|mailto:|data:|blob:)/.test(target)) continue;
    ++links;
    const [path, hash] = target.split('#');
    let to = path === '' ? file : path.startsWith('/') ? path.slice(1) : join(dirname(file), path);
    if (to === '' || to.endsWith('/')) to += 'index.html';
    to = decodeURIComponent(to);
    if (!existsSync(join(site, to)) && existsSync(join(site, `${to}.html`))) to += '.html';
    if (!existsSync(join(site, to))) say(`${file}: ${target} leads nowhere`);
    else if (hash && to.endsWith('.html') && !to.startsWith('api/') && !has(to, hash)) say(`${file}: ${target}: no such place on that page`);
  }
}
console.log(`${pages.length} pages, ${links} links inside the site`);

if (linksOnly) process.exit(bad ? 1 : 0);

// ---- in a browser ----

const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json', '.woff2': 'font/woff2', '.png': 'image/png' };
const server = createServer((request, response) => {
  let file = join(site, decodeURIComponent(new URL(request.url, 'http://local').pathname));
  if (existsSync(file) && statSync(file).isDirectory()) file = join(file, 'index.html');
  if (!existsSync(file) && existsSync(`${file}.html`)) file += '.html';
  if (!existsSync(file)) { response.writeHead(404).end(); return; }
  response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }).end(readFileSync(file));
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const home = `http://127.0.0.1:${server.address().port}`;

const { chromium } = await import('playwright-core');
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
if (shots) mkdirSync(shots, { recursive: true });

async function visit(address, { width = 1280, height = 900, dark = false } = {}, look = async () => {}) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light' });
  page.on('console', (m) => { if (m.type() === 'error') say(`${address}: console: ${m.text()}`); });
  page.on('pageerror', (e) => say(`${address}: ${e.message}`));
  page.on('request', (r) => { if (!/^(http:\/\/127\.0\.0\.1|data:|blob:|file:)/.test(r.url())) say(`${address}: asks ${r.url()}`); });
  try {
    const response = await page.goto(address.startsWith('file:') ? address : home + address, { waitUntil: 'load', timeout: 120000 });
    if (response && response.status() >= 400) say(`${address}: status ${response.status()}`);
    await look(page);
  } catch (error) {
    say(`${address}: ${String(error.message).split('\n')[0]}`);
  }
  if (shots) await page.screenshot({ path: join(shots, `${address.replace(/^file:.*\/(play\/)/, 'file-$1').replace(/[^\w]+/g, '_') || 'home'}-${width}${dark ? '-dark' : ''}.png`) });
  await page.close();
}
const narrow = async (page) => {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 1) say(`${page.url()}: ${wide} px wider than a phone`);
};
const ready = (page, what = 'yes') => page.waitForSelector(`.mp[data-ready="${what}"]`, { timeout: 60000 });

const tour = ['/', '/getting-started.html', '/hardware/', '/hardware/nvidia_h100_sxm.html', '/models/', '/models/llama_3_1_8b.html', '/grids/', '/scenarios/', '/scenarios/chatbot.html', '/solvers/', '/solvers/performance.html', '/solvers/serving.html', '/solvers/confidence.html', '/solvers/equations.html', '/accuracy.html', '/errors.html', '/commands.html', '/tutorials/01_hello_world.html', '/contributing.html'];
for (const extra of ['/walls.html', '/glossary.html', '/labs/']) if (existsSync(join(site, extra, extra.endsWith('/') ? 'index.html' : ''))) tour.push(extra);
for (const address of tour) {
  await visit(address);
  await visit(address, { width: 390, height: 844 }, narrow);
}

await visit('/hardware/nvidia_h100_sxm.html', {}, async (page) => {
  const rows = await page.locator('.fields tbody tr').count();
  if (rows < 40) say(`the page of the H100 has ${rows} numbers`);
});
await visit('/hardware/', {}, async (page) => {
  const all = await page.locator('.catalogue tbody tr').count();
  await page.fill('.catalogue input', 'jetson orin');
  const some = await page.locator('.catalogue tbody tr').count();
  if (all < 100 || some < 1 || some >= all) say(`the filter leaves ${some} of ${all} devices`);
});

await visit('/', {}, async (page) => {
  await page.click('.VPNavBarSearch button');
  await page.fill('.VPLocalSearchBox input', 'H100');
  await page.waitForSelector('.VPLocalSearchBox .result', { timeout: 20000 });
  const found = await page.locator('.VPLocalSearchBox .results').innerText();
  if (!/H100/.test(found)) say(`search for H100 finds: ${found.slice(0, 200)}`);
});

await visit('/', { dark: true }, async (page) => {
  const back = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  if (back === 'rgb(255, 255, 255)') say('dark mode is white');
});

async function play(page) {
  await ready(page);
  const card = await page.locator('.mp-view').innerText();
  if (!/A chatbot on one GPU/.test(card) || !/pass/.test(card)) say(`the playground answers: ${card.slice(0, 200)}`);
  const before = await page.locator('.mp-check').first().innerText();
  await page.locator('.mp-editor').fill((await page.locator('.mp-editor').inputValue()).replace(/batch: 32/, 'batch: 64'));
  await page.waitForFunction((old) => document.querySelector('.mp-check')?.innerText !== old, before, { timeout: 20000 });
  for (const [tab, wanted] of [['Every number', 'TTFT'], ['Picture', 'inter-token latency'], ['Why?', 'serving.'], ['Command line', 'Scorecard'], ['Parallelism', 'training']]) {
    await page.click(`.mp-tabs button:has-text("${tab}")`);
    await page.waitForTimeout(50);
    const shown = await page.locator('.mp-view').textContent();
    if (!shown.includes(wanted)) say(`${page.url()}: the view '${tab}' lacks '${wanted}': ${shown.slice(0, 120)}`);
  }
  await page.locator('.mp-editor').fill('workload: {model: ResNet-50, phase: inference}\nsystem: {device: H1000}\n');
  await ready(page, 'refused');
  const problem = await page.locator('.mp-problems').innerText();
  if (!/E0160/.test(problem) || !/line 2/.test(problem)) say(`an unknown device is answered: ${problem}`);
}
await visit('/playground.html', {}, play);
await visit('/playground.html', { width: 390, height: 844 }, async (page) => { await ready(page); await narrow(page); });
await visit('/playground.html', { dark: true }, async (page) => { await ready(page); });
await visit(`file://${site}/play/index.html`, {}, play);

// A permalink holds the whole scenario.
await visit('/playground.html', {}, async (page) => {
  await ready(page);
  const hash = await page.evaluate(async () => `s=${await window.MlsysimPlayground.pack('name: From a link\nworkload: {model: ResNet-50, phase: inference, batch: 8}\nsystem: {device: A100}\n')}&v=picture`);
  await page.goto(`${home}/playground.html#${hash}`);
  await page.reload();
  await ready(page);
  const shown = await page.locator('.mp-view').innerText();
  if (!/arithmetic intensity|inter-token|ridge/.test(await page.locator('.mp-view').innerHTML())) say(`a permalink to a picture shows: ${shown.slice(0, 200)}`);
  if (!/From a link/.test(await page.locator('.mp-editor').inputValue())) say('a permalink loses the scenario');
});

await visit('/scenarios/pipeline_bubble.html', {}, async (page) => {
  await page.click('.play-button');
  await ready(page);
  await page.click('.mp-tabs button:has-text("Parallelism")');
  await page.waitForSelector('.mp-plans .best', { timeout: 120000 });
});
await visit('/tutorials/01_hello_world.html', {}, async (page) => {
  await page.locator('.run-command .play-button').first().click();
  await page.waitForSelector('.run-output', { timeout: 60000 });
  const shown = await page.locator('.run-output').first().innerText();
  if (!/Scorecard|mlsysim/.test(shown)) say(`a command of the tutorial prints: ${shown.slice(0, 200)}`);
});

await browser.close();
server.close();
console.log(bad ? `${bad} faults` : 'the site keeps what it promises');
process.exit(bad ? 1 : 0);
