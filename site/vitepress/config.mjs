import { defineConfig } from 'vitepress';
import { readFileSync } from 'node:fs';

const navigation = JSON.parse(readFileSync(new URL('./navigation.json', import.meta.url), 'utf8'));
const base = process.env.SITE_BASE ?? '/';
const onlyCalls = (code) => code.trim().split('\n').every((l) => /^(mlsysim [^|<>;&$`]*|\s*#.*|)$/.test(l)) && /^mlsysim /m.test(code) && !/mlsysim (init|benchmark|calibrate|validate|lab start)/.test(code);

export default defineConfig({
  title: 'mlsysim',
  description: 'A first-order simulator for machine-learning systems: does it fit, how fast is it, what does it cost and emit, and where does every number come from',
  base,
  lang: 'en',
  outDir: '../../site',
  cacheDir: '../cache',
  cleanUrls: false,
  ignoreDeadLinks: [/\/api\//, /\/play\//],
  head: [['link', { rel: 'icon', href: `${base}logo.svg` }]],
  markdown: {
    config(md) {
      // Commands of a page can be run on it, beside the files which the page has shown so far.
      const fence = md.renderer.rules.fence;
      md.renderer.rules.fence = (tokens, index, options, env, self) => {
        const drawn = fence(tokens, index, options, env, self);
        const { info, content } = tokens[index];
        env.shownFiles ??= {};
        const name = content.match(/^# ([\w./-]+\.yaml)\n/)?.[1];
        if (info.startsWith('yaml') && name) env.shownFiles[name] = content;
        if (!info.startsWith('sh') || !onlyCalls(content)) return drawn;
        const pack = (value) => encodeURIComponent(JSON.stringify(value));
        return `${drawn}<RunCommand code="${pack(content)}" files="${pack(env.shownFiles)}" />\n`;
      };
    },
  },
  themeConfig: {
    logo: '/logo.svg',
    nav: [
      { text: 'Start', link: '/getting-started' },
      { text: 'Playground', link: '/playground' },
      { text: 'Tutorials', link: '/tutorials/' },
      { text: 'Hardware', link: '/hardware/' },
      { text: 'Accuracy', link: '/accuracy' },
      { text: 'API', link: '/api/index.html', target: '_self' },
    ],
    sidebar: navigation.sidebar,
    outline: [2, 3],
    search: { provider: 'local' },
    docFooter: { prev: false, next: false },
    footer: { message: 'Every number on this site was printed by the program when it was built.' },
  },
  vite: { build: { chunkSizeWarningLimit: 8000 } },
});
