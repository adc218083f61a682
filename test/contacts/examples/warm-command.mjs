/**
 * Runs `tacet ARGS` again and again in one process: the file that the command is, loaded anew each
 * time, with all it loads warm. A process of its own for each run would cost half a second.
 */
const [, , command] = process.argv;
for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(0);
let runs = 0;
let printed = '';
process.stderr.write = (text) => {
  printed += text;
  return true;
};

process.on('message', async (args) => {
  process.argv = [process.execPath, command, ...args];
  process.exitCode = undefined;
  printed = '';
  runs++;
  try {
    await import(`${command}?run=${runs}`);
    process.send({ code: process.exitCode ?? 0, stderr: printed });
  } catch (error) {
    process.send({ code: -1, stderr: `${printed}\n${error?.stack}` });
  }
});
process.on('disconnect', () => process.exit(0));
