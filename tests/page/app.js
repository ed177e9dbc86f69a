// The page's own thread: a form, a worker, a chart. It imports nadir only for its lists and its chart.
import { lineChart, optimizers, problems } from '../../build/nadir.browser.js';

const at = (id) => document.getElementById(id);
for (const [id, defs] of [['problem', problems], ['optimizer', optimizers]]) for (const { name } of defs) at(id).add(new Option(name));
at('problem').value = 'rastrigin';
at('optimizer').value = 'evolution';

// The longest this thread was away: a timer that should fire every 4 ms says so.
let last = performance.now();
let longest = 0;
setInterval(() => {
  const now = performance.now();
  longest = Math.max(longest, now - last);
  last = now;
}, 4);

const worker = new Worker('./worker.js', { type: 'module' });
worker.onmessage = ({ data: { outcome, error, progress } }) => {
  if (progress) {
    at('status').textContent = `${progress.cost} evaluations, best loss ${progress.loss}`;
    return;
  }
  document.body.dataset.longest = longest.toFixed(1);
  if (error) {
    at('status').textContent = error;
    document.body.dataset.done = 'error';
    return;
  }
  const { best, cost, stop, trace } = outcome;
  at('status').textContent = `loss ${best.loss} after ${cost} evaluations (${stop})`;
  const { problem, optimizer } = outcome;
  at('chart').innerHTML = lineChart({
    title: `${problem} by ${optimizer}`,
    x: { label: 'evaluations' },
    y: { label: 'best loss', log: trace.every((p) => p.loss > 0) },
    series: [{ name: optimizer, points: trace.map((p) => [p.cost, p.loss]) }],
    step: true, width: 820, height: 420, theme: 'light',
  });
  document.body.dataset.outcome = JSON.stringify({ loss: best.loss, x: [...best.x], cost, trace });
  document.body.dataset.done = 'yes';
};
worker.onerror = (event) => {
  at('status').textContent = `the worker failed: ${event.message}`;
  document.body.dataset.done = 'error';
};

at('form').onsubmit = (event) => {
  event.preventDefault();
  delete document.body.dataset.done;
  longest = 0;
  worker.postMessage({ problem: at('problem').value, optimizer: at('optimizer').value, seed: at('seed').valueAsNumber, cost: at('cost').valueAsNumber, workers: Number(new URLSearchParams(location.search).get('workers') ?? 0) });
};
at('status').textContent = 'ready';
document.body.dataset.ready = 'yes';
