/** Whether the process that left a file is still there. */
import { readFile, readlink } from 'node:fs/promises';
import { hasCode } from '../errors.ts';

/**
 * When a process started; undefined if it is gone or a zombie, empty if the system does not say.
 */
export async function startOf(pid: number): Promise<string | undefined> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists but belongs to another user.
    if (!hasCode(error, 'EPERM')) return undefined;
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Fields 3 and 22; the second may hold spaces but ends with the last ")".
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie: dead, but its parent has not reaped it; in containers nobody may.
  if (fields[0] === 'Z') return undefined;
  return fields[19] ?? '';
}

/**
 * Identifies this process's pid namespace, as far as the system says. Includes the boot, because
 * the first namespace has the same number on every machine.
 */
export async function pidSpace(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return `${boot.trim()} ${namespace}`;
}
