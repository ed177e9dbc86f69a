// The page's worker: one run a message, its progress ten times a second.
import { minimize } from '../../build/nadir.browser.js';

onmessage = async ({ data: { problem, optimizer, seed, cost, workers } }) => {
  let shown = 0;
  try {
    const { best, cost: spent, stop, trace } = await minimize({ problem }, {
      optimizer, seed, cost, workers,
      observe(progress) {
        if (performance.now() - shown < 100) return;
        shown = performance.now();
        postMessage({ progress: { cost: progress.cost, loss: progress.best.loss } });
      },
    });
    postMessage({ outcome: { problem, optimizer, best, cost: spent, stop, trace } });
  } catch (error) {
    postMessage({ error: error.message });
  }
};
