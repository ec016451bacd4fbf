import { render } from 'preact';
import { App } from './app.tsx';

const place = document.getElementById('app');
// The page scrolls by itself: to the top of a new view, and back to where one was in a long list.
history.scrollRestoration = 'manual';
if (place !== null) render(<App />, place);
