/**
 * What Piscina starts in a thread. It loads its file with `require`, and Node 20 aborts the whole
 * process when a thread is terminated while `require` loads an ES module ("IsGraphAsync must be
 * used on an instantiated module"): a server that stops while it starts, say. So this one is
 * CommonJS and imports the rest asynchronously. Piscina awaits what it finds under a name.
 */
const thread = import('./thread.ts');

module.exports = {
  __esModule: true,
  default: thread.then(({ runTask }) => runTask),
  wake: thread.then(({ wake }) => wake),
};
