/** Draws the console, at best with the first answers already there: one drawing instead of three. */
import { createRoot } from 'react-dom/client';
import { App, client } from './app';
import { paintTheme, read } from './core/prefs';
import { fillIn } from './first';

/** A slow answer must not keep the page empty. */
const PATIENCE_MS = 400;

paintTheme(read('theme'));
const root = document.getElementById('root');
await Promise.race([fillIn(client), new Promise((done) => window.setTimeout(done, PATIENCE_MS))]);
if (root) createRoot(root).render(<App />);
