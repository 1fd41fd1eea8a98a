// The engine of the playground against the native program: every shipped scenario, the same text and the same numbers.
// Usage: node engine.mjs ENGINE BINARY
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const [script, binary] = process.argv.slice(2).map((p) => resolve(p));
const root = resolve(dirname(new URL(import.meta.url).pathname), '..');
const create = createRequire(import.meta.url)(script);
let out = [], err = [];
const engine = await create({ print: (l) => out.push(l), printErr: (l) => err.push(l), preRun: [(m) => { m.ENV.NO_COLOR = '1'; }] });
function run(args) {
  out = [], err = [];
  const code = engine.callMain([...args]) ?? 0;
  return { code, out: out.join('\n'), err: err.join('\n') };
}

let bad = 0, compared = 0, simulated = false;
/** exp, pow and their like differ in the last bits between libraries, and nothing else may. Simulations draw by functions of their own, so that
 *  both see the same requests; but an iteration which ends a last bit later can take one request more, which moves figures a little. */
function same(a, b, path) {
  const drawn = simulated && /\.(sections\.traffic|scorecard)\./.test(path);
  if (typeof a === 'number' && typeof b === 'number') {
    ++compared;
    if (Math.abs(a - b) <= (drawn ? 0.01 : 1e-9) * Math.max(Math.abs(a), Math.abs(b))) return;
  } else if (a && b && typeof a === 'object' && typeof b === 'object') {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    for (const key of keys) same(a[key], b[key], `${path}.${key}`);
    return;
  } else if (a === b || (drawn && typeof a === typeof b && /\.tables\./.test(path))) return;
  if (++bad <= 20) console.log(`${path}: native ${JSON.stringify(a)}, engine ${JSON.stringify(b)}`);
}

const scenarios = JSON.parse(run(['list', 'scenarios', '--format', 'json']).out).rows.map((r) => r.id);
for (const path of scenarios) {
  engine.FS.writeFile('scenario.yaml', readFileSync(join(root, path), 'utf8'));
  for (const name of [path, 'scenario.yaml']) {
    const r = run(['eval', name, '--format', 'json', '--exit-zero']);
    if (r.code !== 0) { console.log(`${path}: exit code ${r.code}: ${r.err}`); ++bad; continue; }
    if (name !== path) continue;
    const native = spawnSync(binary, ['eval', path, '--format', 'json', '--exit-zero'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
    const expected = JSON.parse(native.stdout);
    simulated = Boolean(expected.reports[0].sections.traffic);
    same(expected, JSON.parse(r.out), path);
  }
}
engine.FS.writeFile('scenario.yaml', 'workload: {model: ResNet-50, phase: inference}\nsystem: {device: H100}\nbandwidth: 3\n');
const refused = run(['eval', 'scenario.yaml', '--format', 'json']);
if (refused.code !== 2 || !/E0107/.test(refused.err)) { console.log(`an unknown key gives exit code ${refused.code}: ${refused.err}`); ++bad; }
if (scenarios.length < 20 || compared < 1000) { console.log(`only ${scenarios.length} scenarios and ${compared} numbers`); ++bad; }
console.log(`${scenarios.length} scenarios, ${compared} numbers, ${bad} differ`);
process.exit(bad ? 1 : 0);
