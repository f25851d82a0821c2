/** The console starts here. */
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { paintTheme, read } from './core/prefs';
import './styles/tokens.css';
import './styles/parts.css';
import './styles/shell.css';
import './styles/review.css';
import './styles/rooms.css';
import './styles/setup.css';

paintTheme(read('theme'));
const root = document.getElementById('root');
if (root) createRoot(root).render(<App />);
