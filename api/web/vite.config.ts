/** How the console is built: one bundle, no outside address, hashed names so that a browser may keep them for ever. */
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Where `npm run dev` finds a running API. */
const api = 'http://127.0.0.1:8420';

/** Two files draw the first screen: a small one that asks, and one with all that the rooms share; a request for each module would cost more than it saves. */
const groups = [
  { name: 'ahead', test: /src\/(main|core\/(ahead|http|rooms)|review\/(asking|grouping))\.ts|preload-helper/, priority: 2 },
  { name: 'frame', test: /node_modules\/(react|react-dom|scheduler|@tanstack)\/|src\/(words|shell|core|review)\/|src\/(app|start|signed|first|my\/away|setup\/data)\.tsx?$/, priority: 1 },
];

/** Names the files of this build, so that a service worker can tell which of those that it keeps are old. */
const listed: Plugin = {
  name: 'mingchu-assets',
  enforce: 'post',
  generateBundle(_, bundle) {
    const files = Object.keys(bundle).filter((name) => name.startsWith('assets/'));
    this.emitFile({ type: 'asset', fileName: 'assets.json', source: JSON.stringify(files.map((name) => `/${name}`)) });
  },
};

/** Lets the browser fetch and read what draws the first screen while the small entry asks the API. */
const ahead: Plugin = {
  name: 'mingchu-ahead',
  enforce: 'post',
  transformIndexHtml: {
    order: 'post',
    handler(page, { bundle }) {
      const chunks = Object.values(bundle ?? {}).filter((each) => each.type === 'chunk');
      const files = new Set(chunks.filter((each) => each.name === 'start').map((each) => each.fileName));
      for (const name of files) chunks.find((each) => each.fileName === name)?.imports.forEach((each) => files.add(each));
      return [...files].filter((name) => !page.includes(name)).map((name) => ({ tag: 'link', attrs: { rel: 'modulepreload', href: `/${name}`, crossorigin: true }, injectTo: 'head' as const }));
    },
  },
};

export default defineConfig({
  plugins: [react(), listed, ahead],
  build: {
    target: 'es2022',
    outDir: 'dist',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups } } },
  },
  server: { proxy: { '/v1': api, '/healthz': api } },
});
