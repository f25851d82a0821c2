/** How the console is built: one bundle, no outside address, hashed names so that a browser may keep them for ever. */
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Where `npm run dev` finds a running API. */
const api = 'http://127.0.0.1:8420';

/** Names the files of this build, so that a service worker can tell which of those that it keeps are old. */
const listed: Plugin = {
  name: 'mingchu-assets',
  enforce: 'post',
  generateBundle(_, bundle) {
    const files = Object.keys(bundle).filter((name) => name.startsWith('assets/'));
    this.emitFile({ type: 'asset', fileName: 'assets.json', source: JSON.stringify(files.map((name) => `/${name}`)) });
  },
};

export default defineConfig({
  plugins: [react(), listed],
  build: { target: 'es2022', outDir: 'dist', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { '/v1': api, '/healthz': api } },
});
