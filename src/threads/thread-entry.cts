/**
 * The file that Piscina starts in a thread. Piscina loads it with `require`, and Node 20 aborts the
 * whole process if a thread is terminated while `require` loads an ES module ("IsGraphAsync must be
 * used on an instantiated module"), for example if the server stops during startup. So this file is
 * CommonJS and imports the rest asynchronously; Piscina awaits the named export.
 */
const thread = import('./thread.ts');

module.exports = {
  __esModule: true,
  default: thread.then(({ runTask }) => runTask),
  wake: thread.then(({ wake }) => wake),
};
