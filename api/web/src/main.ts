/** The console starts here: what the first screen shows is asked for while the scripts that draw it are still being read. */
import { askAhead } from './core/ahead';
import './styles/tokens.css';
import './styles/parts.css';
import './styles/shell.css';
import './styles/review.css';
import './styles/rooms.css';
import './styles/setup.css';

/** Reading the large script keeps everything else waiting: the questions go out first, unless the server is slow to say who is here. */
const PATIENCE_MS = 150;

void Promise.race([askAhead(), new Promise((done) => window.setTimeout(done, PATIENCE_MS))]).then(() => import('./start'));
