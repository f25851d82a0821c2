/** How the console is built: one bundle, no outside address, hashed names so that a browser may keep them for ever. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `npm run dev` finds a running API. */
const api = 'http://127.0.0.1:8420';

export default defineConfig({
  plugins: [react()],
  build: { target: 'es2022', outDir: 'dist', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { '/v1': api, '/healthz': api } },
});
