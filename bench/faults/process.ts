/** What operators and the machine do to the process while it serves. */
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Attack, Fault } from './fault.js';

/** The signal at which a server of {@link CRASH_ON_SIGNAL} loses a worker. */
export const CRASH_SIGNAL = 'SIGUSR2';

/** For `--import`: the oldest thread of a server ends at {@link CRASH_SIGNAL}, as if it crashed. */
export const CRASH_ON_SIGNAL = `data:text/javascript,${encodeURIComponent(`
  import { isMainThread } from 'node:worker_threads';
  if (isMainThread) {
    const threads = new Set();
    process.on('worker', (thread) => {
      threads.add(thread);
      thread.once('exit', () => threads.delete(thread));
    });
    process.on('${CRASH_SIGNAL}', () => [...threads][0]?.terminate());
  }`)}`;

const signal =
  (perSecond: number, name: NodeJS.Signals) =>
  (attack: Attack): Promise<void> =>
    attack.pace(perSecond, () => {
      process.kill(attack.target.pid, name);
    });

/** Puts another list in the place of the one that is served, as a new file, and has it reloaded. */
export function swapList(list: string, master: string, pid: number): void {
  renameSync(copyOf(list, master), list);
  process.kill(pid, 'SIGHUP');
}

/** A copy beside the list, which no other process writes to. */
function copyOf(list: string, master: string): string {
  const copy = `${list}.${process.pid}`;
  copyFileSync(master, copy);
  return copy;
}

/** The process may have this many files open from now on; its hard limit stays. */
const limitFiles = (pid: number, count: number): Promise<unknown> =>
  promisify(execFile)('prlimit', ['--pid', String(pid), `--nofile=${count}:`]);

function fileLimitOf(pid: number): number {
  const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
  return Number(/^Max open files +(\d+)/m.exec(limits)?.[1]);
}

export const PROCESS: readonly Fault[] = [
  {
    name: 'reload-storm',
    report: 'systemd/systemd #34042',
    how: '50 SIGHUPs a second',
    play: signal(50, 'SIGHUP'),
  },
  {
    name: 'workers-crash',
    report: 'piscinajs/piscina #344',
    how: '2 worker threads a second end',
    play: signal(2, CRASH_SIGNAL),
  },
  {
    name: 'list-swapped',
    report: 'oschwald/geoip2-golang #84, maxmind/libmaxminddb #256',
    how: '4 times a second another list is renamed into place, and SIGHUP sent',
    play: (attack) =>
      attack.pace(4, () => {
        const { list, masters, pid } = attack.target;
        swapList(list, attack.random.pick(masters), pid);
      }),
  },
  {
    name: 'list-removed',
    report: 'syslog-ng/syslog-ng #1449',
    how: '4 times a second the list is moved away, SIGHUP sent, and the list moved back',
    play: async (attack) => {
      const { list, pid } = attack.target;
      await attack.pace(4, () => {
        renameSync(list, `${list}.away`);
        process.kill(pid, 'SIGHUP');
        setTimeout(() => renameSync(`${list}.away`, list), 100);
      });
      // It never stays away.
      await pause(150);
    },
  },
  {
    name: 'list-cut-short',
    report: 'ECNU/open-geoip #20',
    how: '4 times a second a list that lacks its end is renamed into place, and SIGHUP sent',
    play: async (attack) => {
      const { list, masters, pid } = attack.target;
      await attack.pace(4, () => {
        const copy = copyOf(list, attack.random.pick(masters));
        truncateSync(copy, attack.random.below(statSync(copy).size));
        renameSync(copy, list);
        process.kill(pid, 'SIGHUP');
      });
      swapList(list, attack.random.pick(masters), pid);
    },
  },
  {
    name: 'debugger-signal',
    report: 'nodejs/node #42446',
    how: '10 SIGUSR1s a second, as a log rotation sends them',
    play: signal(10, 'SIGUSR1'),
  },
  {
    name: 'harmless-signals',
    report: 'signal(7)',
    how: '50 signals a second: SIGPIPE, SIGWINCH, SIGCONT, SIGURG, SIGCHLD',
    play: (attack) =>
      attack.pace(50, () => {
        const names = ['SIGPIPE', 'SIGWINCH', 'SIGCONT', 'SIGURG', 'SIGCHLD'] as const;
        process.kill(attack.target.pid, attack.random.pick(names));
      }),
  },
  {
    name: 'stopped-for-a-moment',
    report: 'signal(7), as a machine that is paused or moved',
    how: 'twice a second SIGSTOP, and SIGCONT 50 ms later',
    play: async (attack) => {
      await attack.pace(2, () => {
        process.kill(attack.target.pid, 'SIGSTOP');
        setTimeout(() => process.kill(attack.target.pid, 'SIGCONT'), 50);
      });
      // It never stays stopped.
      await pause(100);
    },
  },
  {
    name: 'no-descriptors-left',
    report: 'CVE-2023-4785',
    how: 'the limit of open files is 10 above what is open, for 1 s, and 100 connections come',
    play: async (attack) => {
      const { pid, grpcPort, httpPort } = attack.target;
      const before = fileLimitOf(pid);
      await limitFiles(pid, readdirSync(`/proc/${pid}/fd`).length + 10);
      try {
        let left = 100;
        await attack.pace(1000, () => {
          attack.connect(left % 2 === 0 ? grpcPort : httpPort).resume();
          return --left > 0;
        });
        await attack.wait(900);
      } finally {
        await limitFiles(pid, before);
      }
    },
  },
];
